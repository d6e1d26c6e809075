#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/record.hpp>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "document.hpp"
#include "envelope.hpp"
#include "judge.hpp"
#include "settings.hpp"
#include "spool.hpp"
#include "tenders.hpp"
#include "tokens.hpp"

namespace gantry::edi {

/// Takes one set at a time: checks it, notes what its acknowledgement will say, and hands the host
/// a record or a dead letter. Nothing leaves without one of the two.
class Intake {
 public:
  /// All outlive it. What acknowledgements say goes into `journal`, so that memory does not grow
  /// with the file.
  Intake(const sdk::Host& host, const Settings& settings, Spool& journal)
      : host_(host), settings_(settings), journal_(journal), tenders_(host) {}

  void interchange_begins();

  /// A whole X12 set, ST to SE with their terminators. False: the host wants no more.
  bool take_set(std::string_view bytes, Interchange& interchange, Group& group, sdk::Sink& sink);
  /// A whole EDIFACT message, UNH to UNT.
  bool take_message(std::string_view bytes, Interchange& interchange, Group& group,
                    sdk::Sink& sink);
  /// A set that never came to its end; `why` is for a person. `codes` are AK502's.
  bool give_up_set(std::string_view bytes, std::string_view set, std::string_view control,
                   std::vector<int> codes, std::string_view why, Interchange& interchange,
                   Group& group, sdk::Sink& sink);
  /// A TA1 of a partner: a record of its own.
  bool take_answer(const Segment& segment, std::string_view bytes, Interchange& interchange,
                   sdk::Sink& sink);
  /// Anything that belongs to no set.
  bool reject(std::string_view bytes, std::string_view why, const Interchange* interchange,
              sdk::Sink& sink);

  /// Records of acknowledgements wait for the end of their group, because only its trailer shows
  /// whether the group can be trusted; 200 of them at most, then they go with a warning.
  bool group_ended(const Interchange& interchange, Group& group, sdk::Sink& sink);
  bool holds_records() const { return !held_.empty(); }

  /// Writes what must outlive the process; before a checkpoint and at the end.
  void flush() { tenders_.flush(); }

  /// Names each new warning once per interchange in the log.
  void log(const Warnings& warnings, const Interchange& interchange, const Group* group);

 private:
  struct Held {
    sdk::Record record;
    sdk::Json metadata;
    std::string raw;
  };

  void note(const SetResult& result, Interchange& interchange, Group& group);
  void spill(Group& group, std::string lines);
  bool deliver(std::string_view kind, Document& document, Judgement& judged, std::string_view bytes,
               std::string_view hash, const Interchange& interchange, const Group& group,
               sdk::Sink& sink);
  bool hold(sdk::Record record, sdk::Json metadata, const Group& group, sdk::Sink& sink);
  bool release(sdk::Sink& sink);
  void add_content(Interchange& interchange, std::string_view hash) const;
  std::string hash_of(std::string_view bytes) const;
  /// True where the same bytes came before in this interchange.
  bool seen_before(std::string_view hash);

  const sdk::Host& host_;
  const Settings& settings_;
  Spool& journal_;
  Tenders tenders_;
  Tokens tokens_;
  std::vector<Held> held_;
  std::unordered_set<std::uint64_t> hashes_;
  std::vector<std::string> logged_;
  std::string raw_;
};

}  // namespace gantry::edi
