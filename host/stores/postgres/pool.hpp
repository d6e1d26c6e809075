#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "host/stores/postgres/connection.hpp"
#include "host/stores/server_facts.hpp"

namespace gantry::stores::postgres {

/// The tables of one port: statement lists, each of which brings its version one further.
struct Part {
  const char* name;
  std::span<const std::span<const char* const>> versions;
};

/// The step that opens a transaction of ours: READ COMMITTED, whatever the server's default.
const char* begin() noexcept;

/// A connection that a call has for itself, with the call's limits.
class Session {
 public:
  Session(Connection& connection, const Patience& patience)
      : connection_(connection), patience_(patience) {}

  /// See Connection::exchange. Of a transaction only what stands before its end.
  Answer<std::vector<Rows>> exchange(std::span<const Step> steps) {
    return connection_.exchange(steps, patience_);
  }
  /// The steps and COMMIT in one trip. Where it is cut off, nobody knows what has become of it.
  Answer<void> commit(std::vector<Step> steps);
  /// Gives the open transaction up; its locks go.
  Answer<void> roll_back();

  bool committing() const noexcept { return committing_; }

 private:
  Connection& connection_;
  const Patience& patience_;
  bool committing_ = false;
};

struct PoolOptions {
  int size = 1;
  std::chrono::milliseconds timeout{};
  bool make_tables = true;
};

/// Connections to one database, opened when they are needed and kept. [any-thread] [blocking]
///
/// A connection that is found dead is replaced, once and within the call's time, as long as the
/// call has not begun to commit. Every call ends: by its own deadline or after `timeout`.
class Pool {
 public:
  Pool(Target target, const PoolOptions& options);
  ~Pool();

  /// Brings the part's tables up to date before its first use. Before the first run().
  void require(const Part& part) { parts_.push_back(&part); }

  /// Runs `body(Session&)`, which may run again: after a lost race with another writer, or on
  /// another connection. It must change nothing but the database before it returns.
  template <class Body>
  auto run(const CallOptions& options, Body body)
      -> Result<typename std::invoke_result_t<Body&, Session&>::value_type> {
    std::optional<typename std::invoke_result_t<Body&, Session&>::value_type> out;
    const auto failed = attempt(options, [&](Session& session) -> Answer<void> {
      auto answer = body(session);
      if (!answer) return answer.error();
      out.emplace(std::move(*answer));
      return {};
    });
    if (failed) return *failed;
    return std::move(*out);
  }

  /// Looks at no table, and so asks on a connection beside the pool's.
  Result<ServerFacts> facts(const CallOptions& options) const;

  const std::string& place() const noexcept { return target_.place; }

 private:
  struct Taken {
    std::unique_ptr<Connection> connection;
    bool used = false;  ///< It comes from an earlier call, so it may have died since.
  };

  Patience patience_of(const CallOptions& options) const;
  std::optional<Error> attempt(const CallOptions& options,
                               const std::function<Answer<void>(Session&)>& body);
  Answer<Taken> take(const Patience& patience);
  void give_back(std::unique_ptr<Connection> connection);
  void drop_idle();
  Answer<void> migrate(Connection& connection, const Patience& patience);

  const Target target_;
  const std::size_t size_;
  const std::chrono::milliseconds timeout_;
  const bool make_tables_;
  std::vector<const Part*> parts_;
  std::atomic<bool> migrated_{false};
  std::mutex migrating_;

  std::mutex mutex_;  // guards the next two
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t open_ = 0;  // idle ones included
};

}  // namespace gantry::stores::postgres
