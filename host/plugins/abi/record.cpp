#include "host/plugins/abi/record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/base/encoding.hpp"
#include "host/base/json.hpp"
#include "host/plugins/abi/span.hpp"
#include "host/plugins/abi/status.hpp"

namespace gantry::plugins::abi {
namespace {

constexpr std::size_t kKindMax = 64;
constexpr std::size_t kKeyMax = 512;
constexpr std::size_t kTitleMax = 4096;
constexpr std::size_t kContentTypeMax = 256;
constexpr std::size_t kMetadataMax = 1U << 20U;
constexpr std::size_t kParticipantsMax = 1000;
constexpr std::uint32_t kKnownFlags = GANTRY_RECORD_TOMBSTONE | GANTRY_RECORD_PURGE;

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_kind(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_";
  return !text.empty() && text.size() <= kKindMax &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string read_participants(std::string_view text, std::vector<Participant>& out) {
  if (text.empty()) return {};
  const auto list = text.size() <= kMetadataMax
                        ? parse_json(text)
                        : Result<Json>(Error{ErrorKind::kInvalid, "over 1 MiB"});
  if (!list || !list->is_array() || list->size() > kParticipantsMax) {
    return "participants is not a JSON array of at most 1000 objects";
  }
  for (const Json& entry : *list) {
    if (!entry.is_object()) return "participants holds something that is not an object";
    out.push_back({text_at(entry, "role").value_or(""), text_at(entry, "name").value_or(""),
                   text_at(entry, "handle").value_or(""),
                   text_at(entry, "external_id").value_or("")});
  }
  return {};
}

}  // namespace

std::uint64_t RecordReader::size_of(const gantry_record& record) {
  std::uint64_t sum = 0;
  for (const gantry_span& span :
       {record.kind, record.key, record.title, record.text, record.content_type, record.raw,
        record.metadata, record.participants}) {
    if (__builtin_add_overflow(sum, span.size, &sum)) return UINT64_MAX;
  }
  return sum;
}

bool RecordReader::take(const gantry_record& record, std::uint64_t number,
                        std::vector<Document>& documents, std::vector<Rejected>& rejected) const {
  Document document;
  const std::string broken = fill(record, document);
  if (broken.empty()) {
    documents.push_back(std::move(document));
    return true;
  }
  rejected.push_back(
      {std::string(view_of(record.raw).value_or(std::string_view{})),
       Error{ErrorKind::kInvalid, "record " + std::to_string(number) + ": " + broken}});
  return false;
}

Rejected RecordReader::unreadable(std::uint64_t number) {
  return {"", Error{ErrorKind::kInvalid, "record " + std::to_string(number) +
                                             ": struct_size is too small; set it to sizeof"}};
}

Rejected RecordReader::given_up(const gantry_span& raw, const gantry_error* reason) {
  const ErrorText text = read_error(reason);
  return {std::string(view_of(raw).value_or(std::string_view{})),
          Error{ErrorKind::kInvalid,
                text.message.empty() ? "rejected by the plugin without a reason" : text.message,
                text.detail}};
}

std::string RecordReader::fill(const gantry_record& record, Document& document) const {
  const auto kind = view_of(record.kind);
  const auto key = view_of(record.key);
  const auto title = view_of(record.title);
  const auto text = view_of(record.text);
  const auto content_type = view_of(record.content_type);
  const auto raw = view_of(record.raw);
  const auto metadata = view_of(record.metadata);
  const auto participants = view_of(record.participants);
  if (!kind || !key || !title || !text || !content_type || !raw || !metadata || !participants) {
    return "a span has a size but no data";
  }
  if (!is_kind(*kind)) return "kind is not [a-z0-9_]{1,64}";
  if (key->empty() || key->size() > kKeyMax || !is_utf8(*key) || has_control(*key)) {
    return "key is not 1 to 512 bytes of printable UTF-8";
  }
  if (title->size() > kTitleMax || !is_utf8(*title)) return "title is not UTF-8 of up to 4 KiB";
  if (!is_utf8(*text)) return "text is not UTF-8; convert it and keep the vendor's bytes in raw";
  if (content_type->size() > kContentTypeMax || !is_utf8(*content_type) ||
      has_control(*content_type)) {
    return "content_type is not one line of up to 256 bytes";
  }
  if ((record.flags & ~kKnownFlags) != 0) return "flags has a bit that this host does not know";

  if (!metadata->empty()) {
    const auto object = metadata->size() <= kMetadataMax
                            ? parse_json(*metadata)
                            : Result<Json>(Error{ErrorKind::kInvalid, "over 1 MiB"});
    if (!object || !object->is_object()) return "metadata is not a JSON object of up to 1 MiB";
    document.metadata = dump_json(*object);
  }
  if (auto broken = read_participants(*participants, document.participants); !broken.empty()) {
    return broken;
  }

  document.id = document_id(source_, *kind, *key);
  document.source = source_;
  document.kind = *kind;
  document.content_type = content_type->empty() ? "text/plain" : *content_type;
  document.received_at = received_at_;
  document.occurred_at = record.occurred_at_ns == GANTRY_TIME_UNKNOWN
                             ? received_at_
                             : Instant{std::chrono::nanoseconds{record.occurred_at_ns}};
  document.version = record.version == 0 ? received_at_.time_since_epoch().count() : record.version;
  document.deleted = (record.flags & kKnownFlags) != 0;
  document.purged = (record.flags & GANTRY_RECORD_PURGE) != 0;
  if (document.purged) {  // whatever the plugin sent along, nothing of the person may stay
    document.metadata = "{}";
    document.participants.clear();
    return {};
  }
  document.title = *title;
  document.text = *text;
  document.raw = *raw;
  return {};
}

}  // namespace gantry::plugins::abi
