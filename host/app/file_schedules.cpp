#include "host/app/file_schedules.hpp"

#include <nlohmann/json.hpp>

#include "host/app/memory.hpp"
#include "host/base/time.hpp"

namespace gantry::app {
namespace {

using observe::Level;

constexpr std::string_view kModule = "sources";

}  // namespace

FileSchedules::FileSchedules(ScheduleEngine& engine, observe::Log& log, Options options)
    : engine_(engine), log_(log), options_(std::move(options)), began_(system_clock().now()) {}

FileSchedules::~FileSchedules() { stop(); }

void FileSchedules::start(SchedulePlan plan) {
  replace(std::move(plan));
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void FileSchedules::replace(SchedulePlan plan) {
  {
    const std::lock_guard lock(mutex_);
    plan_ = std::move(plan);
    std::erase_if(totals_, [&](const auto& entry) { return !plan_.contains(entry.first); });
    for (const auto& [source, schedule] : plan_) totals_[source];
    due_ = true;
  }
  changed_.notify_all();
}

void FileSchedules::stop() {
  {
    const std::lock_guard lock(telling_);
    stopped_ = true;
  }
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void FileSchedules::run(const std::stop_token& stop) {
  stop_ = stop;
  while (!stop.stop_requested()) {
    {
      const std::lock_guard lock(mutex_);
      due_ = false;
    }
    match();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, options_.look_interval, [this] { return due_; });
  }
}

void FileSchedules::match() {
  SchedulePlan plan;
  {
    const std::lock_guard lock(mutex_);
    plan = plan_;
  }
  std::set<std::string> ours = remembered();
  for (const auto& [source, schedule] : plan) ours.insert(source);
  remember(ours);  // before they exist: a crash in between leaves a name too many, not one too few
  for (const std::string& source : std::set<std::string>(ours)) {
    if (stop_.stop_requested()) return;
    const auto wanted = plan.find(source);
    if (wanted != plan.end()) {
      keep(source, wanted->second);
    } else if (end(source)) {
      ours.erase(source);
    }
  }
  remember(ours);
}

void FileSchedules::keep(const std::string& source, const FileSchedule& schedule) {
  const auto seen = engine_.look(source);
  if (!seen) return complain(source, "batch_not_scheduled", seen.error().message());
  if (*seen && (*seen)->foreign) {
    return complain(source, "batch_schedule_foreign",
                    "another task queue has the schedule " + batch_schedule_id(source) +
                        "; give one of the deployments another source.id or namespace");
  }
  if (*seen && (*seen)->in_force == schedule) return note(source, **seen);
  const auto done = *seen ? engine_.update(source, schedule) : engine_.create(source, schedule);
  if (!done) return complain(source, "batch_not_scheduled", done.error().message());
  log_.write(kModule, Level::kInfo, *seen ? "batch_rescheduled" : "batch_scheduled",
             {{observe::kSource, source}, {"schedule", schedule.times}, {"zone", schedule.zone}});
  if (const auto now = engine_.look(source); now && *now) note(source, **now);
}

bool FileSchedules::end(const std::string& source) {
  const auto seen = engine_.look(source);
  if (!seen) return false;
  if (!*seen || (*seen)->foreign) return true;
  if (!engine_.remove(source)) return false;
  complaints_.erase(source);
  log_.write(kModule, Level::kInfo, "batch_unscheduled", {{observe::kSource, source}});
  return true;
}

void FileSchedules::note(const std::string& source, const Seen& seen) {
  const bool mended = !seen.paused && complaints_.erase(source) > 0;
  set(source, [&](FileTotals& totals) {
    totals.running = seen.running;
    totals.next_run = seen.next;
    if (mended) totals.trouble.clear();
  });
  if (seen.paused) complain(source, "batch_schedule_paused", "it is paused: " + seen.note);
  for (const auto& start : seen.recent) {
    if (stop_.stop_requested()) return;
    if (start.at < began_ || counted_.contains(start.run.run_id)) continue;
    const auto outcome = engine_.outcome(start.run);
    if (!outcome || !*outcome) continue;
    counted_.insert(start.run.run_id);
    if (const auto& summary = (*outcome)->value) {
      set(source, [&](FileTotals& totals) { count_run(totals, *summary); });
      log_run(log_, source, *summary);
    } else {
      const std::string reason = (*outcome)->failure->message;
      set(source, [&](FileTotals& totals) { totals.trouble = reason; });
      log_failed_run(log_, source, reason);
    }
  }
}

void FileSchedules::set(const std::string& source, const std::function<void(FileTotals&)>& change) {
  const std::lock_guard lock(mutex_);
  const auto found = totals_.find(source);
  if (found != totals_.end()) change(found->second);
}

void FileSchedules::complain(const std::string& source, const char* event,
                             const std::string& reason) {
  set(source, [&](FileTotals& totals) { totals.trouble = reason; });
  auto& before = complaints_[source];
  if (before == reason) return;
  before = reason;
  log_.write(kModule, Level::kError, event, {{observe::kSource, source}, {"reason", reason}});
}

std::map<std::string, FileTotals> FileSchedules::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

bool FileSchedules::has(const std::string& source) const {
  const std::lock_guard lock(mutex_);
  return plan_.contains(source);
}

Result<void> FileSchedules::trigger(const std::string& source) {
  const std::shared_lock lock(telling_);
  if (stopped_) return Error{ErrorKind::kUnavailable, "the host is stopping"};
  return engine_.trigger(source);
}

std::set<std::string> FileSchedules::remembered() const {
  std::set<std::string> sources;
  for (const Json& one : recall(options_.memory)) {
    if (one.is_string()) sources.insert(one.get<std::string>());
  }
  return sources;
}

void FileSchedules::remember(const std::set<std::string>& sources) const {
  if (sources == remembered()) return;
  if (auto kept = memorise(options_.memory, Json(sources)); !kept) {
    log_.write(kModule, Level::kWarn, "schedules_not_remembered",
               {{"reason", kept.error().message()}});
  }
}

}  // namespace gantry::app
