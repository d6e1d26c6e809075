#pragma once

#include <cstdint>
#include <gantry/sdk/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "envelope.hpp"
#include "money.hpp"
#include "times.hpp"
#include "tokens.hpp"

namespace gantry::edi {

/// What a map reads: one set with its envelope.
struct SetView {
  std::span<const Segment> segments;  ///< ST first, SE last.
  const Interchange& interchange;
  const Group& group;
  Warnings& warnings;
};

/// What a map makes of a set.
struct Document {
  std::string title;
  std::string text;
  std::string business_key;  ///< Empty: the set names none, and nothing may be merged by it.
  std::optional<std::int64_t> occurred_at_ns;
  bool cancels = false;  ///< It takes back what was sent before under the same business key.
  sdk::Json metadata = sdk::Json::object();
  sdk::Json participants = sdk::Json::array();
};

/// Appends "label value" lines and phrases; empty values leave no trace.
void line(std::string& text, std::string_view label, std::string_view value);

/// {qualifier, value, description} of an L11 (value first) or an N9/REF (qualifier first).
sdk::Json reference_of_l11(const Segment& segment);
sdk::Json reference_of_n9(const Segment& segment);

/// "NEWARK, NJ 07114 US"; empty parts are left out.
std::string place(std::string_view city, std::string_view state, std::string_view postal,
                  std::string_view country);

/// Date, time and zone as sent, and in UTC where they can be read.
sdk::Json moment(std::string_view date, std::string_view time, std::string_view zone,
                 std::string_view state, Warnings& warnings);

/// An N2 amount as decimal text; empty, with a warning, where it is no amount.
std::string amount_n2(std::string_view text, Warnings& warnings);

/// The N1 loops: a participant each, and their addresses.
class Parties {
 public:
  /// True where the segment belonged to a party.
  bool take(const Segment& segment);
  sdk::Json participants() const;
  void add_participants(sdk::Json& to) const;
  sdk::Json details() const;
  std::string text() const;
  bool empty() const { return parties_.empty(); }
  /// The last party's "NAME, CITY, ST", and its state.
  std::string last_shown() const;
  std::string_view last_state() const {
    return parties_.empty() ? std::string_view{} : parties_.back().state;
  }

 private:
  /// Borrows from the set.
  struct Party {
    std::string_view code, id_qualifier, id, city, state, postal, country, contact, phone;
    std::string name, address;
  };
  std::vector<Party> parties_;
};

/// "shipper" for SH; the code itself in lower case where it has no word here.
std::string role_of(std::string_view code);

void map_204(const SetView& set, Document& out);
void map_210(const SetView& set, Document& out);
void map_214(const SetView& set, Document& out);
void map_820(const SetView& set, Document& out);
void map_824(const SetView& set, Document& out);
void map_856(const SetView& set, Document& out);
void map_990(const SetView& set, Document& out);
void map_997(const SetView& set, Document& out);

}  // namespace gantry::edi
