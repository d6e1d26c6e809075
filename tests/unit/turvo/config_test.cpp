#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/turvo/turvo_samples.hpp"

namespace gantry::turvo {
namespace {

using nlohmann::json;

void expect_refused(const std::string& config, std::string_view pointer) {
  const test::Source source(plugin(), config);
  EXPECT_EQ(source.status, GANTRY_CONFIG) << config;
  EXPECT_EQ(source.error.pointer, pointer) << config;
  EXPECT_FALSE(source.error.message.empty());
}

TEST(TurvoConfig, WebhooksOrTheApiAreEnough) {
  EXPECT_EQ(test::Source(plugin(), kWebhookConfig).status, GANTRY_OK);
  EXPECT_EQ(test::Source(plugin(), api_config("https://x.example/v1")).status, GANTRY_OK);
  expect_refused("{}", "/webhook_secret");
}

TEST(TurvoConfig, TheApiNeedsAllItsCredentials) {
  for (const auto* missing : {"api_key", "client_id", "client_secret", "password"}) {
    json config = json::parse(api_config("https://x.example/v1"));
    config.erase(missing);
    expect_refused(config.dump(), std::string("/") + missing);
  }
}

TEST(TurvoConfig, AWrongValueNamesItsField) {
  const auto with = [](const char* members) { return api_config("https://x.example", members); };
  expect_refused(api_config("ftp://x"), "/base_url");
  expect_refused(with(R"(,"page_size":5)"), "/page_size");
  expect_refused(with(R"(,"overlap":-1)"), "/overlap");
  expect_refused(with(R"(,"resources":[])"), "/resources");
  expect_refused(with(R"(,"resources":["trucks"])"), "/resources");
  expect_refused(with(R"(,"updated_since":"since=now")"), "/updated_since");
  expect_refused(with(R"(,"hydrate":"yes")"), "/hydrate");
  expect_refused(R"({"webhook_secret":"env:T","hydrate":true})", "/hydrate");
  expect_refused(with(R"(,"signature":{"allow_from":["nowhere"]})"), "/signature/allow_from");
  expect_refused(with(R"(,"signature":{"template":"{time}"})"), "/signature/template");
}

TEST(TurvoManifest, EveryNamedCapabilityIsThereAndNoOther) {
  const test::Source source(plugin(), kWebhookConfig);
  for (const auto* id : {GANTRY_CAP_WEBHOOK, GANTRY_CAP_POLLER, GANTRY_CAP_CHECK}) {
    EXPECT_NE(source.capability<void>(id), nullptr) << id;
  }
  EXPECT_EQ(source.capability<void>(GANTRY_CAP_STREAM), nullptr);
  EXPECT_EQ(source.capability<void>(GANTRY_CAP_BATCH), nullptr);
}

TEST(TurvoManifest, TheSecretsAndNothingElseAreMarkedSecret) {
  const json manifest = json::parse(test::text(plugin().abi().manifest));
  const std::set<std::string> secrets{"webhook_secret", "api_key", "client_secret", "password"};
  for (const auto& [name, property] : manifest["config_schema"]["properties"].items()) {
    EXPECT_EQ(property.contains("x-gantry-secret"), secrets.contains(name)) << name;
    EXPECT_FALSE(property.value("description", "").empty()) << name;
  }
  // <SOURCE>_WEBHOOK_SECRET in the environment is this one.
  EXPECT_EQ(manifest["config_schema"]["properties"]["webhook_secret"]["x-gantry-secret"],
            "webhook");
}

}  // namespace
}  // namespace gantry::turvo
