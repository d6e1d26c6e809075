#include <atomic>
#include <nlohmann/json.hpp>

#include "host/cli/path_stats.hpp"
#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

/// A host's metrics with so many ends on each path, `dead` of Temporal's dead letters, and
/// everything of a path between two bounds of its buckets.
std::string metrics(int ended, int dead, const char* temporal_le = "0.1",
                    const char* direct_le = "0.1") {
  const auto path = [&](const std::string& name, int lost, const char* le) {
    std::string text;
    for (const auto& [outcome, count] :
         {std::pair{"stored", ended - lost}, {"dead_letter", lost}}) {
      const std::string labels = "{path=\"" + name + "\",outcome=\"" + outcome + '"';
      bool reached = false;
      for (const char* bound : {"0.05", "0.1", "1", "10", "+Inf"}) {
        reached = reached || std::string(bound) == le;
        text += "gantry_ingestion_seconds_bucket" + labels + ",le=\"" + bound + "\"} " +
                std::to_string(reached ? count : 0) + '\n';
      }
      text += "gantry_ingestion_seconds_count" + labels + "} " + std::to_string(count) + '\n';
      text += "gantry_ingestion_seconds_sum" + labels + "} 12.5\n";
    }
    return text;
  };
  return "# HELP gantry_ingestion_seconds From a record's arrival.\n"
         "# TYPE gantry_ingestion_seconds histogram\ngantry_inbox_pending 7\n" +
         path("temporal", dead, temporal_le) + path("direct", 0, direct_le);
}

constexpr const char* kState =
    R"({"percentage":10,"set_at":"2026-11-26T04:00:00Z","configured":100,"origin":"default",
        "when_away":"wait","away":false,"direct":{"jobs":3,"waiting":1}})";

struct RolloutCommand : CliTest {
  Outcome compare(const std::string& text, std::vector<std::string> more = {}) {
    FakeHost host([&](const FakeHost::Request&) -> FakeHost::Answer { return {200, text}; });
    std::vector<std::string> line = {"rollout", "compare", "--admin", host.address()};
    line.insert(line.end(), more.begin(), more.end());
    return gantry(line);
  }
};

TEST_F(RolloutCommand, MetricsAreSummedOverOutcomesByPath) {
  const BothPaths paths = paths_of_metrics(metrics(200, 10));
  EXPECT_DOUBLE_EQ(paths.temporal.ended, 200);
  EXPECT_DOUBLE_EQ(paths.temporal.errors, 10);
  EXPECT_DOUBLE_EQ(paths.direct.errors, 0);
  ASSERT_EQ(paths.direct.buckets.size(), 5U);
  EXPECT_DOUBLE_EQ(paths.direct.buckets[1].second, 200);
  // Linear inside the bucket 0.05 to 0.1: 0.05 + 0.05 * 0.99.
  EXPECT_NEAR(*paths.direct.quantile(0.99), 0.0995, 1e-9);
}

TEST_F(RolloutCommand, MetricsWithoutThePathsAreNoSamples) {
  EXPECT_DOUBLE_EQ(paths_of_metrics("gantry_inbox_pending 7\nx{a=\"b\n}{\n").direct.ended, 0);
}

TEST_F(RolloutCommand, ShowPrintsWhatHoldsAndWhatConfigurationSays) {
  FakeHost host([&](const FakeHost::Request&) -> FakeHost::Answer { return {200, kState}; });
  const Outcome outcome = gantry({"rollout", "show", "--admin", host.address()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "rollout     10 %  set at run time, 2026-11-26T04:00:00Z\n"
            "configured  100 %  default\n"
            "temporal    answers; while it is away its documents wait\n"
            "direct      3 in hand, 1 of them waiting\n");
  EXPECT_EQ(Json::parse(gantry({"rollout", "show", "--json", "--admin", host.address()}).out),
            Json::parse(kState));
}

TEST_F(RolloutCommand, SetSendsTheNumberAndRefusesAnotherWithoutAsking) {
  FakeHost host([&](const FakeHost::Request&) -> FakeHost::Answer { return {200, kState}; });
  EXPECT_EQ(gantry({"rollout", "set", "10", "--admin", host.address()}).code, 0);
  ASSERT_EQ(host.requests().size(), 1U);
  EXPECT_EQ(host.requests()[0].method, "POST");
  EXPECT_EQ(host.requests()[0].target, "/rollout");
  EXPECT_EQ(host.requests()[0].body, R"({"percentage":10})");
  for (const char* wrong : {"101", "ten", "1.5", "10%"}) {
    EXPECT_EQ(gantry({"rollout", "set", wrong, "--admin", host.address()}).code, 2) << wrong;
  }
  EXPECT_EQ(host.requests().size(), 1U);
}

TEST_F(RolloutCommand, DrainWaitsUntilNoWorkflowOfBeforeRuns) {
  std::atomic<int> asked = 0;
  FakeHost host([&](const FakeHost::Request& request) -> FakeHost::Answer {
    if (request.method == "POST") return {200, kState};
    Json state = Json::parse(kState);
    state["running"] = asked++ < 1 ? 2 : 0;
    return {200, state.dump()};
  });
  EXPECT_EQ(gantry({"rollout", "set", "10", "--drain", "--admin", host.address()}).code, 0);
  const auto requests = host.requests();
  ASSERT_EQ(requests.size(), 4U);  // set, two that run, none, none again
  EXPECT_EQ(requests[1].target, "/rollout?running_since_before=2026-11-26T04%3A00%3A00Z");
}

TEST_F(RolloutCommand, DrainThatTakesTooLongExits1AndSaysHowManyAreLeft) {
  FakeHost host([&](const FakeHost::Request&) -> FakeHost::Answer {
    return {200, R"({"percentage":0,"set_at":"2026-11-26T04:00:00Z","running":7})"};
  });
  const Outcome outcome =
      gantry({"rollout", "set", "0", "--drain", "--timeout", "1", "--admin", host.address()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("7 workflows have not ended"));
  EXPECT_EQ(host.requests()[1].target, "/rollout?running_since_before=");  // at 0: all
}

TEST_F(RolloutCommand, CompareExits0WhereBothPathsDoAlike) {
  const Outcome outcome = compare(metrics(200, 0));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("temporal  200 ended, 0.00 % errors, P50 0.075 s"));
}

TEST_F(RolloutCommand, CompareExits1OnTwiceTheErrorsAndSaysWhy) {
  const Outcome outcome = compare(metrics(200, 10));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("error rate 5.00 % through Temporal, 0.00 %"));
}

