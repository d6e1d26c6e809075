#include "host/app/schedule_engine.hpp"

#include <nlohmann/json.hpp>

#include "host/app/folder_run.hpp"

namespace gantry::app {
namespace {

/// The memo of the runs: what the host asked for, in its own words. The server keeps the times only
/// as it compiled them.
constexpr std::string_view kTimes = "schedule";
constexpr std::string_view kZone = "schedule_zone";

/// A file must be read even where the server was away at its time, but not once for each time.
constexpr std::chrono::hours kCatchUp{24};
constexpr std::chrono::milliseconds kOutcomePatience{500};

template <class T>
T value_of(const temporal::Payload& payload) {
  try {
    return temporal::from_payload<T>(payload);
  } catch (const temporal::ConversionError&) {
    return {};  // somebody else's
  }
}

std::string text_of(const temporal::AttributeMap& memo, std::string_view key) {
  const auto found = memo.find(key);
  return found == memo.end() ? std::string() : value_of<std::string>(found->second);
}

BatchInput input_of(const std::string& source, const FileSchedule& schedule) {
  BatchInput input = folder_run(source, schedule.settings);
  input.patient = true;
  return input;
}

}  // namespace

temporal::ScheduleOptions TemporalSchedules::options(const std::string& source,
                                                     const FileSchedule& schedule) const {
  temporal::ScheduleOptions options;
  options.id = batch_schedule_id(source);
  options.cron = {schedule.times};
  options.time_zone = schedule.zone;
  options.overlap = temporal::OverlapPolicy::kSkip;  // the run under way empties the folder anyway
  options.catch_up = kCatchUp;
  options.start = folder_start(source, schedule.settings, task_queue_);
  options.start.id = batch_run_workflow_id(source, kScheduleRun);
  options.start.memo = {{std::string(kTimes), temporal::to_payload(schedule.times)},
                        {std::string(kZone), temporal::to_payload(schedule.zone)}};
  return options;
}

Result<std::optional<ScheduleEngine::Seen>> TemporalSchedules::look(const std::string& source) {
  auto found = client_.describe_schedule(batch_schedule_id(source));
  if (!found && found.error().kind == ErrorKind::kNotFound) return std::optional<Seen>();
  if (!found) return found.error();
  Seen seen;
  seen.foreign = found->task_queue != task_queue_;
  seen.in_force = {text_of(found->memo, kTimes), text_of(found->memo, kZone),
                   value_of<BatchInput>(found->argument).settings};
  seen.paused = found->paused;
  seen.note = found->note;
  seen.running = !found->open.empty();
  if (!found->next.empty() && !found->paused) seen.next = found->next.front();
  seen.recent = std::move(found->recent);
  return std::optional(std::move(seen));
}

Result<void> TemporalSchedules::create(const std::string& source, const FileSchedule& schedule) {
  return client_.create_schedule(kScheduledBatch, input_of(source, schedule),
                                 options(source, schedule));
}

Result<void> TemporalSchedules::update(const std::string& source, const FileSchedule& schedule) {
  return client_.update_schedule(kScheduledBatch, input_of(source, schedule),
                                 options(source, schedule));
}

Result<void> TemporalSchedules::remove(const std::string& source) {
  auto removed = client_.delete_schedule(batch_schedule_id(source));
  if (!removed && removed.error().kind == ErrorKind::kNotFound) return {};
  return removed;
}

Result<void> TemporalSchedules::trigger(const std::string& source) {
  return client_.trigger_schedule(batch_schedule_id(source));
}

Result<std::optional<ScheduleEngine::Outcome>> TemporalSchedules::outcome(
    const temporal::WorkflowHandle& run) {
  auto outcome = client_.result(kScheduledBatch, run, kOutcomePatience);
  if (!outcome && outcome.error().kind == ErrorKind::kTimeout) return std::optional<Outcome>();
  if (!outcome) return outcome.error();
  return std::optional(std::move(*outcome));
}

}  // namespace gantry::app
