// Settings, manifest and check.

#include <gtest/gtest.h>

#include "tests/unit/edi/edi_host.hpp"

namespace gantry::edi_test {
namespace {

using nlohmann::json;

void expect_refused(std::string_view config, std::string_view pointer) {
  const test::Source source(fresh_plugin(), config);
  EXPECT_EQ(source.status, GANTRY_CONFIG) << config;
  EXPECT_EQ(source.error.pointer, pointer) << config;
  EXPECT_FALSE(source.error.message.empty());
}

TEST(EdiConfig, NothingIsRequired) {
  EXPECT_EQ(test::Source(fresh_plugin(), "{}").status, GANTRY_OK);
}

TEST(EdiConfig, AWrongValueNamesItsField) {
  expect_refused(R"({"profile":"loose"})", "/profile");
  expect_refused(R"({"acknowledge":997})", "/acknowledge");
  expect_refused(R"({"ta1":"sometimes"})", "/ta1");
  expect_refused(R"({"ids":"02:QLHT"})", "/ids");
  expect_refused(R"({"ids":["QQQ:QLHT"]})", "/ids");
  expect_refused(R"({"partners":["ZZ:"]})", "/partners");
  expect_refused(R"({"set_bytes_max":1})", "/set_bytes_max");
  expect_refused(R"({"checkpoint_sets":0})", "/checkpoint_sets");
  expect_refused(R"({"element_bytes_max":9000,"segment_bytes_max":512})", "/segment_bytes_max");
  expect_refused("[]", "");
}

TEST(EdiManifest, EveryNamedCapabilityIsThereAndNoOther) {
  const test::Source source(fresh_plugin(), "{}");
  const json manifest = json::parse(test::text(plugin().abi().manifest));
  EXPECT_EQ(manifest["id"], "edi");
  const auto named = manifest["capabilities"].get<std::vector<std::string>>();
  for (const std::string id : {GANTRY_CAP_WEBHOOK, GANTRY_CAP_CHECK, GANTRY_CAP_POLLER,
                               GANTRY_CAP_STREAM, GANTRY_CAP_BATCH}) {
    const bool is_named = std::find(named.begin(), named.end(), id) != named.end();
    EXPECT_EQ(source.capability<void>(id) != nullptr, is_named) << id;
  }
}

TEST(EdiManifest, EverySettingIsDescribedAndItsDefaultIsValid) {
  const json manifest = json::parse(test::text(plugin().abi().manifest));
  json defaults = json::object();
  for (const auto& [name, property] : manifest["config_schema"]["properties"].items()) {
    EXPECT_FALSE(property.value("description", "").empty()) << name;
    ASSERT_TRUE(property.contains("default")) << name;
    defaults[name] = property["default"];
  }
  EXPECT_EQ(test::Source(fresh_plugin(), defaults.dump()).status, GANTRY_OK);
}

TEST(EdiCheck, GoodIdsPassAndWrongOnesSayWhatToDo) {
  const auto states = [](std::string_view config) {
    std::map<int, int> out;
    for (const auto& finding : test::Source(fresh_plugin(), config).check()) {
      ++out[finding.state];
      EXPECT_EQ(finding.remedy.empty(), finding.state == GANTRY_CHECK_PASS) << finding.what;
    }
    return out;
  };
  auto good = states(R"({"ids":["02:QLHT"],"partners":["ZZ:ACMEFOODS"]})");
  EXPECT_EQ(good[GANTRY_CHECK_FAIL] + good[GANTRY_CHECK_WARN], 0);
  EXPECT_EQ(states("{}")[GANTRY_CHECK_WARN], 1);
  EXPECT_EQ(states(R"({"ids":["02:QLHT"],"partners":["02:QLHT"]})")[GANTRY_CHECK_FAIL], 1);
  EXPECT_EQ(states(R"({"ids":["02:QLHT "]})")[GANTRY_CHECK_FAIL], 1);
  EXPECT_EQ(states(R"({"ids":["02:QLHT","02:QLHT"]})")[GANTRY_CHECK_WARN], 1);
  EXPECT_EQ(states(R"({"ids":["ABCDEFGHIJKLMNOPQ"]})")[GANTRY_CHECK_WARN], 1);
  EXPECT_EQ(states(R"({"ids":["Q"],"acknowledge":"none","ta1":"never"})")[GANTRY_CHECK_WARN], 1);
}

TEST(EdiCheck, ChangesNothing) {
  const test::Source source(fresh_plugin(), "{}");
  source.check();
  for (const auto& [key, entry] : plugin().world().kv) EXPECT_EQ(entry.second, 0u) << key;
}

}  // namespace
}  // namespace gantry::edi_test
