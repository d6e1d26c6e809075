#include "host/stores/embedded/file.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>

namespace gantry::stores::embedded {
namespace {

constexpr std::int64_t kApplicationId = 0x47414E54;  // "GANT"
constexpr std::size_t kReadersKept = 8;

/// The file whose transaction runs on this thread: calls to its ports join it.
thread_local const File* inside = nullptr;
/// Set when a joined call failed: the transaction must not commit half of it.
thread_local bool poisoned = false;

Error at_file(const std::filesystem::path& path, std::string_view what, int code) {
  return {ErrorKind::kUnavailable, "embedded store " + path.string() + ": " + std::string(what),
          std::strerror(code)};
}

/// Makes the file ours alone before SQLite sees it; its WAL takes the same mode.
Result<void> make_private(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return at_file(path, "cannot be opened; does its folder exist?", errno);
  const int changed = ::fchmod(fd, 0600);
  const int problem = errno;
  ::close(fd);
  if (changed != 0) return at_file(path, "cannot be made private (0600)", problem);
  return {};
}

/// The wall for whatever a body throws: its thread may be another job's.
Result<void> run_body(const std::function<Result<void>()>& body) {
  try {
    return body();
  } catch (const std::exception& problem) {
    return Error{ErrorKind::kInternal, "embedded store: a step threw", problem.what()};
  }
}

}  // namespace

Result<std::unique_ptr<File>> File::open(const EmbeddedOptions& options, const Clock& clock) {
  if (auto made = make_private(options.file); !made) return made.error();
  try {
    std::unique_ptr<File> file(new File(options.file, clock));
    file->prepare(options.durability);
    file->migrate();
    return file;
  } catch (const SqlFailure& failure) {
    return Error{failure.error.kind,
                 "embedded store " + options.file.string() + ": " + failure.error.what,
                 failure.error.upstream};
  }
}

File::File(std::filesystem::path path, const Clock& clock)
    : path_(std::move(path)), clock_(clock), writer_(std::make_unique<Connection>(path_)) {}

File::~File() = default;

void File::prepare(Durability durability) {
  writer_->run("PRAGMA busy_timeout = 10000");
  writer_->run("PRAGMA journal_mode = WAL");
  writer_->run(durability == Durability::kPowerLoss ? "PRAGMA synchronous = FULL"
                                                    : "PRAGMA synchronous = NORMAL");
  writer_->run("PRAGMA cache_size = -16384");
  writer_->run("PRAGMA wal_autocheckpoint = 4000");
  writer_->run("PRAGMA journal_size_limit = 67108864");
}

void File::migrate() {
  writer_->run("BEGIN IMMEDIATE");
  try {
    const std::int64_t version = writer_->integer("PRAGMA user_version");
    const std::int64_t application = writer_->integer("PRAGMA application_id");
    const auto newest = static_cast<std::int64_t>(kMigrations.size());
    const bool empty = writer_->integer("SELECT count(*) FROM sqlite_schema") == 0;
    if (!empty && application != kApplicationId) {
      throw SqlFailure{{ErrorKind::kInvalid, "this database was not made by Gantry"}};
    }
    if (version > newest) {
      throw SqlFailure{{ErrorKind::kInvalid, "schema version " + std::to_string(version) +
                                                 " is newer than this Gantry's " +
                                                 std::to_string(newest) + "; update Gantry"}};
    }
    for (std::int64_t v = version; v < newest; ++v) {
      writer_->run(kMigrations[static_cast<std::size_t>(v)]);
    }
    if (version < newest) {
      writer_->run(("PRAGMA user_version = " + std::to_string(newest)).c_str());
      writer_->run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
    }
    writer_->run("COMMIT");
  } catch (const SqlFailure&) {
    sqlite3_exec(writer_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

std::int64_t File::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch())
      .count();
}

Result<void> File::guarded(const std::function<void()>& body) const {
  try {
    body();
    return {};
  } catch (const SqlFailure& failure) {
    poisoned = true;
    return failure.error;
  }
}

Result<void> File::atomically(const std::function<Result<void>()>& body) {
  return commit(body, {});
}

Result<void> File::commit(const std::function<Result<void>()>& body, const CallOptions& options) {
  if (inside == this) return body();
  Job job{&body, {}};
  std::unique_lock lock(queue_mutex_);
  queue_.push_back(&job);
  const auto ready = [&] { return job.done || (!leading_ && !job.taken); };
  if (options.deadline) {
    if (!queue_changed_.wait_until(lock, *options.deadline, ready) && !job.taken) {
      std::erase(queue_, &job);
      return Error{ErrorKind::kTimeout, "embedded store: the writer is busy; nothing was written"};
    }
  }
  queue_changed_.wait(lock, ready);
  if (!job.done) {
    leading_ = true;
    std::vector<Job*> group;
    group.swap(queue_);
    for (Job* other : group) other->taken = true;
    lock.unlock();
    run_group(group);
    lock.lock();
    for (Job* other : group) other->done = true;
    leading_ = false;
    queue_changed_.notify_all();
  }
  if (job.error) return *job.error;
  return {};
}

void File::run_group(const std::vector<Job*>& jobs) {
  if (run_transaction(jobs)) return;
  // No savepoint per job: FTS5 would flush its index at each. Failures are rare, so the group is
  // tried as one and, where that fails, one by one: whoever is at fault fails alone.
  for (Job* job : jobs) {
    if (auto done = run_transaction({job}); !done) job->error = done.error();
  }
}

Result<void> File::run_transaction(const std::vector<Job*>& jobs) {
  inside = this;
  poisoned = false;
  Result<void> out = guarded([&] { writer_->run("BEGIN IMMEDIATE"); });
  for (std::size_t i = 0; out && i < jobs.size(); ++i) {
    out = run_body(*jobs[i]->body);
    if (out && poisoned) {
      out = Error{ErrorKind::kInternal, "embedded store: a step failed inside of a transaction"};
    }
  }
  if (out) out = guarded([&] { writer_->run("COMMIT"); });
  if (!out) sqlite3_exec(writer_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  inside = nullptr;
  return out;
}

std::unique_ptr<Connection> File::take_reader() const {
  {
    const std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      auto reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  auto reader = std::make_unique<Connection>(path_);
  reader->run("PRAGMA busy_timeout = 10000");
  reader->run("PRAGMA query_only = 1");
  return reader;
}

Result<void> File::with_reader(const CallOptions& options,
                               const std::function<void(Connection&)>& body) const {
  if (inside == this) return guarded([&] { body(*writer_); });
  return guarded([&] {
    auto reader = take_reader();
    const auto give_up = [](void* limits) -> int {
      const auto& call = *static_cast<const CallOptions*>(limits);
      return (call.deadline && std::chrono::steady_clock::now() > *call.deadline) ||
             (call.cancelled && call.cancelled());
    };
    const bool limited = options.deadline || options.cancelled;
    sqlite3_progress_handler(reader->handle(), limited ? 10000 : 0, limited ? +give_up : nullptr,
                             const_cast<CallOptions*>(&options));
    body(*reader);  // on a failure the reader is closed: cheap, and surely clean
    sqlite3_progress_handler(reader->handle(), 0, nullptr, nullptr);
    const std::lock_guard lock(readers_mutex_);
    if (readers_.size() < kReadersKept) readers_.push_back(std::move(reader));
  });
}

}  // namespace gantry::stores::embedded
