#include "host/config/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/unit/config/conf_dir.hpp"

namespace gantry::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using Json = nlohmann::json;

constexpr char kSchema[] = R"({"type":"object","properties":{
  "zone": {"type":"string"},
  "signing_key": {"type":"array","items":{"type":"string"},"x-gantry-secret":"webhook"},
  "api_token": {"type":"string","x-gantry-secret":true},
  "plain": {"type":"string","x-gantry-secret":false},
  "accounts": {"type":"array","items":{"type":"object","properties":{
     "name":{"type":"string"}, "token":{"type":"string","x-gantry-secret":true}}}},
  "oauth": {"type":"object","properties":{
     "client/secret":{"type":"string","x-gantry-secret":true}}}}})";

class Secrets : public testing::Test {
 protected:
  SourceConfig source(const std::string& settings, const std::string& name = "50-front-ops.toml") {
    file_ = dir_.conf(name, "[source]\n[settings]\n" + settings);
    const auto config = load(dir_.inputs());
    EXPECT_TRUE(config) << config.error().text();
    return config->sources.at(0);
  }
  std::string secret_file(const std::string& text, mode_t mode) {
    const auto path = dir_.write("key", text);
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::vector<std::string> problems(const std::string& settings, const Environment& environment) {
    const auto resolved = resolve_secrets(source(settings), kSchema, environment);
    std::vector<std::string> lines;
    if (!resolved) {
      for (const auto& problem : resolved.error().items) lines.push_back(problem.text());
    }
    return lines;
  }

  ConfDir dir_;
  std::string file_;
};

TEST_F(Secrets, EveryMarkedPropertyIsResolvedAndTheSettingsKeepReferences) {
  const std::string path = secret_file("from-file\n", 0600);
  const auto resolved =
      resolve_secrets(source("zone = \"env:NOT_A_SECRET\"\n"
                             "signing_key = [\"env:NEW\", \"file:" +
                             path +
                             "\"]\n"
                             "plain = \"value\"\n"
                             "[settings.oauth]\n\"client/secret\" = \"env:OAUTH\"\n"
                             "[[settings.accounts]]\nname = \"a\"\ntoken = \"env:NEW\"\n"),
                      kSchema, {{"NEW", "n"}, {"OAUTH", "o"}});
  ASSERT_TRUE(resolved) << resolved.error().text();
  EXPECT_THAT(resolved->secrets, ElementsAre(Pair("/accounts/0/token", ElementsAre("n")),
                                             Pair("/oauth/client~1secret", ElementsAre("o")),
                                             Pair("/signing_key", ElementsAre("n", "from-file"))));
  const Json settings = Json::parse(resolved->settings);
  EXPECT_EQ(settings["signing_key"][0], "env:NEW");
  EXPECT_EQ(settings["zone"], "env:NOT_A_SECRET");
}

TEST_F(Secrets, ALiteralIsRefusedAtItsLineAndNotShown) {
  const auto lines = problems("zone = \"x\"\napi_token = \"hunter2\"\n", {});
  EXPECT_THAT(lines, ElementsAre(HasSubstr(file_ + ":4: settings/api_token: the secret itself is "
                                                   "written here")));
  EXPECT_THAT(lines[0], Not(HasSubstr("hunter2")));
}

TEST_F(Secrets, AllProblemsComeAtOnceEachWithItsLine) {
  const auto lines = problems(
      "signing_key = [\n  \"env:UNSET\",\n  \"file:/nonexistent/key\",\n  5,\n]\n"
      "api_token = \"env:EMPTY\"\n",
      {{"EMPTY", ""}});
  EXPECT_THAT(lines,
              testing::UnorderedElementsAre(
                  HasSubstr(file_ + ":4: settings/signing_key: the variable UNSET is not set"),
                  HasSubstr(file_ + ":5: settings/signing_key: secret file /nonexistent/key"),
                  HasSubstr(file_ + ":6: settings/signing_key: want a reference"),
                  HasSubstr(file_ + ":8: settings/api_token: the variable EMPTY is set to "
                                    "nothing")));
}

TEST_F(Secrets, AListForASingleTextIsARotationAndTheSettingsKeepItsNewest) {
  const auto resolved = resolve_secrets(source("api_token = [\"env:NEW\", \"env:OLD\"]\n"), kSchema,
                                        {{"NEW", "n"}, {"OLD", "o"}});
  ASSERT_TRUE(resolved) << resolved.error().text();
  EXPECT_THAT(resolved->secrets, ElementsAre(Pair("/api_token", ElementsAre("n", "o"))));
  EXPECT_EQ(Json::parse(resolved->settings)["api_token"], "env:NEW");
}

TEST_F(Secrets, AnEmptyListIsNoSecret) {
  EXPECT_THAT(problems("signing_key = []\n", {}), ElementsAre(HasSubstr("no secret in the list")));
}

TEST_F(Secrets, AFileThatOthersMayReadIsRefusedWithTheCommandThatMendsIt) {
  for (const mode_t mode : {0644u, 0640u, 0604u, 0620u, 0602u}) {
    const std::string path = secret_file("s", mode);
    const auto secret = resolve_secret("file:" + path, {});
    ASSERT_FALSE(secret) << std::oct << mode;
    EXPECT_EQ(secret.error().kind, ErrorKind::kDenied);
    EXPECT_THAT(secret.error().what, HasSubstr("chmod 600 " + path));
  }
  for (const mode_t mode : {0600u, 0400u}) {
    EXPECT_EQ(resolve_secret("file:" + secret_file("s", mode), {}).value(), "s");
  }
}

TEST_F(Secrets, OneFinalNewlineOfAFileIsNotPartOfTheSecret) {
  EXPECT_EQ(resolve_secret("file:" + secret_file("a b \n", 0600), {}).value(), "a b ");
  EXPECT_EQ(resolve_secret("file:" + secret_file("a\r\n", 0600), {}).value(), "a");
  EXPECT_FALSE(resolve_secret("file:" + secret_file("\n", 0600), {}));
  EXPECT_FALSE(resolve_secret("file:" + dir_.path("conf.d"), {}));
  EXPECT_FALSE(resolve_secret("plain", {}));
}

TEST_F(Secrets, TheSourcesVariableTakesThePlaceOfTheWebhookSecret) {
  const Environment environment = {{"FRONT_OPS_WEBHOOK_SECRET", "w"}, {"OLD", "old"}};
  for (const char* settings : {"", "signing_key = [\"env:OLD\"]\n"}) {
    const auto resolved = resolve_secrets(source(settings), kSchema, environment);
    ASSERT_TRUE(resolved) << resolved.error().text();
    EXPECT_THAT(resolved->secrets, ElementsAre(Pair("/signing_key", ElementsAre("w"))));
    EXPECT_EQ(Json::parse(resolved->settings)["signing_key"],
              Json::array({"env:FRONT_OPS_WEBHOOK_SECRET"}));
    EXPECT_EQ(resolved->warning.has_value(), settings[0] != '\0');
  }
  const auto hidden =
      resolve_secrets(source("signing_key = [\"env:OLD\"]\n"), kSchema, environment)->warning;
  EXPECT_THAT(hidden->text(), HasSubstr("50-front-ops.toml:3: settings/signing_key: the variable"
                                        " FRONT_OPS_WEBHOOK_SECRET is set and hides"));
}

TEST_F(Secrets, AListThatNamesTheSourcesVariableIsLeftWhole) {
  const auto resolved =
      resolve_secrets(source("signing_key = [\"env:NEW\", \"env:FRONT_OPS_WEBHOOK_SECRET\"]\n"),
                      kSchema, {{"NEW", "new"}, {"FRONT_OPS_WEBHOOK_SECRET", "w"}});
  ASSERT_TRUE(resolved) << resolved.error().text();
  EXPECT_THAT(resolved->secrets, ElementsAre(Pair("/signing_key", ElementsAre("new", "w"))));
  EXPECT_FALSE(resolved->warning);
}

TEST_F(Secrets, WithoutAWebhookMarkTheFirstSecretOfTheSchemaIsTheMainOne) {
  // "z" stands before "a": the schema's order counts, not the alphabet's.
  constexpr char kTwo[] = R"({"properties":{"z":{"type":"string","x-gantry-secret":true},
                             "a":{"type":"string","x-gantry-secret":true}}})";
  const auto resolved = resolve_secrets(source("a = \"env:A\"\n"), kTwo,
                                        {{"A", "1"}, {"FRONT_OPS_WEBHOOK_SECRET", "2"}});
  ASSERT_TRUE(resolved) << resolved.error().text();
  EXPECT_THAT(resolved->secrets,
              ElementsAre(Pair("/a", ElementsAre("1")), Pair("/z", ElementsAre("2"))));
  EXPECT_EQ(Json::parse(resolved->settings)["z"], "env:FRONT_OPS_WEBHOOK_SECRET");
}

