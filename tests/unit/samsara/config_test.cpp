#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/samsara/samples.hpp"

namespace gantry::samsara {
namespace {

using nlohmann::json;

void expect_refused(std::string_view config, std::string_view pointer) {
  const test::Source source(plugin(), config);
  EXPECT_EQ(source.status, GANTRY_CONFIG) << config;
  EXPECT_EQ(source.error.pointer, pointer) << config;
}

TEST(SamsaraConfig, OneOfTheTwoSecretsIsEnough) {
  EXPECT_EQ(test::Source(plugin(), R"({"api_token":"env:A"})").status, GANTRY_OK);
  EXPECT_EQ(test::Source(plugin(), R"({"webhook_secret":"env:A"})").status, GANTRY_OK);
  expect_refused("{}", "/api_token");
}

TEST(SamsaraConfig, WhatSamsaraWouldRefuseIsRefusedHere) {
  const auto with = [](std::string_view more) {
    return R"({"api_token":"env:A",)" + std::string(more) + "}";
  };
  expect_refused(with(R"("feeds":["vehicle_state"])"), "/feeds");
  expect_refused(with(R"("feeds":["dvirs","dvirs"])"), "/feeds");
  expect_refused(with(R"("feeds":["alert_incidents"])"), "/alert_configurations");
  expect_refused(with(R"("vehicle_types":["a","b","c","d"])"), "/vehicle_types");
  expect_refused(with(R"("vehicle_types":[])"), "/vehicle_types");
  expect_refused(with(R"("decorations":["a","b","c"])"), "/decorations");
  expect_refused(with(R"("window_minutes":4)"), "/window_minutes");
  expect_refused(with(R"("window_minutes":16)"), "/window_minutes");
  expect_refused(with(R"("poll_pause":4)"), "/poll_pause");
  expect_refused(with(R"("region":"mars")"), "/region");
  expect_refused(R"({"webhook_secret":"env:A","feeds":["dvirs"]})", "/api_token");
}

TEST(SamsaraConfig, WithoutFeedsNoStreamOpens) {
  const test::Source source(plugin(), R"({"webhook_secret":"env:A"})");
  EXPECT_EQ(test::Feed(source, "").status, GANTRY_UNSUPPORTED);
}

TEST(SamsaraManifest, EveryNamedCapabilityIsThereAndNoOther) {
  test::Plugin& loaded = plugin();
  const test::Source source(loaded, kConfig);
  const json manifest = json::parse(test::text(loaded.abi().manifest));
  const auto named = manifest["capabilities"].get<std::vector<std::string>>();
  for (const std::string& id :
       std::vector<std::string>{GANTRY_CAP_WEBHOOK, GANTRY_CAP_CHECK, GANTRY_CAP_POLLER,
                                GANTRY_CAP_STREAM, GANTRY_CAP_BATCH}) {
    const bool is_named = std::find(named.begin(), named.end(), id) != named.end();
    EXPECT_EQ(source.capability<void>(id) != nullptr, is_named) << id;
  }
}

TEST(SamsaraManifest, TheSecretsAndNothingElseAreMarkedSecret) {
  const json manifest = json::parse(test::text(plugin().abi().manifest));
  for (const auto& [name, property] : manifest["config_schema"]["properties"].items()) {
    EXPECT_EQ(property.contains("x-gantry-secret"), name == "api_token" || name == "webhook_secret")
        << name;
    EXPECT_FALSE(property.value("description", "").empty()) << name;
  }
  // <SOURCE>_WEBHOOK_SECRET in the environment is this one.
  EXPECT_EQ(manifest["config_schema"]["properties"]["webhook_secret"]["x-gantry-secret"],
            "webhook");
}

std::vector<test::Finding> check(
    std::function<test::HttpAnswer(const test::HttpExchange&)> http,
    std::string_view config = R"({"api_token":"env:A","api_url":"https://samsara.example"})") {
  test::Plugin& loaded = plugin();
  loaded.world().http = std::move(http);
  return test::Source(loaded, config).check();
}

TEST(SamsaraCheck, AGoodTokenPassesAndNamesTheOrganisation) {
  const auto findings = check([](const test::HttpExchange& request) {
    test::HttpAnswer answer;
    answer.body = request.url.ends_with("/me") ? R"({"data":{"id":"1","name":"Roe Freight"}})"
                                               : R"({"data":[],"pagination":{}})";
    return answer;
  });
  ASSERT_EQ(findings.size(), 3u);
  for (const auto& finding : findings) EXPECT_EQ(finding.state, GANTRY_CHECK_PASS) << finding.what;
  EXPECT_EQ(findings[1].what, "API token of Roe Freight");
  EXPECT_EQ(findings[2].what, "vehicle_stats");
}

TEST(SamsaraCheck, EveryWayToFailSaysWhatToDo) {
  const auto answer = [](unsigned status) {
    return [status](const test::HttpExchange&) {
      test::HttpAnswer out;
      out.http_status = status;
      return out;
    };
  };
  EXPECT_NE(check(answer(401)).at(1).remedy.find("API Tokens"), std::string::npos);
  EXPECT_NE(check(answer(403)).at(1).remedy.find("scope"), std::string::npos);
  EXPECT_EQ(check(answer(503)).at(1).state, GANTRY_CHECK_WARN);
  for (const auto& [status, word] :
       {std::pair{GANTRY_CONFIG, "egress"}, std::pair{GANTRY_TRANSIENT, "network"}}) {
    const auto findings = check([&](const test::HttpExchange&) {
      test::HttpAnswer out;
      out.status = status;
      return out;
    });
    EXPECT_EQ(findings.at(1).state, GANTRY_CHECK_FAIL);
    EXPECT_NE(findings.at(1).remedy.find(word), std::string::npos);
  }
}

TEST(SamsaraCheck, AFeedThatTheTokenMayNotReadIsNamed) {
  const auto findings = check([](const test::HttpExchange& request) {
    test::HttpAnswer out;
    out.body = R"({"data":{"name":"Roe Freight"}})";
    if (!request.url.ends_with("/me")) out.http_status = 403;
    return out;
  });
  EXPECT_EQ(findings.at(2).what, "vehicle_stats: HTTP 403");
  EXPECT_EQ(findings.at(2).state, GANTRY_CHECK_FAIL);
}

TEST(SamsaraCheck, AWebhookSecretThatIsNotBase64Fails) {
  test::Plugin& loaded = plugin();
  loaded.world().secrets["/webhook_secret"] = {"canary not base64 canary"};
  const auto findings = test::Source(loaded, R"({"webhook_secret":"env:S"})").check();
  EXPECT_EQ(findings.back().state, GANTRY_CHECK_FAIL);
  EXPECT_EQ(findings.back().what, "webhook_secret value 1 is not base64");
  for (const auto& finding : findings) EXPECT_EQ(finding.what.find("canary"), std::string::npos);
}

}  // namespace
}  // namespace gantry::samsara
