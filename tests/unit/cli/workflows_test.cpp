#include <nlohmann/json.hpp>

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

constexpr const char* kTwo = R"({"filter":"f","total":7,"workflows":[
  {"id":"webhook:front:evt_1","run":"r","type":"WebhookIngestionWorkflow","state":"completed",
   "status":"completed","source":"front","priority":"normal","document":"",
   "started":"2026-01-16T14:02:11.123456789Z","closed":"2026-01-16T14:02:12.5Z"},
  {"id":"poll:plaid","run":"r","type":"PollingWorkflow","state":"running","status":"",
   "source":"plaid","priority":"","document":"","started":"2026-01-16T14:02:11Z"}]})";

struct WorkflowsCommand : CliTest {
  Outcome ask(const char* answer, std::vector<std::string> more = {}) {
    FakeHost host([&](const FakeHost::Request& request) -> FakeHost::Answer {
      target = request.target;
      return {200, answer};
    });
    std::vector<std::string> line = {"workflows", "--admin", host.address()};
    line.insert(line.end(), more.begin(), more.end());
    return gantry(line);
  }
  std::string target;
};

TEST_F(WorkflowsCommand, PrintsATableAndSaysThatThereAreMore) {
  const Outcome outcome = ask(kTwo);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("webhook:front:evt_1  WebhookIngestionWorkflow  completed"));
  EXPECT_THAT(outcome.out, HasSubstr("2026-01-16T14:02:11Z  2026-01-16T14:02:12Z"));
  EXPECT_THAT(outcome.out, HasSubstr("plaid   -         2026-01-16T14:02:11Z  -"));
  EXPECT_THAT(outcome.err, HasSubstr("the newest 2 of 7"));
  EXPECT_EQ(target, "/workflows?limit=20");
}

TEST_F(WorkflowsCommand, EveryFilterReachesTheHostEscaped) {
  ask(kTwo, {"--source", "a&b", "--status", "waiting", "--state", "running", "--priority", "high",
             "--document", "x:y/z", "--type", "T", "--query", "A = 'b'", "--limit", "3"});
  EXPECT_EQ(target,
            "/workflows?limit=3&source=a%26b&status=waiting&state=running&priority=high"
            "&document=x%3Ay%2Fz&type=T&query=A%20%3D%20%27b%27");
}

TEST_F(WorkflowsCommand, NoneIsSaidOnStandardErrorAndIsNoFailure) {
  const Outcome outcome = ask(R"({"filter":"f","total":0,"workflows":[]})");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("no workflow is like that"));
  EXPECT_EQ(Json::parse(ask(kTwo, {"--json"}).out), Json::parse(kTwo));
}

}  // namespace
}  // namespace gantry::cli
