#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/plugins/conformance/elf_lint.hpp"
#include "host/plugins/conformance/sample_config.hpp"
#include "host/plugins/conformance/scenario.hpp"
#include "host/plugins/conformance/schema_lint.hpp"

namespace gantry::plugins::conformance {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Scenario, GivesWhatIsWrittenAndDefaultsForTheRest) {
  const auto scenario = parse_scenario(R"({
    "now": "2026-01-14T09:00:00Z",
    "secrets": {"/key": "one", "/list": ["new", "old"]},
    "kv": {"keys": [{"kid": "k1"}], "since": "2026"},
    "http": [{"url": "/a$", "body": {"n": 1}}, {"method": "POST", "url": "b", "status": 429,
             "headers": {"Retry-After": "7"}, "body": "text", "times": 2}],
    "requests": [{"name": "good", "body": "x", "covers_body": true}]})");
  ASSERT_TRUE(scenario) << scenario.error().what;
  EXPECT_TRUE(scenario->present);
  EXPECT_EQ(scenario->now.time_since_epoch().count(), 1'768'381'200'000'000'000);
  EXPECT_THAT(scenario->secrets.at("/list"), ElementsAre("new", "old"));
  EXPECT_EQ(scenario->kv.at("keys"), R"([{"kid":"k1"}])");
  EXPECT_EQ(scenario->kv.at("since"), "2026");
  EXPECT_EQ(scenario->http.at(0).body, R"({"n":1})");
  EXPECT_EQ(scenario->http.at(0).status, 200U);
  EXPECT_EQ(scenario->http.at(1).body, "text");
  EXPECT_EQ(scenario->http.at(1).times, 2U);
  EXPECT_EQ(scenario->requests.at(0).verdict, "accept");
  EXPECT_TRUE(scenario->requests.at(0).covers_body);
}

TEST(Scenario, ATypingErrorIsNamedInsteadOfSwitchingATestOff) {
  for (const auto& [text, word] : {std::pair{R"({"htpp": []})", "htpp"},
                                   {R"({"http": [{"ulr": "x"}]})", "http[0]"},
                                   {R"({"http": [{"url": "("}]})", "regular expression"},
                                   {R"({"http": [{"status": 99}]})", "status"},
                                   {R"({"now": "today"})", "now"},
                                   {R"({"requests": [{"verdict": "maybe"}]})", "verdict"},
                                   {R"({"secrets": {"/a": [1]}})", "/a"},
                                   {R"({"kv": []})", "kv"},
                                   {"{", "file"}}) {
    const auto scenario = parse_scenario(text);
    ASSERT_FALSE(scenario) << text;
    EXPECT_THAT(scenario.error().what, HasSubstr(word));
  }
}

TEST(SampleConfig, TakesRequiredFieldsAndSecretsFirst) {
  const auto configs = make_configs(R"({"type": "object", "required": ["account", "size"],
    "properties": {
      "account": {"type": "string", "minLength": 8},
      "size": {"type": "integer", "minimum": 5},
      "key": {"type": "string", "x-gantry-secret": true},
      "mode": {"enum": ["slow", "fast"]}}})",
                                    1);
  ASSERT_THAT(configs, testing::SizeIs(3));
  EXPECT_EQ(configs[0].json, R"({"account":"acmexxxx","key":"env:GANTRY_CHECK_SECRET","size":5})");
  EXPECT_EQ(configs[1].json, R"({"account":"acmexxxx","size":5})");
  EXPECT_THAT(configs[2].json, HasSubstr(R"("mode":"slow")"));
  EXPECT_THAT(configs[0].secrets.at("/key"), ElementsAre(canary("/key", 1)));
  EXPECT_THAT(configs[1].secrets, IsEmpty());
}

TEST(SampleConfig, FollowsPatternsReferencesAndAlternatives) {
  const auto configs = make_configs(R"({"type": "object",
    "definitions": {"code": {"type": "string", "pattern": "^[A-Z]{2}D$"}},
    "properties": {"currency": {"$ref": "#/definitions/code"}, "a": {"type": "string"},
                   "b": {"type": "boolean"}},
    "required": ["currency"], "oneOf": [{"required": ["b"]}, {"required": ["a"]}]})",
                                    1);
  ASSERT_FALSE(configs.empty());
  EXPECT_EQ(configs[0].json, R"({"b":false,"currency":"USD"})");
  EXPECT_EQ(configs[1].json, R"({"a":"acme","currency":"USD"})");
}

