#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/base/json.hpp"

namespace gantry {

/// Somebody named by a document: a sender, a driver, a customer. All fields may be empty.
struct Participant {
  std::string role;  ///< "from", "to", "author", "driver", …
  std::string name;
  std::string handle;       ///< Address or number.
  std::string external_id;  ///< The vendor's id.

  bool operator==(const Participant&) const = default;
};

/// One record on its way into the stores: what every connector's records become.
///
/// `id` is "<source>:<kind>:<vendor id>" and is stable over updates; `version` orders them.
struct Document {
  std::string id;
  std::string source;
  std::string kind;
  std::string title;
  std::string text;          ///< The words to search, in `content_type`.
  std::string content_type;  ///< Media type of `text`, or of `raw` where text is empty.
  Instant occurred_at{};
  std::vector<Participant> participants;
  std::string metadata = "{}";  ///< One JSON object, compact.
  std::string raw;              ///< The vendor's bytes, unchanged; may be binary.
  std::int64_t version = 0;     ///< Larger is newer.
  bool deleted = false;         ///< A tombstone: kept, no longer found.
  bool purged = false;          ///< A privacy deletion: text and raw are gone for good.
  Instant received_at{};

  bool operator==(const Document&) const = default;
};

/// "<source>:<kind>:<key>". [any-thread]
std::string document_id(std::string_view source, std::string_view kind, std::string_view key);

/// JSON with the design's field names; times RFC 3339, raw base64, metadata as an object.
void to_json(Json& out, const Participant& participant);
void from_json(const Json& in, Participant& participant);
void to_json(Json& out, const Document& document);
void from_json(const Json& in, Document& document);

/// SHA-256, hex, over the content that decides whether two versions are the same: everything but
/// received_at. The saga's idempotency key. [any-thread]
std::string content_hash(const Document& document);

}  // namespace gantry
