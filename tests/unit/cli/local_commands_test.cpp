#include <nlohmann/json.hpp>

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

struct LocalCommands : CliTest {};

TEST_F(LocalCommands, RunGetsTheConfigurationAndTheInputsForAReload) {
  dir.conf("00-host.toml", "rollout = 10\n");
  int rollout = -1, reloaded = -1;
  bool strict = false;
  hooks.run = [&](const config::Config& config, const RunOptions& options) {
    rollout = config.host.rollout;
    strict = config.host.strict;
    dir.conf("00-host.toml", "rollout = 20\n");
    reloaded = config::load(options.inputs)->host.rollout;
    return 7;
  };
  const Outcome outcome = gantry_here({"run", "--strict"});
  EXPECT_EQ(outcome.code, 7);
  EXPECT_EQ(rollout, 10);
  EXPECT_TRUE(strict);
  EXPECT_EQ(reloaded, 20);
}

TEST_F(LocalCommands, ASettingOnTheCommandLineBeatsTheFile) {
  dir.conf("00-host.toml", "rollout = 10\n");
  hooks.run = [](const config::Config& config, const RunOptions&) { return config.host.rollout; };
  EXPECT_EQ(gantry_here({"run", "--set", "rollout=42", "--set", "temporal.namespace=x=y"}).code, 1);
  EXPECT_EQ(gantry_here({"run", "--set", "rollout=42", "--set", "temporal.namespace=x"}).code, 42);
  EXPECT_EQ(gantry_here({"run"}).code, 10);
}

TEST_F(LocalCommands, ABrokenConfigurationStopsEveryCommandWithFileAndLine) {
  const auto file = dir.conf("00-host.toml", "rolout = 10\n");
  bool ran = false;
  hooks.run = [&](const config::Config&, const RunOptions&) { return ran = true, 0; };
  hooks.hello = [&](const config::Config&, const std::string&) -> Result<std::string> {
    ran = true;
    return std::string();
  };
  for (const char* command : {"run", "hello"}) {
    const Outcome outcome = gantry_here({command});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr(file + ":1: unknown key rolout"));
    EXPECT_THAT(outcome.err, HasSubstr("1 problem"));
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_FALSE(ran);
}

TEST_F(LocalCommands, AWarningIsSaidAndDoesNotStop) {
  dir.conf("10-t.toml", "[temporal.tls]\nenabled = true\n");
  hooks.run = [](const config::Config&, const RunOptions&) { return 0; };
  const Outcome outcome = gantry_here({"run"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("warning: "));
}

TEST_F(LocalCommands, HelloPrintsTheGreetingAndNothingElse) {
  std::string asked;
  hooks.hello = [&](const config::Config&, const std::string& name) -> Result<std::string> {
    asked = name;
    return "Hello, " + name + "!";
  };
  EXPECT_EQ(gantry_here({"hello", "Ada"}).out, "Hello, Ada!\n");
  EXPECT_EQ(asked, "Ada");
  EXPECT_EQ(gantry_here({"hello", ""}).code, 0);
  EXPECT_EQ(asked, "");
  EXPECT_EQ(Json::parse(gantry_here({"hello", "Ada", "--json"}).out)["greeting"], "Hello, Ada!");
}

TEST_F(LocalCommands, AFailedGreetingGivesItsReasonWithControlCharactersEscaped) {
  hooks.hello = [](const config::Config&, const std::string&) -> Result<std::string> {
    return Error{ErrorKind::kUnavailable, "engine at 127.0.0.1:7233 is away", "refused\x1b[2J"};
  };
  const Outcome outcome = gantry_here({"hello"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "gantry: engine at 127.0.0.1:7233 is away: \"refused\\x1b[2J\"\n");
}

TEST_F(LocalCommands, DemoGetsItsOptions) {
  DemoOptions got;
  hooks.demo = [&](const config::Config&, const DemoOptions& options) {
    got = options;
    return 3;
  };
  EXPECT_EQ(gantry_here({"demo", "--keep", "--dir", "/x", "--json"}).code, 3);
  EXPECT_TRUE(got.keep);
  EXPECT_TRUE(got.json);
  EXPECT_EQ(got.directory, "/x");
}

TEST_F(LocalCommands, VersionNamesEveryPart) {
  hooks.versions = {"0.1.0", "0.10.1", "1.0", "b7"};
  const Outcome outcome = gantry({"version"});
  EXPECT_EQ(outcome.out,
            "gantry         0.1.0\n"
            "temporal core  0.10.1\n"
            "plugin abi     1.0\n"
            "build id       b7\n");
  const Json json = Json::parse(gantry({"version", "--json"}).out);
  EXPECT_EQ(json,
            Json::parse(R"({"version":"0.1.0","core":"0.10.1","abi":"1.0","build_id":"b7"})"));
}

TEST_F(LocalCommands, PluginInspectShowsTheManifestAndMarksSecrets) {
  std::string asked;
  hooks.inspect_plugin = [&](const std::string& file) -> Result<std::string> {
    asked = file;
    return std::string(R"({"id":"frontapp","version":"1.0.0","description":"Front",
      "capabilities":["gantry.webhook/1","gantry.check/1"],"services":["gantry.crypto/1"],
      "config_schema":{"properties":{
        "signing_key":{"type":"string","x-gantry-secret":true,"description":"Key"},
        "tolerance":{"type":"integer","default":300,"description":"Window"}}}})");
  };
  const Outcome outcome = gantry({"plugin", "inspect", "/x/frontapp.so"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(asked, "/x/frontapp.so");
  EXPECT_THAT(outcome.out, HasSubstr("capabilities  gantry.webhook/1, gantry.check/1\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("signing_key +secret +Key"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("tolerance +integer +default 300 +Window"));
  EXPECT_EQ(Json::parse(gantry({"plugin", "inspect", "x", "--json"}).out)["id"], "frontapp");
}

TEST_F(LocalCommands, ARefusedPluginFileExits1WithTheReason) {
  hooks.inspect_plugin = [](const std::string& file) -> Result<std::string> {
    return Error{ErrorKind::kInvalid, file + " is not an ELF file"};
  };
  const Outcome outcome = gantry({"plugin", "inspect", "README.md"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "gantry: README.md is not an ELF file\n");
}

}  // namespace
}  // namespace gantry::cli
