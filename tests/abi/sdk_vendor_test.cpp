#include <gtest/gtest.h>
#include <gantry/sdk/webhook.hpp>

#include <gantry/sdk/cursor.hpp>
#include <gantry/sdk/json_text.hpp>
#include <gantry/sdk/money.hpp>
#include <gantry/sdk/redact.hpp>
#include <gantry/sdk/rest.hpp>
#include <gantry/sdk/secret_check.hpp>
#include <gantry/sdk/shared_scheme.hpp>
#include <gantry/sdk/time.hpp>
#include <gantry/sdk/token.hpp>
#include <gantry/sdk/url.hpp>
#include <gantry/sdk/vendor.hpp>
#include <optional>
#include <tuple>

#include "tests/support/plugin_host.hpp"

/// What connectors are made of: settings, times, addresses, signatures, tokens, vendors' answers.
namespace gantry {
namespace {

using sdk::Failure;
using sdk::Status;

class SdkVendor : public testing::Test {
 protected:
  SdkVendor() {
    world() = {};
    world().now_ns = 1'767'225'600'000'000'000;
    world().secrets["/secret"] = {"house-secret"};
  }
  static test::Plugin& plugin() {
    static test::Plugin loaded(GANTRY_EVERYTHING_SO);
    return loaded;
  }
  static test::World& world() { return plugin().world(); }
  const sdk::Host host_{&plugin().host(), "test"};
};

template <class Body>
std::optional<Failure> failure_of(Body&& body) {
  try {
    body();
  } catch (const Failure& failure) {
    return failure;
  }
  return std::nullopt;
}

std::string pointer_of(const std::optional<Failure>& failure) {
  return failure ? test::text(failure->abi().pointer) : "no failure";
}

TEST_F(SdkVendor, SettingsNameTheFieldAtFault) {
  const sdk::Settings settings(R"({"a":"x","n":7,"b":true,"list":["p","q"]})");
  EXPECT_EQ(settings.need_text("a"), "x");
  EXPECT_EQ(settings.integer("n", 1, 9, 3), 7);
  EXPECT_EQ(settings.integer("absent", 1, 9, 3), 3);
  EXPECT_TRUE(settings.flag("b", false));
  EXPECT_EQ(settings.texts("list"), (std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(pointer_of(failure_of([&] { settings.integer("n", 1, 6, 3); })), "/n");
  EXPECT_EQ(pointer_of(failure_of([&] { settings.integer("a", 1, 6, 3); })), "/a");
  EXPECT_EQ(pointer_of(failure_of([&] { settings.text("n"); })), "/n");
  EXPECT_EQ(pointer_of(failure_of([&] { settings.need_text("absent"); })), "/absent");
  EXPECT_EQ(pointer_of(failure_of([&] { settings.choose<int>("a", {{"y", 1}, {"z", 2}}); })), "/a");
  EXPECT_TRUE(failure_of([] { sdk::Settings("[]"); }));
}

TEST_F(SdkVendor, TimesOfEveryFormBecomeUtc) {
  const auto ns = [](std::string_view text) {
    const auto read = sdk::read_timestamp(text);
    return read ? read->ns / 1'000'000 : -1;
  };
  // date -u -d 2026-01-16T16:02:11Z +%s
  EXPECT_EQ(ns("2026-01-16T16:02:11Z"), 1'768'579'331'000);
  EXPECT_EQ(ns("2026-01-16T08:02:11.250-08:00"), 1'768'579'331'250);
  EXPECT_EQ(ns("2026-01-16T08:02:11-0800"), 1'768'579'331'000);
  EXPECT_EQ(ns("2026-01-16 16:02:11"), 1'768'579'331'000);
  EXPECT_EQ(ns("2026-01-16T16:02"), 1'768'579'320'000);
  EXPECT_EQ(ns("2026-01-16"), 1'768'521'600'000);
  EXPECT_EQ(sdk::read_timestamp("2026-01-16T08:02:11-08:00")->zone, "-08:00");
  EXPECT_TRUE(sdk::read_timestamp("2026-01-16T08:02:11")->zone.empty());
  for (const auto* bad : {"", "2026-02-29", "2026-13-01", "2026-1-1", "2026-01-16T", "20260116",
                          "2026-01-16T25:00:00Z", "2026-01-16T08:02:11+", "2026-01-16T08:02:11.Z",
                          "2026-01-16T08:02:11Zx", "9999-12-31"}) {
    EXPECT_FALSE(sdk::read_timestamp(bad)) << bad;
  }
  EXPECT_TRUE(sdk::read_timestamp("2024-02-29"));
  EXPECT_EQ(sdk::to_rfc3339(1'768'579'331'250'000'000), "2026-01-16T16:02:11.250Z");
  EXPECT_EQ(sdk::to_rfc3339(-1'000'000'000), "1969-12-31T23:59:59Z");
}

TEST_F(SdkVendor, AmountsAreDecimalTextOfTheirCurrency) {
  const std::tuple<const char*, const char*, const char*> rows[] = {
      {"72.1", "USD", "72.10"},
      {"72.100", "USD", "72.100"},
      {"72", "USD", "72.00"},
      {"-0.5", "EUR", "-0.50"},
      {"1500", "JPY", "1500"},
      {"1.5e3", "JPY", "1500"},
      {"1.25E-2", "USD", "0.0125"},
      {"1e0", "USD", "1.00"},
      {"12.3456e2", "USD", "1234.56"},
      {"007.5", "KWD", "7.500"},
      {"0.00012", "", "0.00012"},
      {"5", "bitcoin", "5"},
      {"-0.00", "USD", "0.00"},
      {"-0", "USD", "0.00"},
      {"99999999999999999999.99", "USD", "99999999999999999999.99"},
      {"1e99", "USD", "1e99"},
      {"", "USD", ""},
      {"12,50", "USD", "12,50"},
      {"NaN", "USD", "NaN"},
      {"1e", "USD", "1e"},
      {"-", "USD", "-"}};
  for (const auto& [number, currency, text] : rows) {
    EXPECT_EQ(sdk::money_text(number, currency), text) << number << ' ' << currency;
  }
}

TEST_F(SdkVendor, PartsOfAJsonTextAreCutOutUnchanged) {
  const std::string_view text =
      R"( {"a" : [ {"n":1.50, "s":"]}\"" } ,2.0,"x,y",[],null ],"b":{},"\u0061":[ 7 ]} )";
  EXPECT_EQ(sdk::member_text(text, "b"), "{}");
  EXPECT_EQ(sdk::member_text(text, "c"), "");
  // The last of two names counts, however it is spelt.
  EXPECT_EQ(sdk::member_text(text, "a"), "[ 7 ]");
  const auto all = sdk::element_texts(R"([ {"n":1.50, "s":"]}\"" } ,2.0,"x,y",[],null ])");
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0], R"({"n":1.50, "s":"]}\"" })");
  EXPECT_EQ(all[1], "2.0");
  EXPECT_EQ(all[2], R"("x,y")");
  EXPECT_EQ(all[3], "[]");
  EXPECT_EQ(all[4], "null");
  EXPECT_TRUE(sdk::element_texts("[]").empty());
  EXPECT_TRUE(sdk::element_texts("{}").empty());
  for (std::size_t i = 0; i < text.size(); ++i) {  // Cut short: no promise but to come back.
    failure_of([&] { (void)sdk::member_text(text.substr(0, i), "a"); });
    failure_of([&] { (void)sdk::element_texts(text.substr(text.size() - i)); });
  }
}

