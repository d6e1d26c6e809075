#include "host/app/file_watch.hpp"

#include <condition_variable>

namespace gantry::app {
namespace {

using observe::Level;
using std::chrono::milliseconds;

constexpr std::string_view kModule = "sources";
constexpr std::string_view kRun = "watch";
constexpr milliseconds kRoomPatience{60'000};
constexpr milliseconds kResultPatience{1'000};
/// After a run that could not be started or failed: the folder still holds its file.
constexpr milliseconds kAgain{10'000};

void pause(const std::stop_token& stop, milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

FileWatch::FileWatch(files::Rooms& rooms, temporal::Client& client, std::string task_queue,
                     observe::Log& log)
    : rooms_(rooms), client_(client), task_queue_(std::move(task_queue)), log_(log) {}

FileWatch::~FileWatch() { stop(); }

void FileWatch::watch(const FileSettings& sources) {
  {
    const std::lock_guard lock(mutex_);
    settings_ = sources;
    std::erase_if(totals_, [&](const auto& entry) { return !sources.contains(entry.first); });
    for (const auto& [source, settings] : sources) totals_[source];
  }
  std::erase_if(threads_, [&](auto& entry) {  // a jthread that goes is stopped and joined
    if (sources.contains(entry.first)) return false;
    log_.write(kModule, Level::kInfo, "files_unwatched", {{observe::kSource, entry.first}});
    return true;
  });
  for (const auto& [source, settings] : sources) {
    if (threads_.contains(source)) continue;
    log_.write(kModule, Level::kInfo, "files_watched", {{observe::kSource, source}});
    threads_.emplace(source,
                     [this, name = source](const std::stop_token& stop) { run(stop, name); });
  }
}

void FileWatch::stop() {
  if (!threads_.empty()) rooms_.stop();
  for (auto& [source, thread] : threads_) thread.request_stop();
  threads_.clear();
}

std::map<std::string, FileTotals> FileWatch::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

void FileWatch::set(const std::string& source, const std::function<void(FileTotals&)>& change) {
  const std::lock_guard lock(mutex_);
  const auto found = totals_.find(source);
  if (found != totals_.end()) change(found->second);
}

void FileWatch::run(const std::stop_token& stop, const std::string& source) {
  while (!stop.stop_requested()) {
    const auto ready = rooms_.wait(source, kRoomPatience);
    if (!ready) {
      set(source, [&](FileTotals& totals) { totals.trouble = ready.error().message(); });
      pause(stop, kAgain);
    } else if (*ready && !stop.stop_requested()) {
      work(stop, source);
    } else if (!rooms_.has(source)) {
      pause(stop, kAgain);  // closed by a reload that will end this thread
    }
  }
}

void FileWatch::work(const std::stop_token& stop, const std::string& source) {
  BatchInput input;
  input.source = source;
  input.run = kRun;
  {
    const std::lock_guard lock(mutex_);
    const auto settings = settings_.find(source);
    if (settings != settings_.end()) input.settings = settings->second;
  }
  const auto failed = [&](const std::string& reason) {
    set(source, [&](FileTotals& totals) {
      totals.running = false;
      totals.trouble = reason;
    });
    log_.write(kModule, Level::kWarn, "files_not_read",
               {{observe::kSource, source}, {"reason", reason}});
    pause(stop, kAgain);
  };
  temporal::StartOptions options;
  options.id = batch_run_workflow_id(source, kRun);
  options.task_queue = task_queue_;
  options.running = temporal::RunningPolicy::kUseExisting;
  options.search_attributes = {
      {std::string(kAttributeSource), temporal::keyword_attribute(source)},
      {std::string(kAttributePriority), temporal::keyword_attribute(input.settings.priority)}};
  const auto handle = client_.start(kBatchProcessing, input, options);
  if (!handle) return failed(handle.error().message());
  set(source, [](FileTotals& totals) { totals.running = true; });
  while (!stop.stop_requested()) {
    const auto outcome = client_.result(kBatchProcessing, {handle->id}, kResultPatience);
    if (!outcome && outcome.error().kind == ErrorKind::kTimeout) continue;
    if (!outcome) return failed(outcome.error().message());
    if (!outcome->value) return failed(outcome->failure->message);
    const BatchSummary& summary = *outcome->value;
    set(source, [&](FileTotals& totals) {
      totals.running = false;
      totals.trouble.clear();
      totals.last_run = system_clock().now();
      totals.done.files_processed += summary.files_processed;
      totals.done.total_records += summary.total_records;
      totals.done.failed += summary.failed;
      totals.done.dead_letters += summary.dead_letters;
    });
    log_.write(kModule, Level::kInfo, "files_read",
               {{observe::kSource, source},
                {"files", summary.files_processed},
                {"rejected", summary.failed},
                {"records", summary.total_records},
                {"dead_letters", summary.dead_letters}});
    return;
  }
}

}  // namespace gantry::app
