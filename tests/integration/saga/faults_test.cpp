// Each store in turn fails in each way a server or a network can, and a batch of a new and a
// changed document ends as design section 7 says: whole or not at all.

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "tests/integration/saga/real_stores.hpp"
#include "tests/unit/stores/conformance/backend.hpp"

namespace gantry::stores::saga {
namespace {

using conformance::make_item;
using namespace std::chrono_literals;

enum class Way {
  kRefused,
  kHanging,    ///< Requests go nowhere.
  kSilent,     ///< Requests are done, answers go nowhere.
  kCutAtOnce,  ///< Requests are done, the connection ends with the first byte of the answer.
  kCutEarly,
  kCutLate,
  kSlow,
  kReadOnly,
  kFull,
};

struct Case {
  std::string port;
  Way way;
  std::string name;
  std::set<OutcomeKind> allowed;
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

const std::set<OutcomeKind> kAny = {OutcomeKind::kSuccess, OutcomeKind::kRolledBack,
                                    OutcomeKind::kFailed, OutcomeKind::kPartial};

std::vector<Case> all_cases() {
  const std::vector<std::pair<Way, std::string>> ways = {
      {Way::kRefused, "Refused"},     {Way::kHanging, "Hanging"},   {Way::kSilent, "Silent"},
      {Way::kCutAtOnce, "CutAtOnce"}, {Way::kCutEarly, "CutEarly"}, {Way::kCutLate, "CutLate"},
      {Way::kSlow, "Slow"},           {Way::kReadOnly, "ReadOnly"}, {Way::kFull, "Full"}};
  std::vector<Case> out;
  for (const std::string& port : kPorts) {
    for (const auto& [way, name] : ways) {
      // Only a file system of its own could fill Neo4j.
      if (port == "graph" && way == Way::kFull) continue;
      const bool cut = way == Way::kCutAtOnce || way == Way::kCutEarly || way == Way::kCutLate;
      std::set<OutcomeKind> allowed;
      if (way == Way::kSlow) {
        allowed = {OutcomeKind::kSuccess};
      } else if (cut) {
        allowed = kAny;  // whether the cut comes before or after the commit is not ours to say
      } else if (port == "cache") {
        allowed = {OutcomeKind::kFailed};
      } else if (way == Way::kHanging || way == Way::kSilent) {
        allowed = {OutcomeKind::kPartial};  // unknown, and nobody there to undo: a dead letter
      } else {
        allowed = {OutcomeKind::kRolledBack};
      }
      out.push_back({port, way, port + name, allowed});
    }
  }
  return out;
}

class Faults : public testing::TestWithParam<Case> {
 protected:
  void break_it() {
    const auto& [port, way, name, allowed] = GetParam();
    auto& servers = RealServers::get();
    switch (way) {
      case Way::kRefused:
        return servers.proxy.refuse(port);
      case Way::kHanging:
        return servers.proxy.swallow_requests(port);
      case Way::kSilent:
        return servers.proxy.swallow_answers(port);
      case Way::kCutAtOnce:
        return servers.proxy.cut_answers(port, 1);
      case Way::kCutEarly:
        return servers.proxy.cut_answers(port, 120);
      case Way::kCutLate:
        return servers.proxy.cut_answers(port, 700);
      case Way::kSlow:
        return servers.proxy.delay_answers(port, 100);
      case Way::kReadOnly:
        if (port == "graph") return servers.neo4j.make_readonly();
        if (port == "cache") return servers.redis.make_readonly();
        return servers.make_readonly(port);
      case Way::kFull:
        if (port == "cache") return servers.redis.fill();
        return servers.fill(port);
    }
  }

  void mend() {
    const auto& [port, way, name, allowed] = GetParam();
    auto& servers = RealServers::get();
    servers.proxy.heal();
    if (way != Way::kReadOnly && way != Way::kFull) return;
    if (port == "graph") return servers.neo4j.make_writable();
    if (port == "cache") return servers.redis.make_writable();
    servers.make_writable(port);
  }
};

TEST_P(Faults, EndWholeOrNotAtAll) {
  const Case& one = GetParam();
  SagaPolicy policy;
  policy.stores.failures = policy.cache.failures = 1'000;  // breakers have tests of their own
  policy.retries = {20ms};
  policy.lease = 1s;
  RealSaga rig(3s, policy);

  const auto first = make_item(one.name + ":changed", 1, "first");
  ASSERT_EQ(rig.write({&first, 1}).front().kind, OutcomeKind::kSuccess);
  rig.saga.drain();  // else the next write ends where it cannot make this one final
  const std::vector<IngestedDocument> batch = {make_item(one.name + ":changed", 2, "second"),
                                               make_item(one.name + ":new", 1, "new")};
  break_it();
  const auto outcomes = rig.write(batch);
  mend();

  for (const Outcome& outcome : outcomes) {
    EXPECT_TRUE(one.allowed.contains(outcome.kind))
        << to_string(outcome.kind) << " " << (outcome.error ? outcome.error->message() : "");
    if (outcome.kind == OutcomeKind::kSuccess) continue;
    ASSERT_TRUE(outcome.error);
    EXPECT_NE(outcome.error->what.find(one.port), std::string::npos) << outcome.error->what;
    EXPECT_TRUE(outcome.retryable()) << outcome.error->what;
  }
  if (one.allowed == std::set{OutcomeKind::kPartial}) {
    EXPECT_EQ(rig.stores->dead_letters().count({}).value(), batch.size());
  }

  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.stores->dead_letters().count({}).value(), 0u);
  EXPECT_TRUE(rig.stores->saga_log().open({}).value().empty());
  if (outcomes[0].kind == OutcomeKind::kSuccess || rig.holders(batch[0]) > 0) {
    EXPECT_EQ(rig.holders(batch[0]), 3);
  } else {
    EXPECT_EQ(rig.holders(first), 3);
  }
  if (outcomes[1].kind == OutcomeKind::kSuccess || rig.present(batch[1].document.id) > 0) {
    EXPECT_EQ(rig.holders(batch[1]), 3);
  }

  // The caller's next try, as soon as a lock that nobody could release has passed.
  for (int tries = 0; tries < 20; ++tries) {
    const auto again = rig.write(batch);
    if (again[0].kind == OutcomeKind::kSuccess && again[1].kind == OutcomeKind::kSuccess) break;
    std::this_thread::sleep_for(200ms);
  }
  for (const IngestedDocument& item : batch) EXPECT_EQ(rig.holders(item), 3) << item.document.id;
}

INSTANTIATE_TEST_SUITE_P(Saga, Faults, testing::ValuesIn(all_cases()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace gantry::stores::saga
