#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "host/base/clock.hpp"
#include "host/stores/embedded/embedded.hpp"
#include "host/stores/embedded/sqlite.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores::embedded {

/// The SQLite file behind the embedded ports: one writer connection, a pool of readers.
///
/// Writers that come while a commit is under way wait together and share the next one, so many
/// threads cost one fsync. [any-thread] [blocking]
class File final : public AtomicSite {
 public:
  static Result<std::unique_ptr<File>> open(const EmbeddedOptions& options, const Clock& clock);
  ~File() override;

  /// Runs `body(Connection&)` in a transaction, joining the one that this thread is inside. It may
  /// run twice (rolled back in between), on another thread.
  template <class Body>
  auto write(const CallOptions& options, Body body)
      -> Result<decltype(body(std::declval<Connection&>()))> {
    std::optional<decltype(body(*writer_))> out;
    const std::function<Result<void>()> step = [&]() -> Result<void> {
      return guarded([&] { out.emplace(body(*writer_)); });
    };
    if (auto done = commit(step, options); !done) return done.error();
    return std::move(*out);
  }

  /// Runs `body(Connection&)` on a reader, or on the writer inside of a transaction of ours.
  template <class Body>
  auto read(const CallOptions& options, Body body) const
      -> Result<decltype(body(std::declval<Connection&>()))> {
    std::optional<decltype(body(*writer_))> out;
    const auto done =
        with_reader(options, [&](Connection& connection) { out.emplace(body(connection)); });
    if (!done) return done.error();
    return std::move(*out);
  }

  Result<void> atomically(const std::function<Result<void>()>& body) override;

  /// Milliseconds since 1970 by the clock given to open().
  std::int64_t now_ms() const;
  Instant now() const { return clock_.now(); }

 private:
  struct Job {
    const std::function<Result<void>()>* body;
    std::optional<Error> error;
    bool taken = false;
    bool done = false;
  };

  File(std::filesystem::path path, const Clock& clock);
  void prepare(Durability durability);
  void migrate();
  Result<void> guarded(const std::function<void()>& body) const;
  Result<void> commit(const std::function<Result<void>()>& body, const CallOptions& options);
  void run_group(const std::vector<Job*>& jobs);
  Result<void> run_transaction(const std::vector<Job*>& jobs);
  Result<void> with_reader(const CallOptions& options,
                           const std::function<void(Connection&)>& body) const;
  std::unique_ptr<Connection> take_reader() const;

  const std::filesystem::path path_;
  const Clock& clock_;
  std::unique_ptr<Connection> writer_;

  std::mutex queue_mutex_;
  std::condition_variable queue_changed_;
  std::vector<Job*> queue_;
  bool leading_ = false;

  mutable std::mutex readers_mutex_;
  mutable std::vector<std::unique_ptr<Connection>> readers_;
};

/// The schema's statements; index i brings version i to i + 1.
extern const std::vector<const char*> kMigrations;

}  // namespace gantry::stores::embedded
