#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gantry/sdk/call.hpp"

namespace gantry::sdk {

/// One record to emit; the fields are those of gantry_record. Owns its texts; `raw` borrows,
/// because it usually is the whole request body.
struct Record {
  std::string kind;
  std::string key;
  std::string title;
  std::string text;
  std::string content_type;  ///< Of text; empty: text/plain.
  std::string_view raw;      ///< The vendor's bytes, unchanged.
  std::string metadata;      ///< JSON object or empty.
  std::string participants;  ///< JSON array or empty.
  std::int64_t occurred_at_ns = GANTRY_TIME_UNKNOWN;
  std::int64_t version = 0;  ///< Larger is newer; 0: the arrival time.
  bool tombstone = false;
  bool purge = false;
};

/// Where a call's output goes. On the thread of the call only.
class Sink {
 public:
  Sink(const gantry_call* call, gantry_sink* sink) noexcept : call_(call), sink_(sink) {}

  /// False: the host wants no more of this call; return soon. A record that the host refused
  /// became a dead letter there and does not end the call.
  bool emit(const Record& record) {
    gantry_record out{};
    out.struct_size = sizeof out;
    out.flags = (record.tombstone ? GANTRY_RECORD_TOMBSTONE : 0u) |
                (record.purge ? GANTRY_RECORD_PURGE : 0u);
    out.kind = span(record.kind);
    out.key = span(record.key);
    out.title = span(record.title);
    out.text = span(record.text);
    out.content_type = span(record.content_type);
    out.raw = span(record.raw);
    out.metadata = span(record.metadata);
    out.participants = span(record.participants);
    out.occurred_at_ns = record.occurred_at_ns;
    out.version = record.version;
    return sink_->emit(sink_, &out) != GANTRY_SINK_STOP;
  }

  /// Gives up on one piece of input; the rest of the call goes on.
  bool reject(std::string_view raw, const Failure& reason) {
    const gantry_error error = reason.abi();
    return sink_->reject(sink_, span(raw), &error) != GANTRY_SINK_STOP;
  }

  /// Everything emitted so far is covered by `cursor`.
  bool checkpoint(std::string_view cursor) {
    return sink_->checkpoint(sink_, span(cursor)) != GANTRY_SINK_STOP;
  }

  const Call& call() const noexcept { return call_; }

 private:
  Call call_;
  gantry_sink* sink_;
};

}  // namespace gantry::sdk
