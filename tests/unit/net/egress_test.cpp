#include "host/net/egress.hpp"

#include <gtest/gtest.h>

namespace gantry::net {
namespace {

bool allows(const std::vector<std::string>& patterns, const std::string& url) {
  return EgressList::parse(patterns).value().judge(Url::parse(url).value()).has_value();
}

TEST(EgressList, AnEmptyListAllowsNothing) {
  EXPECT_FALSE(allows({}, "https://api2.frontapp.com/me"));
}

TEST(EgressList, AHostWithoutAPortMeansTheDefaultPortOnly) {
  EXPECT_TRUE(allows({"api2.frontapp.com"}, "https://api2.frontapp.com/me"));
  EXPECT_TRUE(allows({"api2.frontapp.com"}, "https://API2.FrontApp.com:443/me"));
  EXPECT_FALSE(allows({"api2.frontapp.com"}, "https://api2.frontapp.com:8443/me"));
}

TEST(EgressList, APortMustMatch) {
  EXPECT_TRUE(allows({"edi.example.com:8443"}, "https://edi.example.com:8443/"));
  EXPECT_FALSE(allows({"edi.example.com:8443"}, "https://edi.example.com/"));
}

TEST(EgressList, AWildcardCoversNamesBelowTheDomainOnly) {
  EXPECT_TRUE(allows({"*.turvo.com"}, "https://app.turvo.com/v1"));
  EXPECT_TRUE(allows({"*.turvo.com"}, "https://a.b.turvo.com/v1"));
  EXPECT_FALSE(allows({"*.turvo.com"}, "https://turvo.com/v1"));
  EXPECT_FALSE(allows({"*.turvo.com"}, "https://evilturvo.com/v1"));
}

TEST(EgressList, AListedNameIsNotAllowedAsAPrefixOrSuffixOfAnother) {
  EXPECT_FALSE(allows({"turvo.com"}, "https://turvo.com.evil.example/"));
  EXPECT_FALSE(allows({"turvo.com"}, "https://notturvo.com/"));
}

TEST(EgressList, HttpIsAllowedToAListedLoopbackAddressOnly) {
  EXPECT_TRUE(allows({"127.0.0.1:8080"}, "http://127.0.0.1:8080/"));
  EXPECT_TRUE(allows({"[::1]:8080"}, "http://[::1]:8080/"));
  EXPECT_TRUE(allows({"localhost:8080"}, "http://localhost:8080/"));
  EXPECT_FALSE(allows({"127.0.0.1:8080"}, "http://127.0.0.1:9090/"));
  EXPECT_FALSE(allows({"api2.frontapp.com"}, "http://api2.frontapp.com/"));
  EXPECT_FALSE(allows({"10.0.0.5"}, "http://10.0.0.5/"));
}

TEST(EgressList, TheOperatorsOwnAddressIsAllowedOverHttpAndNothingElse) {
  const auto only = EgressList::only(Url::parse("http://collector.lan:4318/v1/traces").value());
  EXPECT_TRUE(only.judge(Url::parse("http://collector.lan:4318/x").value()));
  EXPECT_FALSE(only.judge(Url::parse("http://collector.lan:4317/").value()));
  EXPECT_FALSE(only.judge(Url::parse("http://other.lan:4318/").value()));
}

TEST(EgressList, ANumericSpellingOfLoopbackIsJudgedAsTheAddressItMeans) {
  EXPECT_FALSE(allows({"2130706433:8080"}, "http://2130706433:8080/"));
  EXPECT_TRUE(allows({"127.0.0.1:8080"}, "http://2130706433:8080/"));
}

TEST(EgressList, ARefusalNamesTheHostAndTheRemedy) {
  const auto verdict =
      EgressList::parse({"a.example"}).value().judge(Url::parse("https://b.example/x").value());
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(verdict.error().what,
            "b.example:443 is not on the egress list; add it to the source's `egress`");
}

TEST(EgressList, ABadPatternIsNamed) {
  for (const std::string pattern : {"", "https://a.example", "a.example:", "a.example:0",
                                    "a.example:70000", "*", "*.", "[::1", "a b", "a.example/x"}) {
    const auto list = EgressList::parse({"good.example", pattern});
    ASSERT_FALSE(list) << pattern;
    EXPECT_NE(list.error().what.find('"' + pattern + '"'), std::string::npos) << pattern;
  }
}

TEST(Url, OnlyHttpAndHttpsAreUrls) {
  for (const std::string text :
       {"ftp://a.example/", "file:///etc/passwd", "a.example/x", "", "javascript:alert(1)"}) {
    EXPECT_FALSE(Url::parse(text)) << text;
  }
}

TEST(Url, APasswordInTheUrlIsRefusedWithoutRepeatingIt) {
  const auto url = Url::parse("https://user:hunter2@a.example/");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().message().find("hunter2"), std::string::npos);
}

TEST(Url, TheShownFormHasNoQueryAndNoFragment) {
  const auto url = Url::parse("https://a.example:8443/v1/items?token=s3cret#frag");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->shown(), "https://a.example:8443/v1/items");
}

}  // namespace
}  // namespace gantry::net
