#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/frontapp/front_samples.hpp"

namespace gantry::front {
namespace {

using nlohmann::json;

void expect_refused(std::string_view config, std::string_view pointer) {
  const test::Source source(plugin(), config);
  EXPECT_EQ(source.status, GANTRY_CONFIG) << config;
  EXPECT_EQ(source.error.pointer, pointer) << config;
  EXPECT_FALSE(source.error.message.empty());
}

TEST(FrontConfig, OneSecretIsEnough) {
  EXPECT_EQ(test::Source(plugin(), R"({"signing_key":"env:A"})").status, GANTRY_OK);
  EXPECT_EQ(test::Source(plugin(), R"({"rule_secret":"env:A"})").status, GANTRY_OK);
}

TEST(FrontConfig, NoSecretIsRefused) {
  expect_refused("{}", "/signing_key");
  expect_refused(R"({"signing_key":null})", "/signing_key");
  expect_refused(R"({"rule_secret":"env:A","mode":"application"})", "/signing_key");
  expect_refused(R"({"signing_key":"env:A","mode":"rule"})", "/rule_secret");
}

TEST(FrontConfig, AValueOutsideItsChoicesNamesItsField) {
  expect_refused(R"({"signing_key":"env:A","mode":"both"})", "/mode");
  expect_refused(R"({"signing_key":"env:A","mode":1})", "/mode");
  expect_refused(R"({"signing_key":"env:A","challenge":"xml"})", "/challenge");
  for (const auto* tolerance : {"0", "-1", "3601", "0.5", "\"300\"", "true", "1e99", "[]"}) {
    expect_refused(std::string(R"({"signing_key":"env:A","tolerance":)") + tolerance + "}",
                   "/tolerance");
  }
}

TEST(FrontConfig, TextThatIsNoObjectIsRefused) {
  for (const auto* config : {"", "[]", "null", "{", "{\"signing_key\":"})
    expect_refused(config, "");
}

TEST(FrontConfig, TheToleranceIsTakenInSeconds) {
  const test::Source source(plugin(), R"({"signing_key":"env:A","tolerance":2})");
  EXPECT_EQ(source.verify(application(kBodyF, kKey, kNowMs - 2'000)).decision,
            GANTRY_VERDICT_ACCEPT);
  EXPECT_EQ(source.verify(application(kBodyF, kKey, kNowMs - 2'001)).reason, "stale");
}

TEST(FrontConfig, TwoSourcesKeepTheirOwnSettings) {
  test::Plugin& loaded = plugin();
  const test::Source json_source(loaded, R"({"signing_key":"env:A"})");
  const test::Source text_source(loaded, R"({"signing_key":"env:A","challenge":"text"})");
  test::Request request = application(R"({"type":"sync","authorization":{"id":"cmp_1"}})");
  request.headers.push_back({"x-front-challenge", "c"});
  EXPECT_EQ(json_source.verify(request).reply_body, R"({"challenge":"c"})");
  EXPECT_EQ(text_source.verify(request).reply_body, "c");
}

TEST(FrontManifest, EveryNamedCapabilityIsThereAndNoOther) {
  test::Plugin& loaded = plugin();
  const test::Source source(loaded, kConfig);
  const json manifest = json::parse(test::text(loaded.abi().manifest));
  EXPECT_EQ(manifest["id"], test::text(loaded.abi().id));
  EXPECT_EQ(manifest["version"], test::text(loaded.abi().version));
  const auto named = manifest["capabilities"].get<std::vector<std::string>>();
  for (const std::string& id : std::vector<std::string>{
           GANTRY_CAP_WEBHOOK, GANTRY_CAP_CHECK, GANTRY_CAP_POLLER, GANTRY_CAP_STREAM,
           GANTRY_CAP_BATCH, "gantry.webhook/2", "gantry.webhook/1x", ""}) {
    const bool is_named = std::find(named.begin(), named.end(), id) != named.end();
    EXPECT_EQ(source.capability<void>(id) != nullptr, is_named) << id;
  }
}

TEST(FrontManifest, TheSecretsAndNothingElseAreMarkedSecret) {
  const json manifest = json::parse(test::text(plugin().abi().manifest));
  for (const auto& [name, property] : manifest["config_schema"]["properties"].items()) {
    EXPECT_EQ(property.contains("x-gantry-secret"), name == "signing_key" || name == "rule_secret")
        << name;
    EXPECT_FALSE(property.value("description", "").empty()) << name;
  }
  // <SOURCE>_WEBHOOK_SECRET in the environment is this one.
  EXPECT_EQ(manifest["config_schema"]["properties"]["signing_key"]["x-gantry-secret"], "webhook");
}

TEST(FrontManifest, TheEntryIsPureAndOfThisAbi) {
  const gantry_plugin& abi = plugin().abi();
  EXPECT_EQ(abi.magic, GANTRY_PLUGIN_MAGIC);
  EXPECT_EQ(abi.struct_size, sizeof(gantry_plugin));
  EXPECT_EQ(abi.abi_tag, GANTRY_ABI_TAG);
  EXPECT_EQ(abi.abi_major, 1);
  EXPECT_EQ(abi.abi_minor, 0);
}

std::vector<test::Finding> check(std::vector<std::string> values) {
  test::Plugin& loaded = plugin();
  loaded.world().secrets = {{"/signing_key", std::move(values)}};
  return test::Source(loaded, R"({"signing_key":"env:A"})").check();
}

TEST(FrontCheck, GoodSecretsPass) {
  const auto one = check({std::string(kKey)});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].state, GANTRY_CHECK_PASS);
  const auto two = check({std::string(kKey), "the-old-signing-key"});
  ASSERT_EQ(two.size(), 1u);
  EXPECT_EQ(two[0].what, "signing_key, 2 active values");
}

TEST(FrontCheck, AMissingOrBlankSecretFailsAndAnOddOneWarns) {
  EXPECT_EQ(check({})[0].state, GANTRY_CHECK_FAIL);
  EXPECT_EQ(check({"  "})[0].state, GANTRY_CHECK_FAIL);
  EXPECT_EQ(check({std::string(kKey) + "\n"})[0].state, GANTRY_CHECK_FAIL);
  EXPECT_EQ(check({"short"})[0].state, GANTRY_CHECK_WARN);
  EXPECT_EQ(check({std::string(kKey), "short"})[0].state, GANTRY_CHECK_WARN);
}

TEST(FrontCheck, NoFindingShowsASecret) {
  for (const auto& value : {std::string("short"), std::string("canary-signing-key\n")}) {
    for (const auto& finding : check({value})) {
      EXPECT_EQ(finding.what.find("canary"), std::string::npos);
      EXPECT_EQ(finding.remedy.find("canary"), std::string::npos);
      EXPECT_EQ(finding.what.find("short"), std::string::npos);
      EXPECT_FALSE(finding.remedy.empty());
    }
  }
}

}  // namespace
}  // namespace gantry::front