TEST_F(SdkVendor, UrlBase64HasOneSpelling) {
  // RFC 7515 appendix C.
  EXPECT_EQ(sdk::from_base64url("A-z_4ME"), "\x03\xec\xff\xe0\xc1");
  EXPECT_EQ(sdk::from_base64url(""), "");
  for (const auto* bad : {"A-z_4ME=", "A+z/4ME", "A", "A-z_4MF", "A z", "A\nz_"}) {
    EXPECT_FALSE(sdk::from_base64url(bad)) << bad;
  }
}

TEST_F(SdkVendor, APlusNeverLeavesAsAPlus) {
  EXPECT_EQ(
      sdk::with_query("https://v/cdc",
                      {{"changedSince", "2026-01-16T02:00:00+10:00"}, {"none", ""}, {"e", "a,b"}}),
      "https://v/cdc?changedSince=2026-01-16T02%3A00%3A00%2B10%3A00&e=a%2Cb");
  EXPECT_EQ(sdk::with_query("https://v/?a=1", {{"b", "2"}}), "https://v/?a=1&b=2");
}

test::Request signed_request(test::Pairs headers) {
  test::Request request;
  request.headers = std::move(headers);
  request.body = R"({"eventName":"SHIPMENT_UPDATE"})";
  request.received_at_ns = 1'767'225'600'000'000'000;
  return request;
}

// connectors.md section 11, row "Generic".
constexpr auto* kGenericMac = "f499e7039dc2fde9281dd3871166edf6828611fdd02ad9825fd780a33ac7ad14";

