#include "host/contracts/flow.hpp"

#include "host/base/encoding.hpp"
#include "host/contracts/fields.hpp"

namespace gantry {
namespace {

using contracts::read;
using contracts::read_ms;

constexpr std::string_view kBase64 = "base64:";

constexpr std::pair<FlowState, std::string_view> kStates[] = {
    {FlowState::kRunning, "running"}, {FlowState::kPaused, "paused"},
    {FlowState::kReauth, "reauth"},   {FlowState::kRateLimited, "rate_limited"},
    {FlowState::kFailed, "failed"},   {FlowState::kFinished, "finished"}};

void read_cursor(const Json& in, const char* key, std::string& value) {
  std::string text;
  read(in, key, text);
  value = cursor_from_text(text);
}

}  // namespace

std::string_view to_string(FlowState state) noexcept {
  for (const auto& [value, name] : kStates) {
    if (value == state) return name;
  }
  return "failed";
}

std::string cursor_text(std::string_view cursor) {
  if (is_utf8(cursor) && !cursor.starts_with(kBase64)) return std::string(cursor);
  return std::string(kBase64) + to_base64(cursor);
}

std::string cursor_from_text(std::string_view text) {
  if (!text.starts_with(kBase64)) return std::string(text);
  auto bytes = from_base64(text.substr(kBase64.size()));
  return bytes ? std::move(*bytes) : std::string(text);
}

void to_json(Json& out, const Budget& v) {
  out = {{"records_max", v.records_max}, {"bytes_max", v.bytes_max}};
}
void from_json(const Json& in, Budget& v) {
  read(in, "records_max", v.records_max);
  read(in, "bytes_max", v.bytes_max);
}

void to_json(Json& out, const FlowSettings& v) {
  out = {{"fanout", v.fanout},     {"placement", v.placement},
         {"priority", v.priority}, {"interval_ms", v.interval.count()},
         {"budget", v.budget},     {"wait_ms", v.wait.count()}};
}
void from_json(const Json& in, FlowSettings& v) {
  read(in, "fanout", v.fanout);
  read(in, "placement", v.placement);
  read(in, "priority", v.priority);
  read_ms(in, "interval_ms", v.interval);
  read(in, "budget", v.budget);
  read_ms(in, "wait_ms", v.wait);
}

void to_json(Json& out, const FlowState& v) { out = to_string(v); }
void from_json(const Json& in, FlowState& v) {
  for (const auto& [value, name] : kStates) {
    if (in == name) v = value;
  }
}

void to_json(Json& out, const FlowStats& v) {
  out = {{"source", v.source},
         {"iteration", v.iteration},
         {"total_processed", v.total_processed},
         {"failed", v.failed},
         {"dead_letters", v.dead_letters},
         {"cursor", cursor_text(v.cursor)},
         {"state", v.state},
         {"last_error", v.last_error},
         {"last_success", v.last_success},
         {"next_poll", v.next_poll}};
}
void from_json(const Json& in, FlowStats& v) {
  read(in, "source", v.source);
  read(in, "iteration", v.iteration);
  read(in, "total_processed", v.total_processed);
  read(in, "failed", v.failed);
  read(in, "dead_letters", v.dead_letters);
  read_cursor(in, "cursor", v.cursor);
  read(in, "state", v.state);
  read(in, "last_error", v.last_error);
  read(in, "last_success", v.last_success);
  read(in, "next_poll", v.next_poll);
}

void to_json(Json& out, const FlowProgress& v) {
  out = {{"stats", v.stats},
         {"paused", v.paused},
         {"poll_now", v.poll_now},
         {"stop", v.stop},
         {"failures_in_row", v.failures_in_row},
         {"ack", cursor_text(v.ack)}};
}
void from_json(const Json& in, FlowProgress& v) {
  read(in, "stats", v.stats);
  read(in, "paused", v.paused);
  read(in, "poll_now", v.poll_now);
  read(in, "stop", v.stop);
  read(in, "failures_in_row", v.failures_in_row);
  read_cursor(in, "ack", v.ack);
}

void to_json(Json& out, const Interruption& v) {
  out = {{"category", v.category},
         {"code", v.code},
         {"message", v.message},
         {"retry_after_ms", v.retry_after.count()}};
}
void from_json(const Json& in, Interruption& v) {
  read(in, "category", v.category);
  read(in, "code", v.code);
  read(in, "message", v.message);
  read_ms(in, "retry_after_ms", v.retry_after);
}

void to_json(Json& out, const RecordPage& v) {
  out = {{"records", v.records},
         {"dead_letters", v.dead_letters},
         {"cursor", cursor_text(v.cursor)},
         {"more", v.more},
         {"ended", v.ended}};
  if (!v.interruption.category.empty()) out["interruption"] = v.interruption;
  if (v.rollout != 100) out["rollout"] = v.rollout;
}
void from_json(const Json& in, RecordPage& v) {
  read(in, "records", v.records);
  read(in, "dead_letters", v.dead_letters);
  read_cursor(in, "cursor", v.cursor);
  read(in, "more", v.more);
  read(in, "ended", v.ended);
  read(in, "interruption", v.interruption);
  read(in, "rollout", v.rollout);
}

}  // namespace gantry
