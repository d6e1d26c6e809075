#include <atomic>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

struct ReconcileCommand : CliTest {
  /// The host answers `state` once the round is over.
  Outcome ask(std::string state, std::vector<std::string> more = {}) {
    std::atomic<int> asked = 0;
    FakeHost host([&](const FakeHost::Request& request) -> FakeHost::Answer {
      if (request.method == "POST") return {202, R"({"round":3})"};
      if (asked++ == 0) return {200, R"({"round":2,"running":true,"seen":500,"documents":900})"};
      return {200, state};
    });
    std::vector<std::string> line = {"reconcile", "--admin", host.address()};
    line.insert(line.end(), more.begin(), more.end());
    return gantry(line);
  }
};

TEST_F(ReconcileCommand, Exits0WhereNothingDiffers) {
  const Outcome outcome =
      ask(R"({"round":3,"documents":1000,"count":0,"differences":[],"problems":[]})");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("1000 documents compared, 0 differences"));
}

TEST_F(ReconcileCommand, PrintsTheDifferencesAndExits1) {
  const char* state = R"({"round":3,"documents":2,"count":1,"problems":[],"differences":[
    {"kind":"document_missing","subject":"edi:order:1","detail":"documents v1, graph none"}]})";
  const Outcome outcome = ask(state);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out,
            "KIND              SUBJECT      DETAIL\n"
            "document_missing  edi:order:1  documents v1, graph none\n");
  const Outcome json = ask(state, {"--json"});
  EXPECT_EQ(json.code, 1);
  EXPECT_EQ(Json::parse(json.out), Json::parse(state));
}

TEST_F(ReconcileCommand, WhatCouldNotBeComparedIsNoSuccess) {
  const Outcome outcome =
      ask(R"({"round":3,"differences":[],"problems":["graph/neo4j: away\u001b[2J"]})");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("not compared: graph/neo4j: away\\x1b[2J"));
}

}  // namespace
}  // namespace gantry::cli