TEST_F(SdkVendor, TheSharedSchemeVerifiesItsVector) {
  const sdk::SharedScheme scheme(sdk::Settings("{}"), "/secret", sdk::SharedScheme::Mode::kHmac);
  const auto check = [&](test::Pairs headers) {
    const test::Request request = signed_request(std::move(headers));
    const test::detail::RequestView view(request);
    return scheme.check(host_, sdk::Request(&view.abi)).value_or("");
  };
  EXPECT_EQ(check({{"x-signature", kGenericMac}, {"x-timestamp", "1767225600"}}), "");
  EXPECT_EQ(check({{"x-signature", kGenericMac}, {"x-timestamp", "1767225601"}}),
            "signature_mismatch");
  EXPECT_EQ(check({{"x-signature", kGenericMac}, {"x-timestamp", "1767225299"}}), "stale");
  EXPECT_EQ(check({{"x-signature", kGenericMac}, {"x-timestamp", "1767225901"}}), "future");
  EXPECT_EQ(check({{"x-signature", kGenericMac}, {"x-timestamp", "1767225600000"}}),
            "timestamp_malformed");
  EXPECT_EQ(check({{"x-signature", kGenericMac}}), "timestamp_missing");
  EXPECT_EQ(check({{"x-timestamp", "1767225600"}}), "signature_missing");
  EXPECT_EQ(check({{"x-signature", "zz"}, {"x-timestamp", "1767225600"}}), "signature_malformed");
  world().secrets["/secret"] = {"newer", "house-secret"};
  EXPECT_EQ(check({{"x-signature", kGenericMac}, {"x-timestamp", "1767225600"}}), "");
  world().secrets["/secret"] = {" "};
  EXPECT_EQ(check({{"x-signature", kGenericMac}, {"x-timestamp", "1767225600"}}), "secret_blank");
}

TEST_F(SdkVendor, TheSharedSchemeAcceptsWhatItSigns) {
  for (const auto* fields :
       {"{}", R"({"mode":"static_token","signature_header":"X-Token"})",
        R"({"unit":"ms","template":"v0:{timestamp}:{body}","prefix":"v0="})",
        R"({"template":"{body}|{timestamp}","encoding":"base64","algorithm":"sha1"})",
        R"({"timestamp_header":"","key_decode":"raw","allow_from":["127.0.0.0/8","::1"]})"}) {
    const sdk::Settings settings(R"({"signature":)" + std::string(fields) + "}");
    const sdk::SharedScheme scheme(settings, "/secret", sdk::SharedScheme::Mode::kHmac);
    test::Request request = signed_request({});
    {
      const test::detail::RequestView view(request);
      request.headers = scheme.sign(host_, sdk::Request(&view.abi));
    }
    const test::detail::RequestView view(request);
    EXPECT_EQ(scheme.check(host_, sdk::Request(&view.abi)).value_or(""), "") << fields;
    request.headers[0].second.back() ^= 1;
    const test::detail::RequestView forged(request);
    EXPECT_NE(scheme.check(host_, sdk::Request(&forged.abi)).value_or(""), "") << fields;
  }
}

TEST_F(SdkVendor, TheSharedSchemeKeepsStrangersOut) {
  const sdk::SharedScheme scheme(sdk::Settings(R"({"signature":{"allow_from":["10.0.0.0/9"]}})"),
                                 "/secret", sdk::SharedScheme::Mode::kHmac);
  const test::Request request = signed_request({});
  const test::detail::RequestView view(request);
  EXPECT_EQ(scheme.check(host_, sdk::Request(&view.abi)).value_or(""), "address_not_allowed");
  for (const auto* bad : {"10.0.0.0/33", "nowhere", "10.0.0.0/x", "10.0.0"}) {
    const std::string text = R"({"signature":{"allow_from":[")" + std::string(bad) + R"("]}})";
    EXPECT_EQ(pointer_of(failure_of([&] {
                sdk::SharedScheme(sdk::Settings(text), "/secret", sdk::SharedScheme::Mode::kHmac);
              })),
              "/signature/allow_from");
  }
}

TEST_F(SdkVendor, ATokenIsFetchedOnceAndRenewedBeforeItEnds) {
  const sdk::TokenCache cache(host_, "token", {.early = std::chrono::seconds(60)});
  int logins = 0;
  const auto login = [&] {
    ++logins;
    return sdk::TokenCache::Token{"t" + std::to_string(logins), host_.now_ns() + 3'600'000'000'000};
  };
  EXPECT_EQ(cache.get(login), "t1");
  EXPECT_EQ(cache.get(login), "t1");
  EXPECT_EQ(sdk::TokenCache(host_, "token", {}).get(login), "t1") << "another process";
  world().now_ns += 3'541'000'000'000;
  EXPECT_EQ(cache.get(login), "t2");
  cache.drop("t1");
  EXPECT_EQ(cache.get(login), "t2");
  cache.drop("t2");
  EXPECT_EQ(cache.get(login), "t3");
}

