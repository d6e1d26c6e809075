#include "host/activities/stream_collector.hpp"

#include <algorithm>

#include "host/activities/failures.hpp"

namespace gantry::activities {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSlice{5'000};  ///< One `next` waits no longer: its return is a heartbeat.
constexpr milliseconds kBusyWait{5'000};
constexpr milliseconds kIdlePause{50};  ///< For a connector that does not wait itself.

plugins::PluginError busy(const std::string& source) {
  return {ErrorKind::kConflict, "source " + source + ": an earlier call still reads its feed"};
}

}  // namespace

plugins::PluginResult<void> StreamCollector::stand_at(Slot& slot, const std::string& source,
                                                      const std::string& cursor,
                                                      const Try& attempt) const {
  auto found = ports_.find_source(source);
  if (!found) return no_source(source);
  if (slot.feed && slot.source == found && slot.cursor == cursor) return {};
  slot.close();
  auto opened = found->open_feed(cursor, attempt.scope(ports_.call_timeout(source)));
  if (!opened) return opened.error();
  slot.source = std::move(found);
  slot.feed = std::move(*opened);
  slot.cursor = cursor;
  return {};
}

plugins::PluginResult<void> StreamCollector::read(Slot& slot, const CollectInput& input,
                                                  Intake& intake, const Try& attempt) const {
  const milliseconds timeout = ports_.call_timeout(input.source);
  const auto until = steady_clock::now() + input.wait;
  while (true) {
    const plugins::CallBudget left = intake.left_of(input.budget);
    if (left.records_max == 0 || left.bytes_max == 0) break;
    const auto begun = steady_clock::now();
    const auto slice = std::clamp(std::chrono::duration_cast<milliseconds>(until - begun),
                                  milliseconds{0}, kSlice);
    const std::size_t before = intake.taken();
    const auto brought =
        slot.feed->next(left, slice, intake.take(), attempt.scope(timeout + slice));
    if (!brought) return brought.error();
    slot.cursor = intake.page().cursor;
    attempt.beat();
    if (brought->ended) {
      intake.page().ended = true;
      break;
    }
    const auto now = steady_clock::now();
    if (now >= until || attempt.stop()) break;
    if (intake.taken() == before && now - begun < kIdlePause && attempt.pause) {
      attempt.pause(kIdlePause);
    }
  }
  return {};
}

plugins::PluginResult<RecordPage> StreamCollector::collect(const CollectInput& input,
                                                           const Try& attempt) {
  const auto slot = feeds_.slot(input.source);
  const std::unique_lock lock(slot->mutex, kBusyWait);
  if (!lock) return busy(input.source);
  Intake intake(ports_, input.source, "stream", input.cursor, attempt);
  auto done = stand_at(*slot, input.source, intake.page().cursor, attempt);
  if (done && !input.ack.empty()) {
    done = slot->feed->ack(input.ack, attempt.scope(ports_.call_timeout(input.source)));
  }
  if (done) done = read(*slot, input, intake, attempt);
  if (ports_.on_newest && intake.newest() != Instant{}) {
    ports_.on_newest(input.source, intake.newest());
  }
  if (done) {
    if (intake.page().ended) slot->close();
    return std::move(intake.page());
  }
  slot->close();  // what it would say next is not known: the next one opens it at the cursor
  if (done.error().category == "NOT_CONNECTED") {
    intake.page().interruption = interruption_of(done.error());
    return std::move(intake.page());
  }
  return intake.interrupted(done.error());
}

plugins::PluginResult<void> StreamCollector::ack(const AckInput& input, const Try& attempt) {
  const auto slot = feeds_.slot(input.source);
  const std::unique_lock lock(slot->mutex, kBusyWait);
  if (!lock) return busy(input.source);
  plugins::PluginResult<void> done;
  if (slot->feed && !input.cursor.empty()) {
    done = slot->feed->ack(input.cursor, attempt.scope(ports_.call_timeout(input.source)));
  }
  if (input.close || !done) slot->close();
  return done;
}

}  // namespace gantry::activities
