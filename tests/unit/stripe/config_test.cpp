#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/stripe/stripe_samples.hpp"

namespace gantry::stripe {
namespace {

using nlohmann::json;

void expect_refused(std::string_view config, std::string_view pointer) {
  const test::Source source(plugin(), config);
  EXPECT_EQ(source.status, GANTRY_CONFIG) << config;
  EXPECT_EQ(source.error.pointer, pointer) << config;
  EXPECT_FALSE(source.error.message.empty());
}

TEST(StripeConfig, ASecretIsNeeded) {
  EXPECT_EQ(test::Source(plugin(), kConfig).status, GANTRY_OK);
  expect_refused("{}", "/signing_secret");
  expect_refused(R"({"signing_secret":null})", "/signing_secret");
}

TEST(StripeConfig, AWrongValueNamesItsField) {
  for (const auto* tolerance : {"0", "-1", "3601", "0.5", "\"300\"", "true"}) {
    expect_refused(std::string(R"({"signing_secret":"env:A","tolerance":)") + tolerance + "}",
                   "/tolerance");
  }
  expect_refused(R"({"signing_secret":"env:A","keep_events":"no"})", "/keep_events");
  expect_refused("[]", "");
}

TEST(StripeConfig, TheToleranceIsTakenInSeconds) {
  const test::Source source(plugin(), R"({"signing_secret":"env:A","tolerance":2})");
  EXPECT_EQ(source.verify(signed_request(kSmall, kSecret, kNow - 2)).decision,
            GANTRY_VERDICT_ACCEPT);
  EXPECT_EQ(source.verify(signed_request(kSmall, kSecret, kNow - 3)).reason, "stale");
}

TEST(StripeManifest, EveryNamedCapabilityIsThereAndNoOther) {
  const test::Source source(plugin(), kConfig);
  EXPECT_NE(source.capability<void>(GANTRY_CAP_WEBHOOK), nullptr);
  EXPECT_NE(source.capability<void>(GANTRY_CAP_CHECK), nullptr);
  for (const auto* id : {GANTRY_CAP_POLLER, GANTRY_CAP_STREAM, GANTRY_CAP_BATCH}) {
    EXPECT_EQ(source.capability<void>(id), nullptr) << id;
  }
}

TEST(StripeManifest, TheSecretAndNothingElseIsMarkedSecret) {
  const json manifest = json::parse(test::text(plugin().abi().manifest));
  EXPECT_EQ(manifest["id"], "stripe");
  for (const auto& [name, property] : manifest["config_schema"]["properties"].items()) {
    EXPECT_EQ(property.contains("x-gantry-secret"), name == "signing_secret") << name;
    EXPECT_FALSE(property.value("description", "").empty()) << name;
  }
  // <SOURCE>_WEBHOOK_SECRET in the environment is this one.
  EXPECT_EQ(manifest["config_schema"]["properties"]["signing_secret"]["x-gantry-secret"],
            "webhook");
}

std::vector<test::Finding> check(std::vector<std::string> values) {
  test::Plugin& loaded = plugin();
  loaded.world().secrets = {{"/signing_secret", std::move(values)}};
  return test::Source(loaded, kConfig).check();
}

TEST(StripeCheck, AnEndpointsSecretPasses) {
  const auto findings = check({"whsec_0123456789abcdef"});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].state, GANTRY_CHECK_PASS);
}

TEST(StripeCheck, AnApiKeyInItsPlaceFails) {
  const auto findings = check({"sk_live_0123456789abcdef"});
  EXPECT_EQ(findings.back().state, GANTRY_CHECK_FAIL);
  EXPECT_EQ(findings.back().what.find("0123"), std::string::npos);
}

TEST(StripeCheck, AMissingSecretFailsAndAForeignOneWarns) {
  EXPECT_EQ(check({})[0].state, GANTRY_CHECK_FAIL);
  EXPECT_EQ(check({"0123456789abcdef0123"}).back().state, GANTRY_CHECK_WARN);
}

}  // namespace
}  // namespace gantry::stripe
