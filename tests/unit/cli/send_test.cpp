#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

class Send : public CliTest {
 protected:
  Send() {
    dir.conf("00-host.toml", "[ingress]\nlisten = \"" + door.address() + "\"\n");
    dir.conf("50-frontapp.toml", "[source]\n");
    dir.conf("60-other.toml", "[source]\n");
    hooks.load_sources = [this](const config::Config& config) {
      loaded = config.sources.size();
      LoadedSource one{config.sources.at(0).id, "fake", "1", {}, {}, {}};
      if (refusal.empty()) {
        one.source = source;
      } else {
        one.problems = {refusal};
      }
      return std::vector<LoadedSource>{one};
    };
  }

  /// Answers as the door does: 401 where the signature is not over the body that came.
  FakeHost::Answer answer(const FakeHost::Request& request) {
    if (request.header("X-Signature") != "over " + std::to_string(request.body.size()) + " bytes") {
      return {401, R"({"error":"unauthorized"})"};
    }
    const std::string id = Json::parse(request.body)["id"];
    const bool duplicate = !ids.insert(id).second;
    return {202, Json{{"delivery", id}, {"duplicate", duplicate}}.dump()};
  }

  std::set<std::string> ids;
  FakeHost door{[this](const FakeHost::Request& request) { return answer(request); }};
  std::shared_ptr<FakeSource> source = std::make_shared<FakeSource>("frontapp");
  std::string refusal;
  std::size_t loaded = 0;
};

TEST_F(Send, PostsTheFilesBytesWithThePluginsSignature) {
  const std::string body = "{ \"id\":\"evt_1\",\n \"n\": 1.50 }\n";
  const Outcome outcome = gantry_here({"send", "frontapp", dir.write("e.json", body)});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "202 {\"delivery\":\"evt_1\",\"duplicate\":false}\n");
  ASSERT_EQ(door.requests().size(), 1u);
  EXPECT_EQ(door.requests()[0].body, body);
  EXPECT_EQ(door.requests()[0].target, "/webhooks/frontapp");
  EXPECT_EQ(door.requests()[0].header("Content-Type"), "application/json");
  EXPECT_EQ(loaded, 1u) << "only the named source's plugin is loaded";
}

TEST_F(Send, ATamperedBodyMustBeRefused) {
  const std::string file = dir.write("e.json", R"({"id":"evt_1"})");
  const Outcome outcome = gantry_here({"send", "frontapp", file, "--tamper"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, testing::StartsWith("401 "));
}

TEST_F(Send, ATamperedBodyThatIsTakenIsAFailure) {
  FakeHost careless([](const FakeHost::Request&) { return FakeHost::Answer{202, "{}"}; });
  const std::string file = dir.write("e.json", R"({"id":"evt_1"})");
  EXPECT_EQ(gantry_here({"send", "frontapp", file, "--tamper", "--url",
                         "http://" + careless.address() + "/webhooks/frontapp"})
                .code,
            1);
}

TEST_F(Send, TheSameSampleManyTimesIsOneDeliveryAndDuplicates) {
  const std::string file = dir.write("e.json", R"({"id":"evt_1"})");
  const Outcome outcome = gantry_here({"send", "frontapp", file, "--count", "5"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "202 x 5\nduplicates 4\n");
}

TEST_F(Send, UniqueMakesEachADeliveryOfItsOwn) {
  const std::string file = dir.write("e.json", R"({"id":"evt_1","t":{"id":"msg_1"}})");
  const Outcome outcome =
      gantry_here({"send", "frontapp", file, "--count", "5", "--unique", "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["answers"]["202"], 5);
  EXPECT_EQ(json["duplicates"], 0);
  EXPECT_EQ(json["deliveries"].size(), 5u);
  EXPECT_EQ(ids.size(), 5u);
}

TEST_F(Send, AnAnswerOtherThan2xxIsAFailure) {
  FakeHost full([](const FakeHost::Request&) { return FakeHost::Answer{503, "{}"}; });
  const std::string file = dir.write("e.json", R"({"id":"evt_1"})");
  const Outcome outcome =
      gantry_here({"send", "frontapp", file, "--url", "http://" + full.address() + "/x"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "503 {}\n");
}

TEST_F(Send, WhatStandsInTheWayIsNamed) {
  const std::string file = dir.write("e.json", R"({"id":"evt_1"})");
  EXPECT_THAT(gantry_here({"send", "nobody", file}).err, HasSubstr("no source is called nobody"));
  EXPECT_THAT(gantry_here({"send", "frontapp", dir.path("none")}).err, HasSubstr("cannot be read"));
  refusal = "conf.d/50-frontapp.toml:3: the variable X is not set";
  const Outcome outcome = gantry_here({"send", "frontapp", file});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr(refusal));
}

}  // namespace
}  // namespace gantry::cli
