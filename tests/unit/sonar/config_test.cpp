#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/sonar/sonar_samples.hpp"

namespace gantry::sonar {
namespace {

using nlohmann::json;

void expect_refused(const std::string& config, std::string_view pointer) {
  const test::Source source(plugin(), config);
  EXPECT_EQ(source.status, GANTRY_CONFIG) << config;
  EXPECT_EQ(source.error.pointer, pointer) << config;
}
std::string with(const char* members) { return api_config("https://x.example", members); }

TEST(SonarConfig, WebhooksOrPollingAreEnough) {
  EXPECT_EQ(test::Source(plugin(), webhook_config("sonarqube")).status, GANTRY_OK);
  EXPECT_EQ(test::Source(plugin(), api_config("https://x.example")).status, GANTRY_OK);
  expect_refused("{}", "/webhook_secret");
  expect_refused(R"({"username":"u","series":["A/B"]})", "/password");
  expect_refused(with(""), "/series");
  expect_refused(with(R"(,"alerts":[{"index":"A","qualifier":"B","above":1}])"), "/series");
  expect_refused(with(R"(,"series":["A/B"],"flavour":"sonarqube")"), "/username");
}

TEST(SonarConfig, AWrongValueNamesItsField) {
  expect_refused(R"({"webhook_secret":"env:A","flavour":"radar"})", "/flavour");
  expect_refused(api_config("x.example"), "/base_url");
  for (const auto* series : {R"("OTRI")", R"("/ATL")", R"("OTRI/A B")", R"("A/B","A/B")", "7"}) {
    expect_refused(with((std::string(R"(,"series":[)") + series + "]").c_str()), "/series");
  }
  expect_refused(with(R"(,"series":["A/B"],"window_days":91)"), "/window_days");
  expect_refused(with(R"(,"series":["A/B"],"requests_per_minute":0)"), "/requests_per_minute");
}

TEST(SonarConfig, WhatTheCursorCannotHoldIsRefused) {
  json series = json::array();
  for (int i = 0; i < 12; ++i) series.push_back("S" + std::to_string(i) + "/USA");
  const std::string members = R"(,"window_days":90,"series":)" + series.dump();
  expect_refused(with(members.c_str()), "/series");
}

TEST(SonarConfig, AnAlertNeedsOneLimitOfAPolledSeries) {
  const auto refused = [](const char* alert) {
    expect_refused(with((std::string(R"(,"series":["A/B"],"alerts":[)") + alert + "]").c_str()),
                   "/alerts");
  };
  refused(R"({"index":"A","qualifier":"B"})");
  refused(R"({"index":"A","qualifier":"B","above":1,"below":2})");
  refused(R"({"index":"A","qualifier":"B","above":"high"})");
  refused(R"({"index":"A","qualifier":"C","above":1})");
  refused(R"({"index":"A","qualifier":"B","above":1,"clear":2})");
  refused(R"({"index":"A","qualifier":"B","below":2,"clear":1})");
}

TEST(SonarManifest, EveryNamedCapabilityIsThereAndNoOther) {
  const test::Source source(plugin(), webhook_config("freightwaves"));
  for (const auto* id : {GANTRY_CAP_WEBHOOK, GANTRY_CAP_POLLER, GANTRY_CAP_CHECK}) {
    EXPECT_NE(source.capability<void>(id), nullptr) << id;
  }
  EXPECT_EQ(source.capability<void>(GANTRY_CAP_STREAM), nullptr);
  EXPECT_EQ(source.capability<void>(GANTRY_CAP_BATCH), nullptr);
}

TEST(SonarManifest, TheSecretsAndNothingElseAreMarkedSecret) {
  const json manifest = json::parse(test::text(plugin().abi().manifest));
  const std::set<std::string> secrets{"webhook_secret", "password"};
  for (const auto& [name, property] : manifest["config_schema"]["properties"].items()) {
    EXPECT_EQ(property.contains("x-gantry-secret"), secrets.contains(name)) << name;
    EXPECT_FALSE(property.value("description", "").empty()) << name;
  }
  // <SOURCE>_WEBHOOK_SECRET in the environment is this one.
  EXPECT_EQ(manifest["config_schema"]["properties"]["webhook_secret"]["x-gantry-secret"],
            "webhook");
}

}  // namespace
}  // namespace gantry::sonar