TEST(SampleConfig, APluginThatAsksForMoreGetsIt) {
  const std::string schema = R"({"type": "object", "properties": {
    "key": {"type": "array", "items": {"type": "string"}, "x-gantry-secret": true}}})";
  const auto more = with_field(schema, {"{}", {}}, "/key", 1);
  ASSERT_TRUE(more);
  EXPECT_EQ(more->json, R"({"key":["env:GANTRY_CHECK_SECRET"]})");
  EXPECT_FALSE(with_field(schema, *more, "/key", 1)) << "it is there already";
  EXPECT_FALSE(with_field(schema, {"{}", {}}, "/other", 1));
}

TEST(SampleConfig, EverySecretOfAGivenConfigurationGetsCanaries) {
  const auto config = config_of(R"({"properties": {
      "keys": {"type": "array", "x-gantry-secret": true},
      "login": {"type": "object", "properties": {"word": {"x-gantry-secret": true}}}}})",
                                R"({"keys": ["env:A", "env:B"], "login": {"word": "file:/x"}})", 1);
  EXPECT_THAT(config.secrets.at("/keys"), ElementsAre(canary("/keys", 1), canary("/keys", 1, 1)));
  EXPECT_THAT(config.secrets.at("/login/word"), ElementsAre(canary("/login/word", 1)));
  EXPECT_NE(canary("/keys", 1), canary("/keys", 2));
  EXPECT_EQ(canary("/keys", 1).size(), 40U);
}

TEST(SchemaLint, AcceptsDraft07AndNamesWhatIsNone) {
  EXPECT_EQ(check_meta_schema(R"({"type": ["string", "array"], "items": {"minLength": 1},
    "anyOf": [{"required": ["a"]}], "dependencies": {"a": ["b"]}, "definitions": {"x": true}})"),
            "");
  EXPECT_THAT(check_meta_schema(R"({"type": 42})"), HasSubstr("/type"));
  EXPECT_THAT(check_meta_schema(R"({"type": "text"})"), HasSubstr("/type"));
  EXPECT_THAT(check_meta_schema(R"({"required": "a"})"), HasSubstr("/required"));
  EXPECT_THAT(check_meta_schema(R"({"properties": {"a": {"minLength": -1}}})"),
              HasSubstr("/properties/a/minLength"));
  EXPECT_THAT(check_meta_schema(R"({"properties": {"a": {"enum": []}}})"),
              HasSubstr("/properties/a/enum"));
}

TEST(SchemaLint, ACredentialByNameMustSayWhetherItIsOne) {
  EXPECT_THAT(unmarked_credentials(R"({"properties": {
      "password": {"type": "string"},
      "login": {"type": "object", "properties": {"api_key": {"type": "string"}}},
      "keys": {"type": "array", "items": {"properties": {"secret": {}}}}}})"),
              testing::UnorderedElementsAre("/password", "/login/api_key", "/keys/secret"));
  EXPECT_THAT(unmarked_credentials(R"({"properties": {
      "password": {"type": "string", "x-gantry-secret": true},
      "token": {"type": "string", "x-gantry-secret": false},
      "token_url": {"type": "string"}, "signature_header": {"type": "string"},
      "token_lifetime_seconds": {"type": "integer"}, "key": {"type": "array"},
      "signatures": {"type": "array", "items": {"enum": ["v1", "v2"]}},
      "signature": {"type": "object", "properties": {"mode": {"enum": ["v1", "v2"]}}}}})"),
              IsEmpty());
}

TEST(ElfLint, ComparesVersionsAsNumbers) {
  EXPECT_FALSE(newer_than_floor("GLIBC_2.36"));
  EXPECT_FALSE(newer_than_floor("GLIBC_2.4"));
  EXPECT_TRUE(newer_than_floor("GLIBC_2.38"));
  EXPECT_TRUE(newer_than_floor("GLIBC_3.0"));
  EXPECT_FALSE(newer_than_floor("GLIBCXX_3.4.9"));
  EXPECT_TRUE(newer_than_floor("GLIBCXX_3.4.31"));
  EXPECT_FALSE(newer_than_floor("GLIBC_PRIVATE"));
  EXPECT_FALSE(newer_than_floor("GCC_3.0"));
}

}  // namespace
}  // namespace gantry::plugins::conformance
