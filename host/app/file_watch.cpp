#include "host/app/file_watch.hpp"

#include <condition_variable>

namespace gantry::app {
namespace {

using observe::Level;
using std::chrono::milliseconds;

constexpr std::string_view kModule = "sources";
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
    const auto ready = rooms_.wait(source, kFolderRun, kRoomPatience);
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
  FlowSettings settings;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = settings_.find(source); found != settings_.end()) {
      settings = found->second;
    }
  }
  const auto failed = [&](const std::string& reason) {
    set(source, [&](FileTotals& totals) {
      totals.running = false;
      totals.trouble = reason;
    });
    log_failed_run(log_, source, reason);
    pause(stop, kAgain);
  };
  const auto handle = client_.start(kBatchProcessing, folder_run(source, settings),
                                    folder_start(source, settings, task_queue_));
  if (!handle) return failed(handle.error().message());
  set(source, [](FileTotals& totals) { totals.running = true; });
  while (!stop.stop_requested()) {
    const auto outcome = client_.result(kBatchProcessing, {handle->id}, kResultPatience);
    if (!outcome && outcome.error().retryable()) {  // the run goes on, whether we see it or not
      if (outcome.error().kind != ErrorKind::kTimeout) pause(stop, kResultPatience);
      continue;
    }
    if (!outcome) return failed(outcome.error().message());
    if (!outcome->value) return failed(outcome->failure->message);
    const BatchSummary& summary = *outcome->value;
    set(source, [&](FileTotals& totals) {
      totals.running = false;
      count_run(totals, summary);
    });
    log_run(log_, source, summary);
    return;
  }
}

}  // namespace gantry::app
