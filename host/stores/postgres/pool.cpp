#include "host/stores/postgres/pool.hpp"

#include <algorithm>

namespace gantry::stores::postgres {
namespace {

/// Races that one more try wins: each loser waits for a winner that has committed.
constexpr int kTriesMax = 20;
constexpr std::chrono::milliseconds kCancelPoll{50};

/// Serialises all hosts that bring tables up to date. Any number that is always the same.
constexpr std::int64_t kMigrationLock = 0x47414E54525901;

bool lost_race(std::string_view state) {
  // unique_violation: two wrote one new document; deadlock_detected; serialization_failure.
  return state == "23505" || state == "40P01" || state == "40001";
}

constexpr const char* kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED";
constexpr const char* kCommit = "COMMIT";
constexpr const char* kRollBack = "ROLLBACK";

Failure too_late(const Patience& patience, std::string_view what) {
  const bool gave_up =
      patience.cancelled != nullptr && *patience.cancelled && (*patience.cancelled)();
  return {{gave_up ? ErrorKind::kCancelled : ErrorKind::kTimeout, std::string(what)}, {}, false};
}

}  // namespace

const char* begin() noexcept { return kBegin; }

Answer<void> Session::commit(std::vector<Step> steps) {
  steps.push_back({kCommit});
  committing_ = true;
  auto done = exchange(steps);
  if (!done) return done.error();
  return {};
}

Answer<void> Session::roll_back() {
  if (!connection_.in_transaction()) return {};
  const Step step{kRollBack};
  auto done = exchange({&step, 1});
  if (!done) return done.error();
  return {};
}

Pool::Pool(Target target, const PoolOptions& options)
    : target_(std::move(target)),
      size_(static_cast<std::size_t>(options.size)),
      timeout_(options.timeout),
      make_tables_(options.make_tables) {}

Pool::~Pool() = default;

Patience Pool::patience_of(const CallOptions& options) const {
  Patience patience{std::chrono::steady_clock::now() + timeout_, &options.cancelled};
  if (options.deadline) patience.deadline = std::min(patience.deadline, *options.deadline);
  return patience;
}

Result<ServerFacts> Pool::facts(const CallOptions& options) const {
  const Patience patience = patience_of(options);
  auto connection = Connection::open(target_, timeout_, patience);
  if (!connection) return connection.error().error;
  const Step ask{
      "SELECT current_setting('server_version'),"
      " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"};
  auto rows = (*connection)->exchange({&ask, 1}, patience);
  if (!rows) return rows.error().error;
  return ServerFacts{"PostgreSQL " + rows->front().text(0, 0),
                     Instant(std::chrono::microseconds(rows->front().number(0, 1)))};
}

std::optional<Error> Pool::attempt(const CallOptions& options,
                                   const std::function<Answer<void>(Session&)>& body) {
  const Patience patience = patience_of(options);
  bool replaced = false;
  for (int tries = 1;; ++tries) {
    auto taken = take(patience);
    if (!taken) return taken.error().error;
    Session session(*taken->connection, patience);
    const auto done = body(session);
    if (done) {
      give_back(std::move(taken->connection));
      return std::nullopt;
    }
    const Failure& failure = done.error();
    if (!failure.lost) {
      const bool clean = session.roll_back().has_value();
      give_back(clean ? std::move(taken->connection) : nullptr);
      if (lost_race(failure.state) && tries < kTriesMax) continue;
      return failure.error;
    }
    taken->connection.reset();
    give_back(nullptr);
    if (session.committing()) {
      return Error{ErrorKind::kTimeout, failure.error.what + " while it committed",
                   failure.error.upstream};
    }
    if (failure.error.kind != ErrorKind::kUnavailable) return failure.error;
    // The server went: what else waits here is as dead. One new connection says whether it is back.
    drop_idle();
    if (!taken->used || replaced) return failure.error;
    replaced = true;
  }
}

Answer<Pool::Taken> Pool::take(const Patience& patience) {
  {
    std::unique_lock lock(mutex_);
    while (idle_.empty() && open_ >= size_) {
      const auto now = std::chrono::steady_clock::now();
      if (now >= patience.deadline ||
          (patience.cancelled != nullptr && *patience.cancelled && (*patience.cancelled)())) {
        return too_late(
            patience, "PostgreSQL at " + target_.place + ": all connections of the pool are busy");
      }
      changed_.wait_until(lock, std::min(patience.deadline, now + kCancelPoll));
    }
    if (!idle_.empty()) {
      Taken taken{std::move(idle_.back()), true};
      idle_.pop_back();
      return taken;
    }
    ++open_;
  }
  auto opened = Connection::open(target_, timeout_, patience);
  if (opened && !migrated_) {
    const std::lock_guard one_at_a_time(migrating_);
    if (auto done = migrate(**opened, patience); !done) opened = done.error();
  }
  if (!opened) {
    give_back(nullptr);
    return opened.error();
  }
  return Taken{std::move(*opened), false};
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    if (connection) {
      idle_.push_back(std::move(connection));
    } else {
      --open_;
    }
  }
  changed_.notify_one();
}

