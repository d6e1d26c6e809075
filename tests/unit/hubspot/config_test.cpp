#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/hubspot/samples.hpp"

namespace gantry::hubspot {
namespace {

using nlohmann::json;

void expect_refused(std::string_view config, std::string_view pointer) {
  const test::Source source(plugin(), config);
  EXPECT_EQ(source.status, GANTRY_CONFIG) << config;
  EXPECT_EQ(source.error.pointer, pointer) << config;
}

TEST(HubspotConfig, ATokenOrASecretIsEnough) {
  EXPECT_EQ(test::Source(plugin(), R"({"access_token":"env:A"})").status, GANTRY_OK);
  EXPECT_EQ(test::Source(plugin(), R"({"client_secret":"env:A"})").status, GANTRY_OK);
  expect_refused("{}", "/access_token");
}

TEST(HubspotConfig, OauthNeedsItsThreeParts) {
  EXPECT_EQ(
      test::Source(plugin(), R"({"client_id":"c","client_secret":"env:A","refresh_token":"env:B"})")
          .status,
      GANTRY_OK);
  expect_refused(R"({"client_secret":"env:A","refresh_token":"env:B"})", "/client_id");
  expect_refused(R"({"client_id":"c","refresh_token":"env:B"})", "/client_secret");
}

TEST(HubspotConfig, AWrongValueNamesItsField) {
  const auto with = [](std::string_view more) {
    return R"({"access_token":"env:A",)" + std::string(more) + "}";
  };
  expect_refused(with(R"("objects":["contact"])"), "/objects");
  expect_refused(with(R"("objects":["2-"])"), "/objects");
  expect_refused(with(R"("properties":["load_number"])"), "/properties");
  expect_refused(with(R"("since":"yesterday")"), "/since");
  expect_refused(with(R"("overlap":119)"), "/overlap");
  expect_refused(with(R"("overlap":301)"), "/overlap");
  expect_refused(with(R"("searches_per_second":6)"), "/searches_per_second");
  expect_refused(with(R"("signatures":["v4"])"), "/signatures");
  expect_refused(with(R"("public_url":"www.example.com")"), "/public_url");
  expect_refused(R"({"client_secret":"env:A","objects":["deals"]})", "/access_token");
}

TEST(HubspotManifest, EveryNamedCapabilityIsThereAndNoOther) {
  test::Plugin& loaded = plugin();
  const test::Source source(loaded, kContacts);
  const json manifest = json::parse(test::text(loaded.abi().manifest));
  const auto named = manifest["capabilities"].get<std::vector<std::string>>();
  for (const std::string& id :
       std::vector<std::string>{GANTRY_CAP_WEBHOOK, GANTRY_CAP_CHECK, GANTRY_CAP_POLLER,
                                GANTRY_CAP_STREAM, GANTRY_CAP_BATCH}) {
    const bool is_named = std::find(named.begin(), named.end(), id) != named.end();
    EXPECT_EQ(source.capability<void>(id) != nullptr, is_named) << id;
  }
}

TEST(HubspotManifest, TheSecretsAndNothingElseAreMarkedSecret) {
  const json manifest = json::parse(test::text(plugin().abi().manifest));
  for (const auto& [name, property] : manifest["config_schema"]["properties"].items()) {
    EXPECT_EQ(property.contains("x-gantry-secret"),
              name == "access_token" || name == "client_secret" || name == "refresh_token")
        << name;
    EXPECT_FALSE(property.value("description", "").empty()) << name;
  }
  // <SOURCE>_WEBHOOK_SECRET in the environment is this one.
  EXPECT_EQ(manifest["config_schema"]["properties"]["client_secret"]["x-gantry-secret"], "webhook");
}

std::vector<test::Finding> check(
    std::function<test::HttpAnswer(const test::HttpExchange&)> http,
    std::string_view config = R"({"access_token":"env:T","api_url":"https://hubspot.example"})") {
  test::Plugin& loaded = plugin();
  loaded.world().http = std::move(http);
  return test::Source(loaded, config).check();
}

TEST(HubspotCheck, EachTypeIsReadOnce) {
  const auto findings =
      check([](const test::HttpExchange&) { return answer(R"({"results":[]})"); });
  ASSERT_EQ(findings.size(), 5u);
  for (const auto& finding : findings) EXPECT_EQ(finding.state, GANTRY_CHECK_PASS) << finding.what;
}

TEST(HubspotCheck, AMissingScopeIsNamedAndTheOtherTypesAreLookedAt) {
  const auto findings = check([](const test::HttpExchange& call) {
    return answer("{\"results\":[]}", call.url.find("deals") == std::string::npos ? 200 : 403);
  });
  ASSERT_EQ(findings.size(), 5u);
  EXPECT_EQ(findings[3].what, "deals: HTTP 403");
  EXPECT_EQ(findings[3].state, GANTRY_CHECK_FAIL);
}

TEST(HubspotCheck, ARefusedTokenAndAnUnreachableHostSayWhatToDo) {
  EXPECT_NE(check([](const test::HttpExchange&) { return answer("{}", 401); })
                .back()
                .remedy.find("token anew"),
            std::string::npos);
  for (const auto& [status, word] :
       {std::pair{GANTRY_CONFIG, "egress"}, std::pair{GANTRY_TRANSIENT, "network"}}) {
    const auto findings = check([&](const test::HttpExchange&) {
      test::HttpAnswer out;
      out.status = status;
      return out;
    });
    EXPECT_NE(findings.back().remedy.find(word), std::string::npos);
  }
}

TEST(HubspotCheck, V3WithoutAnAddressAndV1AreWarnedOf) {
  const auto v3 = check(nullptr, R"({"client_secret":"env:S"})");
  EXPECT_EQ(v3.back().what, "public_url is not set");
  const auto v1 = check(nullptr, R"({"client_secret":"env:S","signatures":["v1"]})");
  EXPECT_EQ(v1.back().state, GANTRY_CHECK_WARN);
}

}  // namespace
}  // namespace gantry::hubspot
