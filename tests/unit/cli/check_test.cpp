#include <nlohmann/json.hpp>

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using plugins::Finding;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

class Check : public CliTest {
 protected:
  Check() {
    hooks.load_sources = [this](const config::Config& config) {
      std::vector<LoadedSource> loaded;
      for (const auto& configured : config.sources) {
        LoadedSource one{configured.id, configured.plugin, "1.0.0", {"gantry.webhook/1"}, {}, {}};
        one.warnings = warnings;
        if (problem.empty() && configured.enabled) {
          one.source = source;
        } else if (configured.enabled) {
          one.problems.push_back(problem);
        }
        loaded.push_back(std::move(one));
      }
      return loaded;
    };
  }

  std::shared_ptr<FakeSource> source = std::make_shared<FakeSource>("frontapp");
  std::string problem;
  std::vector<std::string> warnings;
};

TEST_F(Check, AllGoodExits0AndSaysWhatWasChecked) {
  dir.conf("50-frontapp.toml", "[source]\n");
  source->findings = {{Finding::State::kPass, "the token is accepted", ""}};
  const Outcome outcome = gantry_here({"check"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1 source\n"));
  EXPECT_THAT(outcome.out, HasSubstr("frontapp: plugin frontapp 1.0.0\n"));
  EXPECT_THAT(outcome.out, HasSubstr("frontapp: the token is accepted\n"));
}

TEST_F(Check, AModelThatDoesNotServeFailsTheCheckAndOfflineAsksNone) {
  hooks.check_parts = [](const config::Config&, bool ask) -> std::vector<DoctorRow> {
    if (!ask) return {{DoctorRow::State::kPass, "embedding model", "m at x", ""}};
    return {{DoctorRow::State::kFail, "embedding model", "answered 401", "mend the key"}};
  };
  const Outcome outcome = gantry_here({"check"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("embedding model: answered 401; mend the key\n"));
  EXPECT_EQ(gantry_here({"check", "--offline"}).code, 0);
  const Json json = Json::parse(gantry_here({"check", "--json"}).out);
  EXPECT_EQ(json["parts"][0]["remedy"], "mend the key");
}

TEST_F(Check, EveryConfigurationProblemIsListedWithFileAndLine) {
  const auto host = dir.conf("00-host.toml", "rolout = 1\nrollout = 200\n");
  const Outcome outcome = gantry_here({"check"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr(host + ":1: unknown key rolout"));
  EXPECT_THAT(outcome.out, HasSubstr(host + ":2: rollout: want a whole number"));

  const Json json = Json::parse(gantry_here({"check", "--json"}).out);
  EXPECT_EQ(json["ok"], false);
  ASSERT_EQ(json["problems"].size(), 2u);
  EXPECT_EQ(json["problems"][0]["file"], host);
  EXPECT_EQ(json["problems"][0]["line"], 1);
}

TEST_F(Check, ARefusedPluginFailsTheCheck) {
  dir.conf("50-frontapp.toml", "[source]\n");
  problem = "conf.d/50-frontapp.toml:1: frontapp.so: not an ELF file; build it";
  const Outcome outcome = gantry_here({"check"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("FAIL " + problem));
  const Json json = Json::parse(gantry_here({"check", "--json"}).out);
  EXPECT_EQ(json["sources"][0]["state"], "refused");
  EXPECT_EQ(json["sources"][0]["problems"][0], problem);
}

TEST_F(Check, AFailedFindingFailsAWarningDoesNot) {
  dir.conf("50-frontapp.toml", "[source]\n");
  source->findings = {{Finding::State::kWarn, "the token ends soon", "renew it"}};
  EXPECT_EQ(gantry_here({"check"}).code, 0);
  source->findings.push_back({Finding::State::kFail, "no scope", "grant it"});
  const Outcome outcome = gantry_here({"check"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("frontapp: the token ends soon; renew it"));
  EXPECT_THAT(outcome.out, HasSubstr("frontapp: no scope; grant it"));
}

TEST_F(Check, AWarningOfTheConfigurationIsSaidOfflineTooAndFailsNothing) {
  dir.conf("50-frontapp.toml", "[source]\n");
  warnings = {"conf.d/50-frontapp.toml:3: settings/signing_key: hidden"};
  const Outcome outcome = gantry_here({"check", "--offline"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("warn " + warnings[0] + '\n'));
  const Json json = Json::parse(gantry_here({"check", "--offline", "--json"}).out);
  EXPECT_EQ(json["sources"][0]["state"], "ok");
  EXPECT_EQ(json["sources"][0]["findings"][0]["state"], "warn");
  EXPECT_EQ(json["sources"][0]["findings"][0]["what"], warnings[0]);
}

TEST_F(Check, ACheckThatCannotRunFails) {
  dir.conf("50-frontapp.toml", "[source]\n");
  source->check_error = "the vendor refused the token";
  const Outcome outcome = gantry_here({"check"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("frontapp: the vendor refused the token"));
}

TEST_F(Check, OfflineCallsNoPlugin) {
  dir.conf("50-frontapp.toml", "[source]\n");
  EXPECT_EQ(gantry_here({"check", "--offline"}).code, 0);
  EXPECT_EQ(source->checks, 0);
}

TEST_F(Check, ADisabledSourceIsSaidAndDoesNotFail) {
  dir.conf("50-frontapp.toml", "[source]\nenabled = false\n");
  const Outcome outcome = gantry_here({"check"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("frontapp: disabled in "));
  EXPECT_EQ(source->checks, 0);
}

TEST_F(Check, ExplainShowsValueAndOriginAndNoSecret) {
  const auto file =
      dir.conf("50-frontapp.toml", "[source]\n[settings]\nsigning_key = \"hunter2\"\n");
  environment["TEMPORAL_HOST"] = "server:7233";
  environment["TEMPORAL_API_KEY"] = "hunter2";
  const Outcome outcome = gantry_here({"check", "--explain", "--set", "rollout=5"});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, testing::ContainsRegex("rollout +5 +flag --set rollout\n"));
  EXPECT_THAT(outcome.out,
              testing::ContainsRegex("temporal.address +server:7233 +environment TEMPORAL_HOST\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("temporal.namespace +default +default\n"));
  EXPECT_THAT(outcome.out, HasSubstr("***"));
  EXPECT_THAT(outcome.out, HasSubstr(file + ":3"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("hunter2")));

  const Json json = Json::parse(gantry_here({"check", "--explain", "--json"}).out);
  EXPECT_GT(json["settings"].size(), 40u);
  EXPECT_THAT(json.dump(), Not(HasSubstr("hunter2")));
}

TEST_F(Check, ExplainShowsWhatAutoTakes) {
  hooks.auto_embedder = "minilm";
  EXPECT_THAT(gantry_here({"check", "--explain"}).out,
              testing::ContainsRegex("embedding.embedder +auto -> minilm +default\n"));
  EXPECT_THAT(gantry_here({"check", "--explain", "--set", "embedding.embedder=hashing"}).out,
              testing::ContainsRegex("embedding.embedder +hashing +flag"));
}

TEST_F(Check, DefaultsPrintsAShippedFile) {
  const Outcome outcome = gantry({"check", "--defaults", "10-temporal.toml"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("#task_queue = \"gantry-ingestion\"\n"));
}

}  // namespace
}  // namespace gantry::cli
