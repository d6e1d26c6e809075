#include "host/plugins/abi/sink.hpp"

#include "host/plugins/abi/span.hpp"

namespace gantry::plugins::abi {
namespace {

SinkReceiver& self_of(gantry_sink* sink) { return *static_cast<SinkReceiver*>(sink->impl); }

}  // namespace

SinkReceiver::SinkReceiver(std::string_view source, Instant received_at, Quota quota)
    : reader_(source, received_at), quota_(quota) {
  native_.struct_size = sizeof native_;
  native_.impl = this;
  native_.emit = [](gantry_sink* self, const gantry_record* record) noexcept {
    return self_of(self).emit(record);
  };
  native_.reject = [](gantry_sink* self, gantry_span raw, const gantry_error* reason) noexcept {
    return self_of(self).reject(raw, reason);
  };
  native_.checkpoint = [](gantry_sink* self, gantry_span cursor) noexcept {
    return self_of(self).checkpoint(cursor);
  };
}

bool SinkReceiver::take_quota(std::uint64_t bytes) {
  if (over_quota_) {
    ++calls_after_stop_;
    return false;
  }
  if (emitted_ >= quota_.records_max || bytes > quota_.bytes_max - bytes_) {
    over_quota_ = true;
    return false;
  }
  ++emitted_;
  bytes_ += bytes;
  return true;
}

std::int32_t SinkReceiver::emit(const gantry_record* record) {
  const auto read = read_struct(record, sizeof(gantry_record));
  if (!take_quota(read ? RecordReader::size_of(*read) : 0)) return GANTRY_SINK_STOP;
  if (!read) {
    parsed_.rejected.push_back(RecordReader::unreadable(emitted_));
    return GANTRY_SINK_REFUSED;
  }
  return reader_.take(*read, emitted_, parsed_.documents, parsed_.rejected) ? GANTRY_SINK_CONTINUE
                                                                            : GANTRY_SINK_REFUSED;
}

std::int32_t SinkReceiver::reject(const gantry_span& raw, const gantry_error* reason) {
  const auto bytes = view_of(raw);
  if (!take_quota(bytes ? bytes->size() : 0)) return GANTRY_SINK_STOP;
  parsed_.rejected.push_back(RecordReader::given_up(raw, reason));
  return bytes ? GANTRY_SINK_CONTINUE : GANTRY_SINK_REFUSED;
}

std::int32_t SinkReceiver::checkpoint(const gantry_span& cursor) {
  if (over_quota_) {
    ++calls_after_stop_;
    return GANTRY_SINK_STOP;
  }
  const auto bytes = view_of(cursor);
  if (!bytes || bytes->size() > kCursorMax) return GANTRY_SINK_REFUSED;
  cursor_ = *bytes;
  return GANTRY_SINK_CONTINUE;
}

}  // namespace gantry::plugins::abi
