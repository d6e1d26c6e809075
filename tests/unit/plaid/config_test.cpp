#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/plaid/plaid_samples.hpp"

namespace gantry::plaid {
namespace {

using nlohmann::json;

/// kConfig with one field set to a JSON text, or taken out by "".
std::string with(std::string_view pointer, std::string_view value) {
  json config = json::parse(kConfig);
  const json::json_pointer at{std::string(pointer)};
  if (value.empty()) {
    config[at.parent_pointer()].erase(at.back());
  } else {
    config[at] = json::parse(value);
  }
  return config.dump();
}

TEST(PlaidConfig, WhatIsWrongNamesItsField) {
  world();
  const std::tuple<const char*, const char*, const char*> rows[] = {
      {"/client_id", "", "/client_id"},
      {"/client_id", "7", "/client_id"},
      {"/secret", "", "/secret"},
      {"/environment", R"("development")", "/environment"},
      {"/items", "", "/items"},
      {"/items", "[]", "/items"},
      {"/items", "{}", "/items"},
      {"/items/0/id", "", "/items/0/id"},
      {"/items/0/access_token", "", "/items/0/access_token"},
      {"/items/1", R"({"id":"operating","access_token":"env:X"})", "/items/1/id"},
      {"/page_size", "501", "/page_size"},
      {"/page_size", "0", "/page_size"},
      {"/tolerance", "301", "/tolerance"}};
  for (const auto& [field, value, pointer] : rows) {
    const test::Source source(plugin(), with(field, value));
    EXPECT_EQ(source.status, GANTRY_CONFIG) << field << '=' << value;
    EXPECT_EQ(source.error.pointer, pointer) << field << '=' << value;
  }
  for (const auto* config : {"", "[]", "{", "null"}) {
    EXPECT_EQ(test::Source(plugin(), config).status, GANTRY_CONFIG);
  }
  EXPECT_EQ(test::Source(plugin(), kConfig).status, GANTRY_OK);
}

class PlaidCheck : public testing::Test {
 protected:
  std::vector<test::Finding> check(std::initializer_list<test::HttpAnswer> answers,
                                   std::string_view config = kConfig) {
    const test::Source source(plugin(), config);
    script_.answers = answers;
    world_.http = [this](const test::HttpExchange& asked) { return script_(asked); };
    return source.check();
  }
  static test::HttpAnswer item(std::string_view fields) {
    test::HttpAnswer answer;
    answer.body = R"({"item":{"item_id":"it_1")" + std::string(fields) + "}}";
    return answer;
  }
  test::World& world_ = world();
  Script script_;
};

TEST_F(PlaidCheck, AllWellPassesEachItem) {
  const auto findings = check({item(R"(,"error":null)"), item("")}, kTwoItems);
  ASSERT_EQ(findings.size(), 3u);
  for (const auto& finding : findings) EXPECT_EQ(finding.state, GANTRY_CHECK_PASS);
  EXPECT_EQ(findings[2].what, "item two");
  EXPECT_EQ(script_.asked[0].url, "https://production.plaid.com/item/get");
}

TEST_F(PlaidCheck, WhatIsWrongIsSaidWithARemedy) {
  struct Row {
    test::HttpAnswer answer;
    int state;
    const char* what;
  };
  const Row rows[] = {
      {item(R"(,"error":{"error_code":"ITEM_LOGIN_REQUIRED"})"), GANTRY_CHECK_FAIL,
       "ITEM_LOGIN_REQUIRED"},
      {item(R"(,"consent_expiration_time":"2026-03-01T00:00:00Z")"), GANTRY_CHECK_WARN,
       "consent ends"},
      {failed("INVALID_ACCESS_TOKEN", "INVALID_INPUT"), GANTRY_CHECK_FAIL, "INVALID_ACCESS_TOKEN"},
      {failed("INVALID_API_KEYS", "INVALID_INPUT"), GANTRY_CHECK_FAIL, "INVALID_API_KEYS"}};
  for (const Row& row : rows) {
    const auto findings = check({row.answer});
    ASSERT_EQ(findings.size(), 2u);
    EXPECT_EQ(findings[1].state, row.state);
    EXPECT_NE(findings[1].what.find(row.what), std::string::npos) << findings[1].what;
    EXPECT_FALSE(findings[1].remedy.empty());
  }
  test::HttpAnswer other;
  other.body = R"({"item":{"item_id":"it_2"}})";
  EXPECT_EQ(check({other})[1].state, GANTRY_CHECK_FAIL);
  test::HttpAnswer unreachable;
  unreachable.status = GANTRY_TRANSIENT;
  EXPECT_EQ(check({unreachable})[1].state, GANTRY_CHECK_FAIL);
}

TEST_F(PlaidCheck, WrongKeysAreSaidOnceAndNotForEveryItem) {
  EXPECT_EQ(check({failed("INVALID_API_KEYS", "INVALID_INPUT")}, kTwoItems).size(), 2u);
}

TEST_F(PlaidCheck, ASecretWithoutValueIsNamed) {
  world_.secrets.erase("/items/0/access_token");
  const auto findings = check({});
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[1].state, GANTRY_CHECK_FAIL);
  EXPECT_NE(findings[1].what.find("access token has no value"), std::string::npos);
  EXPECT_TRUE(script_.asked.empty());
}

}  // namespace
}  // namespace gantry::plaid
