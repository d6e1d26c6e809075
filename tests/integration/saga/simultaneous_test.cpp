#include <gtest/gtest.h>

#include <thread>

#include "tests/integration/saga/real_stores.hpp"
#include "tests/unit/stores/conformance/backend.hpp"

namespace gantry::stores::saga {
namespace {

using conformance::make_item;
using namespace std::chrono_literals;

/// A store that calls back between its answer and the saga.
class Watched final : public Store {
 public:
  Watched(Store& inner, std::function<void(const Result<std::vector<Kept>>&)> after_put)
      : inner_(inner), after_put_(std::move(after_put)) {}

  std::string_view name() const override { return inner_.name(); }
  Result<std::vector<Kept>> put(std::span<const Write> writes, const CallOptions& o) override {
    auto kept = inner_.put(writes, o);
    after_put_(kept);
    return kept;
  }
  Result<std::vector<Stamp>> look(std::span<const std::string> ids,
                                  const CallOptions& o) const override {
    return inner_.look(ids, o);
  }
  Result<std::vector<Undone>> undo(std::span<const WriteRef> refs, const CallOptions& o) override {
    ++undos;
    return inner_.undo(refs, o);
  }
  Result<void> settle(std::span<const WriteRef> refs, const CallOptions& o) override {
    return inner_.settle(refs, o);
  }

  std::atomic<int> undos{0};

 private:
  Store& inner_;
  const std::function<void(const Result<std::vector<Kept>>&)> after_put_;
};

TEST(RealStores, TwentyOperationsAtOnceOnTwelveDocumentsGiveTwelveAndNoDuplicate) {
  SagaPolicy policy;
  policy.lock_wait = 5min;
  RealSaga rig(2min, policy);
  std::atomic<int> written{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 20; ++t) {
      threads.emplace_back([&, t] {
        for (int d = 0; d < 12; ++d) {
          const std::string id = "twenty:" + std::to_string((d + t) % 12);
          const auto item = make_item(id, 1, id);
          const auto outcome = rig.write({&item, 1}).front();
          ASSERT_EQ(outcome.kind, OutcomeKind::kSuccess) << outcome.error->message();
          if (outcome.kept == Kept::kWritten && !outcome.cached) ++written;
        }
      });
    }
  }
  EXPECT_EQ(written, 12);
  auto& servers = RealServers::get();
  EXPECT_EQ(servers.postgres.sql("documents",
                                 "SELECT count(*) FROM gantry.documents WHERE id LIKE 'twenty:%'"),
            "12");
  // make_item() gives each document one chunk, so one vector.
  EXPECT_EQ(rig.stores->graph().documents({"load", "twenty:0"}, 100, {}).value(),
            std::vector<std::string>{"twenty:0"});
  for (int d = 0; d < 12; ++d) {
    const std::string id = "twenty:" + std::to_string(d);
    EXPECT_EQ(rig.holders(make_item(id, 1, id)), 3) << id;
  }
}

TEST(RealStores, ALateSuccessAfterATimeOutIsFoundAndNotUndone) {
  auto& servers = RealServers::get();
  for (const std::string port : {"documents", "vectors", "graph"}) {
    SCOPED_TRACE(port);
    SagaPolicy policy;
    policy.retries = {};
    TempDir dir;
    const auto opened = OpenedStores::open(servers.options(dir.path(), 3s)).value();
    SagaPorts ports = ports_of(*opened);
    const std::size_t at = port == "documents" ? 0 : port == "vectors" ? 1 : 2;
    bool timed_out = false;
    Watched watched(*ports.stores[at], [&](const auto& kept) {
      timed_out = !kept && kept.error().kind == ErrorKind::kTimeout;
      servers.proxy.heal();
    });
    ports.stores[at] = &watched;
    Saga saga(ports, policy);
    const std::string id = "late:" + port;
    const auto first = make_item(id, 1, "first");
    ASSERT_EQ(saga.write({&first, 1}).front().kind, OutcomeKind::kSuccess);
    saga.drain();

    const auto second = make_item(id, 2, "second");
    servers.proxy.swallow_answers(port);
    const auto outcome = saga.write({&second, 1}).front();
    EXPECT_TRUE(timed_out);
    // PostgreSQL commits at the last of several answers, none of which came: nothing is there.
    const bool arrived = outcome.kind == OutcomeKind::kSuccess;
    EXPECT_TRUE(arrived || outcome.kind == OutcomeKind::kRolledBack) << to_string(outcome.kind);
    EXPECT_EQ(watched.undos, arrived ? 0 : 1);
    for (int again = 0; again < 2; ++again) {
      EXPECT_TRUE(saga.resume().has_value());
      for (Store* store : ports_of(*opened).stores) {
        EXPECT_EQ(store->look({&id, 1}, {}).value().front().version, arrived ? 2 : 1);
      }
    }
    EXPECT_EQ(watched.undos, arrived ? 0 : 1);
    EXPECT_EQ(saga.write({&second, 1}).front().kind, OutcomeKind::kSuccess);
  }
}

TEST(RealStores, AnOpenBreakerDelaysAndNeverDrops) {
  SagaPolicy policy;
  policy.stores = {.failures = 2, .window = 60s, .open_for = 500ms};
  policy.retries = {20ms, 20ms};
  RealSaga rig(30s, policy);
  auto& servers = RealServers::get();
  const auto item = make_item("breaker:1", 1, "one");
  servers.proxy.refuse("graph");
  EXPECT_EQ(rig.write({&item, 1}).front().kind, OutcomeKind::kRolledBack);
  EXPECT_EQ(rig.saga.breaker("graph/neo4j"), BreakerState::kOpen);
  servers.proxy.heal();
  int tries = 1;
  while (rig.write({&item, 1}).front().kind != OutcomeKind::kSuccess && tries < 100) {
    ++tries;
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_EQ(rig.holders(item), 3);
  EXPECT_EQ(rig.saga.breaker("graph/neo4j"), BreakerState::kClosed);
  EXPECT_EQ(rig.stores->dead_letters().count({}).value(), 0u);
}

}  // namespace
}  // namespace gantry::stores::saga
