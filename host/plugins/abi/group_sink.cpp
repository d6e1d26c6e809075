#include "host/plugins/abi/group_sink.hpp"

#include "host/plugins/abi/span.hpp"

namespace gantry::plugins::abi {
namespace {

constexpr std::size_t kPieceRecords = 250;
constexpr std::uint64_t kPieceBytes = 4U << 20U;

GroupSink& self_of(gantry_sink* sink) { return *static_cast<GroupSink*>(sink->impl); }

}  // namespace

GroupSink::GroupSink(std::string_view source, Instant received_at, const Limits& limits,
                     TakeGroup take)
    : reader_(source, received_at), limits_(limits), take_(std::move(take)) {
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

bool GroupSink::admit(std::uint64_t bytes) {
  if (stopped_) {
    ++calls_after_stop_;
    return false;
  }
  // A group in pieces takes no memory of ours, so that only its pieces' bytes are limited.
  const std::uint64_t held = limits_.in_pieces ? piece_bytes_ : group_bytes_;
  if (group_records_ >= limits_.quota.records_max || held > limits_.quota.bytes_max ||
      bytes > limits_.quota.bytes_max - held) {
    stopped_ = over_quota_ = true;
    return false;
  }
  ++group_records_;
  ++records_;
  group_bytes_ += bytes;
  piece_bytes_ += bytes;
  bytes_ += bytes;
  return true;
}

std::int32_t GroupSink::answer(std::int32_t unless_stopped) {
  const bool full = group_.documents.size() + group_.rejected.size() >= kPieceRecords ||
                    piece_bytes_ >= kPieceBytes;
  if (limits_.in_pieces && full) hand_on(std::nullopt);
  return stopped_ ? GANTRY_SINK_STOP : unless_stopped;
}

std::int32_t GroupSink::emit(const gantry_record* record) {
  const auto read = read_struct(record, sizeof(gantry_record));
  if (!admit(read ? RecordReader::size_of(*read) : 0)) return GANTRY_SINK_STOP;
  if (!read) {
    group_.rejected.push_back(RecordReader::unreadable(records_));
    return answer(GANTRY_SINK_REFUSED);
  }
  const bool kept = reader_.take(*read, records_, group_.documents, group_.rejected);
  return answer(kept ? GANTRY_SINK_CONTINUE : GANTRY_SINK_REFUSED);
}

std::int32_t GroupSink::reject(const gantry_span& raw, const gantry_error* reason) {
  const auto bytes = view_of(raw);
  if (!admit(bytes ? bytes->size() : 0)) return GANTRY_SINK_STOP;
  group_.rejected.push_back(RecordReader::given_up(raw, reason));
  return answer(bytes ? GANTRY_SINK_CONTINUE : GANTRY_SINK_REFUSED);
}

std::int32_t GroupSink::checkpoint(const gantry_span& cursor) {
  if (stopped_) {
    ++calls_after_stop_;
    return GANTRY_SINK_STOP;
  }
  const auto bytes = view_of(cursor);
  if (!bytes || bytes->size() > kCursorMax) return GANTRY_SINK_REFUSED;
  hand_on(std::string(*bytes));
  if (failure_) return GANTRY_SINK_STOP;
  checkpointed_ = true;
  group_records_ = 0;
  group_bytes_ = 0;
  if (records_ >= limits_.budget.records_max || bytes_ >= limits_.budget.bytes_max) stopped_ = true;
  return stopped_ ? GANTRY_SINK_STOP : GANTRY_SINK_CONTINUE;
}

void GroupSink::finish() {
  if (stopped_ || (group_.documents.empty() && group_.rejected.empty())) return;
  hand_on(std::nullopt);
}

void GroupSink::hand_on(std::optional<std::string> cursor) {
  Group group = std::move(group_);
  group.cursor = std::move(cursor);
  group_ = {};
  piece_bytes_ = 0;
  if (auto taken = take_(std::move(group)); !taken) {
    failure_ = taken.error();
    stopped_ = true;
  }
}

}  // namespace gantry::plugins::abi