void Pool::drop_idle() {
  std::vector<std::unique_ptr<Connection>> dropped;  // closed outside of the lock
  {
    const std::lock_guard lock(mutex_);
    dropped.swap(idle_);
    open_ -= dropped.size();
  }
  changed_.notify_all();
}

/// Looks first without a lock: a role that may not create tables is enough once they are there.
Answer<void> Pool::migrate(Connection& connection, const Patience& patience) {
  if (migrated_) return {};
  const Step look{"SELECT to_regclass('gantry.schema_versions') IS NOT NULL"};
  const Step version{
      "SELECT part, max(version) FROM gantry.schema_versions GROUP BY part ORDER BY part"};
  const auto versions = [&]() -> Answer<std::vector<std::size_t>> {
    std::vector<std::size_t> out(parts_.size(), 0);
    auto there = connection.exchange({&look, 1}, patience);
    if (!there) return there.error();
    if (!there->front().flag(0, 0)) return out;
    auto rows = connection.exchange({&version, 1}, patience);
    if (!rows) return rows.error();
    for (int row = 0; row < rows->front().size(); ++row) {
      for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (rows->front().text(row, 0) != parts_[i]->name) continue;
        out[i] = static_cast<std::size_t>(rows->front().number(row, 1));
      }
    }
    return out;
  };
  const auto current = [&](const std::vector<std::size_t>& have) {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (have[i] < parts_[i]->versions.size()) return false;
    }
    return true;
  };
  auto have = versions();
  if (!have) return have.error();
  if (!current(*have) && !make_tables_) {
    return Failure{{ErrorKind::kConflict, "PostgreSQL at " + target_.place +
                                              ": tables of this version are not there yet"},
                   {},
                   false};
  }
  if (!current(*have)) {
    const Step opening[] = {
        {kBegin},
        {"SELECT pg_advisory_xact_lock($1::bigint)", Arguments().number(kMigrationLock)},
        {"CREATE SCHEMA IF NOT EXISTS gantry"},
        {"CREATE TABLE IF NOT EXISTS gantry.schema_versions(part text, version integer,"
         " applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY(part, version))"}};
    if (auto begun = connection.exchange(opening, patience); !begun) return begun.error();
    have = versions();  // another host may have been faster
    if (!have) return have.error();
    std::vector<Step> steps;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      for (std::size_t v = (*have)[i]; v < parts_[i]->versions.size(); ++v) {
        for (const char* sql : parts_[i]->versions[v]) steps.push_back({sql});
        steps.push_back(
            {"INSERT INTO gantry.schema_versions VALUES($1::text, $2::bigint::integer)",
             Arguments().raw(parts_[i]->name).number(static_cast<std::int64_t>(v) + 1)});
      }
    }
    steps.push_back({kCommit});
    if (auto done = connection.exchange(steps, patience); !done) return done.error();
  }
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if ((*have)[i] <= parts_[i]->versions.size()) continue;
    return Failure{
        {ErrorKind::kInvalid, "PostgreSQL at " + target_.place + ": the tables of " +
                                  parts_[i]->name + " have version " + std::to_string((*have)[i]) +
                                  ", newer than this Gantry's " +
                                  std::to_string(parts_[i]->versions.size()) + "; update Gantry"},
        {},
        false};
  }
  migrated_ = true;
  return {};
}

}  // namespace gantry::stores::postgres