TEST_F(Secrets, ASchemaWithoutSecretsIgnoresTheVariable) {
  const auto resolved = resolve_secrets(source("zone = \"x\"\n"), R"({"properties":{}})",
                                        {{"FRONT_OPS_WEBHOOK_SECRET", "w"}});
  ASSERT_TRUE(resolved);
  EXPECT_TRUE(resolved->secrets.empty());
}

TEST_F(Secrets, AMainSecretInATableThatIsNoTableIsLeftToTheSchema) {
  constexpr char kNested[] = R"({"properties":{"oauth":{"type":"object","properties":{
                                "key":{"type":"string","x-gantry-secret":true}}}}})";
  const Environment environment = {{"FRONT_OPS_WEBHOOK_SECRET", "w"}};
  const auto resolved = resolve_secrets(source("oauth = \"x\"\n"), kNested, environment);
  ASSERT_TRUE(resolved) << resolved.error().text();
  EXPECT_EQ(Json::parse(resolved->settings)["oauth"], "x");
  EXPECT_THAT(resolve_secrets(source(""), kNested, environment)->secrets,
              ElementsAre(Pair("/oauth/key", ElementsAre("w"))));
}

TEST_F(Secrets, ABrokenSchemaIsTheConnectorsFault) {
  const auto resolved = resolve_secrets(source(""), "[", {});
  ASSERT_FALSE(resolved);
  EXPECT_THAT(resolved.error().text(), HasSubstr("config_schema is no JSON object"));
}

TEST(WebhookSecretVariable, IsTheSourceInCapitals) {
  EXPECT_EQ(webhook_secret_variable("front-ops"), "FRONT_OPS_WEBHOOK_SECRET");
  EXPECT_EQ(webhook_secret_variable("turvo"), "TURVO_WEBHOOK_SECRET");
}

}  // namespace
}  // namespace gantry::config