TEST_F(RolloutCommand, CompareExits1OnFiveTimesTheP99UnlessItsFloorIsHigher) {
  EXPECT_EQ(compare(metrics(200, 0, "10")).code, 1);
  EXPECT_EQ(compare(metrics(200, 0, "10"), {"--p99-floor-ms", "20000"}).code, 0);
  EXPECT_EQ(compare(metrics(200, 0, "10"), {"--latency-ratio", "1000"}).code, 0);
}

TEST_F(RolloutCommand, CompareOfTooFewSaysSoAndExits0) {
  const Outcome outcome = compare(metrics(99, 50), {"--json"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(Json::parse(outcome.out)["verdict"], "too_few");
  EXPECT_THAT(compare(metrics(99, 50)).err, HasSubstr("99 documents ended on the temporal path"));
  EXPECT_EQ(compare(metrics(99, 50), {"--samples", "99"}).code, 1);
}

TEST_F(RolloutCommand, CompareAsksPrometheusForTheWindow) {
  FakeHost prometheus([&](const FakeHost::Request& request) -> FakeHost::Answer {
    const bool count = request.target.find("_count") != std::string::npos;
    Json result = Json::array();
    for (const char* path : {"temporal", "direct"}) {
      if (count) {
        result.push_back(
            {{"metric", {{"path", path}, {"outcome", "stored"}}}, {"value", {1, "150.5"}}});
      } else {
        for (const char* le : {"0.5", "+Inf"}) {
          result.push_back({{"metric", {{"path", path}, {"le", le}}}, {"value", {1, "150.5"}}});
        }
      }
    }
    return {200, Json{{"status", "success"}, {"data", {{"result", result}}}}.dump()};
  });
  const Outcome outcome = gantry({"rollout", "compare", "--json", "--window", "1h", "--prometheus",
                                  "http://" + prometheus.address() + "/"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out)["direct"]["ended"], 150.5);
  ASSERT_EQ(prometheus.requests().size(), 2U);
  EXPECT_THAT(prometheus.requests()[0].target,
              HasSubstr("/api/v1/query?query=sum%20by%20%28path%2C%20outcome%29%20%28increase%28"
                        "gantry_ingestion_seconds_count%5B1h%5D%29%29"));
}

TEST_F(RolloutCommand, APrometheusThatRefusesOrIsNoneIsAFailureWithoutAVerdict) {
  FakeHost refuses([&](const FakeHost::Request&) -> FakeHost::Answer {
    return {400, R"({"status":"error","error":"bad duration"})"};
  });
  const Outcome refused =
      gantry({"rollout", "compare", "--prometheus", "http://" + refuses.address()});
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, HasSubstr("bad duration"));
  FakeHost other([&](const FakeHost::Request&) -> FakeHost::Answer { return {200, "hello"}; });
  EXPECT_THAT(gantry({"rollout", "compare", "--prometheus", "http://" + other.address()}).err,
              HasSubstr("is that a Prometheus?"));
}

TEST_F(RolloutCommand, WatchShowsBothPathsOncePerRound) {
  FakeHost host([&](const FakeHost::Request& request) -> FakeHost::Answer {
    return {200, request.target == "/metrics" ? metrics(200, 10) : std::string(kState)};
  });
  const Outcome outcome =
      gantry({"rollout", "watch", "--rounds", "2", "--interval", "1", "--admin", host.address()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("10 %  |  temporal 200 ended, 5.00 % errors"));
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 2);
}

}  // namespace
}  // namespace gantry::cli
