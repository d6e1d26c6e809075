#include "host/base/json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gantry {
namespace {

TEST(ParseJson, RefusesMoreThanOneValueAndNamesThePlaceNotTheContent) {
  const auto parsed = parse_json(R"({"secret":"hunter2"} x)");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(parsed.error().what.find("byte"), std::string::npos);
  EXPECT_EQ(parsed.error().message().find("hunter2"), std::string::npos);
}

TEST(ParseJson, RefusesNestingThatWouldExhaustAReader) {
  EXPECT_TRUE(parse_json(std::string(100, '[') + std::string(100, ']')));
  EXPECT_FALSE(parse_json(std::string(100'000, '[') + std::string(100'000, ']')));
}

TEST(ParseJson, EveryTruncationIsRefused) {
  const std::string whole = R"({"a":[1,2.5,"x\u00e9"],"b":null})";
  ASSERT_TRUE(parse_json(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_json(whole.substr(0, size))) << size;
  }
}

TEST(DumpJson, BytesThatAreNoUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(dump_json(Json("a\xff")), "\"a\xef\xbf\xbd\"");
}

TEST(TextAt, KeepsTheDigitsOfNumbers) {
  const Json object =
      Json::parse(R"({"id":1000399120,"name":"x","ok":true,"none":null,"list":[]})");
  EXPECT_EQ(text_at(object, "id"), "1000399120");
  EXPECT_EQ(text_at(object, "name"), "x");
  EXPECT_EQ(text_at(object, "ok"), "true");
  EXPECT_EQ(text_at(object, "none"), std::nullopt);
  EXPECT_EQ(text_at(object, "list"), std::nullopt);
  EXPECT_EQ(text_at(object, "absent"), std::nullopt);
  EXPECT_EQ(text_at(Json::array(), "id"), std::nullopt);
}

TEST(Error, ShowsUpstreamWordsEscaped) {
  const Error error{ErrorKind::kUnavailable, "call failed", "bad\x1b[31m"};
  EXPECT_EQ(error.message(), "call failed: \"bad\\x1b[31m\"");
  EXPECT_TRUE(error.retryable());
  EXPECT_FALSE((Error{ErrorKind::kInvalid, ""}).retryable());
}

}  // namespace
}  // namespace gantry