TEST_F(SdkVendor, ARejectedLoginIsNotTriedAgainAtOnce) {
  const sdk::TokenCache cache(host_, "token", {.cool_down = std::chrono::minutes(15)});
  int logins = 0;
  const auto login = [&]() -> sdk::TokenCache::Token {
    ++logins;
    throw Failure(Status::kAuth, "wrong password");
  };
  EXPECT_EQ(failure_of([&] { cache.get(login); })->status(), Status::kAuth);
  EXPECT_EQ(failure_of([&] { cache.get(login); })->status(), Status::kAuth);
  EXPECT_EQ(logins, 1);
  world().now_ns += 15 * 60'000'000'000;
  EXPECT_TRUE(failure_of([&] { cache.get(login); }));
  EXPECT_EQ(logins, 2);
}

TEST_F(SdkVendor, AnswersBecomeFailuresByTheTable) {
  const auto status = [](unsigned http, std::chrono::nanoseconds retry_after = {}) {
    return failure_of(
        [&] { sdk::throw_for_status({"Acme"}, "list", {http, {}, "vendor words", retry_after}); });
  };
  for (const unsigned fine : {200u, 204u, 301u, 400u, 404u, 451u}) EXPECT_FALSE(status(fine));
  EXPECT_EQ(status(401)->status(), Status::kAuth);
  EXPECT_EQ(status(403)->status(), Status::kAuth);
  for (const unsigned late : {408u, 425u, 500u, 503u}) {
    EXPECT_EQ(status(late)->status(), Status::kTransient);
  }
  EXPECT_EQ(status(429)->status(), Status::kRateLimited);
  EXPECT_EQ(status(429)->abi().retry_after_ns, 60'000'000'000);
  EXPECT_EQ(status(429, std::chrono::milliseconds(402))->abi().retry_after_ns, 402'000'000);
  EXPECT_EQ(std::string(status(500)->what()).find("vendor words"), std::string::npos);
  EXPECT_EQ(failure_of([] { sdk::read_answer({"Acme"}, "list", {404, {}, "", {}}); })->status(),
            Status::kData);
  EXPECT_EQ(
      failure_of([] { sdk::read_answer({"Acme"}, "list", {200, {}, "<html>", {}}); })->status(),
      Status::kTransient);
}

TEST_F(SdkVendor, ACursorIsReadWithDistrust) {
  sdk::Json mine = sdk::new_cursor();
  mine.set("at", std::int64_t{7});
  EXPECT_EQ(mine.dump(), R"({"v":1,"at":7})");
  EXPECT_EQ(sdk::cursor_number(sdk::read_cursor(R"({"v":1,"at":7})")["at"]), 7);
  for (const char* text : {"", "x", "[]", "1", "{}", R"({"v":2})", R"({"v":"1"})", R"({"v":1)"}) {
    const auto failure = failure_of([&] { sdk::read_cursor(text); });
    ASSERT_TRUE(failure) << text;
    EXPECT_EQ(failure->status(), Status::kData) << text;
    EXPECT_NE(std::string(failure->what()).find("reset the source"), std::string::npos) << text;
  }
  for (const char* text : {"null", "\"7\"", "-1", "1.5", "1e3", "9223372036854775808", "true"}) {
    EXPECT_TRUE(failure_of([&] { sdk::cursor_number(sdk::Json::parse(text)); })) << text;
  }
  EXPECT_EQ(sdk::cursor_number(sdk::Json::parse("9")), 9);
  EXPECT_TRUE(failure_of([] { sdk::cursor_number(sdk::Json::parse("10"), 9); }));
}

TEST_F(SdkVendor, WhatHasNoPlaceIsKeptWithoutItsNumbers) {
  const sdk::Json object = sdk::Json::parse(
      R"({"id":"7","memo":"","gone":null,"bank":{"acct":"DE12-3456 7890","name":"First"},"list":[{"acct":"123"}]})");
  const sdk::Json rest = sdk::rest_of(object, {"id"});
  EXPECT_EQ(rest.dump(),
            R"({"bank":{"acct":"DE12-3456 7890","name":"First"},"list":[{"acct":"123"}]})");
  const auto is_private = [](std::string_view name) { return name == "acct"; };
  EXPECT_EQ(sdk::mask_members(rest, is_private).dump(),
            R"({"bank":{"acct":"****-**** 7890","name":"First"},"list":[{"acct":"***"}]})");
  EXPECT_EQ(sdk::first_text({"", "b", "c"}), "b");
  EXPECT_EQ(sdk::first_text({""}), "");
}

}  // namespace
}  // namespace gantry
