#include <gtest/gtest.h>
#include <gantry/sdk/webhook.hpp>

#include <gantry/sdk/decimal.hpp>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/text.hpp>
#include <set>

#include "tests/support/plugin_host.hpp"

namespace gantry {
namespace {

test::Plugin& everything() {
  static test::Plugin loaded(GANTRY_EVERYTHING_SO);
  loaded.world() = {};
  return loaded;
}

test::Request request(std::string_view body, test::Pairs headers = {}) {
  test::Request made;
  made.body = body;
  made.headers = std::move(headers);
  return made;
}

TEST(SdkEdge, AFailureCarriesAllOfItsWordsToTheHost) {
  const test::Source source(everything(), "{}");
  const auto output = source.parse(request("auth"));
  EXPECT_EQ(output.status, GANTRY_AUTH);
  EXPECT_EQ(output.error.message, "token refused");
  EXPECT_EQ(output.error.detail, "vendor words");
  EXPECT_EQ(output.error.code, "invalid_grant");
  EXPECT_EQ(output.error.pointer, "/token");
  EXPECT_EQ(output.error.retry_after_ns, 7'000'000'000);
}

TEST(SdkEdge, EveryExceptionStopsInsideThePlugin) {
  const test::Source source(everything(), "{}");
  const auto bug = source.parse(request("bug"));
  EXPECT_EQ(bug.status, GANTRY_BUG);
  EXPECT_EQ(bug.error.message.find("payload"), std::string::npos);
  EXPECT_EQ(bug.error.detail, "payload words");
  EXPECT_EQ(source.parse(request("int")).status, GANTRY_BUG);
  EXPECT_EQ(source.parse(request("memory")).status, GANTRY_TRANSIENT);
  EXPECT_EQ(source.verify(request("bug")).status, GANTRY_BUG);
  EXPECT_EQ(source.verify(request("bug")).decision, -1);
  EXPECT_EQ(source.poll("int").status, GANTRY_BUG);
}

TEST(SdkEdge, AConstructorThatThrowsMakesNoInstance) {
  const test::Source source(everything(), R"({"fail":"auth"})");
  EXPECT_EQ(source.status, GANTRY_AUTH);
  EXPECT_EQ(source.error.message, "token refused");
  EXPECT_EQ(source.instance(), nullptr);
}

TEST(SdkWebhook, EveryValueOfAHeaderIsSeen) {
  const test::Source source(everything(), "{}");
  EXPECT_EQ(source.verify(request("", {{"X-TEST", " one "}})).delivery_id, "one");
  EXPECT_EQ(source.verify(request("", {{"X-Test", "1"}, {"y", "2"}, {"x-test", "3"}})).reason,
            "count_2");
  EXPECT_EQ(source.verify(request("")).reason, "count_0");
}

TEST(SdkWebhook, HeadersAreReadByTheHostsStride) {
  struct Wide {
    gantry_pair pair;
    std::uint64_t added;
  };
  const Wide wide[] = {{{test::span("a"), test::span("1")}, 7},
                       {{test::span("x-test"), test::span("2")}, 8}};
  gantry_request raw{};
  raw.struct_size = sizeof raw;
  raw.header_count = 2;
  raw.header_stride = sizeof(Wide);
  raw.headers = &wide[0].pair;
  EXPECT_EQ(sdk::Request(&raw).headers("X-Test"), std::vector<std::string_view>{"2"});
}

TEST(SdkWebhook, RecordsArriveWithTheirFlags) {
  const test::Source source(everything(), "{}");
  const auto output = source.parse(request("tombstone"));
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].kind, "thing");
  EXPECT_EQ(output.records[0].title, "POST");
  EXPECT_EQ(output.records[0].raw, "tombstone");
  EXPECT_EQ(output.records[0].flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(output.records[0].occurred_at_ns, GANTRY_TIME_UNKNOWN);
  EXPECT_EQ(source.parse(request("purge")).records[0].flags, GANTRY_RECORD_PURGE);
}

TEST(SdkWebhook, WithoutSignThereIsNoSlot) {
  const test::Source source(everything(), "{}");
  EXPECT_EQ(source.capability<gantry_webhook>(GANTRY_CAP_WEBHOOK)->sign, nullptr);
}

TEST(SdkPoller, AnyChainOfInterruptedPollsMissesNoRecord) {
  test::Plugin& plugin = everything();
  const test::Source source(plugin, "{}");
  const auto whole = source.poll("");
  EXPECT_EQ(whole.records.size(), 4u);
  EXPECT_FALSE(whole.more);
  // The sink stops at the second record, before its checkpoint: that record comes again.
  plugin.world().records_max = 2;
  std::string cursor;
  std::set<std::string> keys;
  bool more = true;
  for (int round = 0; more && round < 10; ++round) {
    const auto part = source.poll(cursor);
    for (const auto& record : part.records) keys.insert(record.key);
    if (!part.checkpoints.empty()) cursor = part.checkpoints.back();
    more = part.more;
  }
  EXPECT_FALSE(more);
  EXPECT_EQ(keys, (std::set<std::string>{"0", "1", "2", "3"}));
}

TEST(SdkPoller, ACancelledPollSaysSo) {
  test::Plugin& plugin = everything();
  const test::Source source(plugin, "{}");
  plugin.world().cancelled = true;
  EXPECT_EQ(source.poll("").status, GANTRY_CANCELLED);
}

TEST(SdkCheck, TheServicesAreReachedThroughTheHost) {
  test::Plugin& plugin = everything();
  plugin.world().http = [](const test::HttpExchange& exchange) {
    return test::HttpAnswer{.http_status = 429,
                            .headers = {{"X", exchange.headers[0].second}},
                            .body = exchange.method + ' ' + exchange.url + ' ' + exchange.body};
  };
  const auto findings = test::Source(plugin, "{}").check();
  ASSERT_EQ(findings.size(), 4u);
  EXPECT_EQ(findings[0].what, "kv 101");
  EXPECT_EQ(findings[1].what, "secret new");
  EXPECT_EQ(findings[2].what, "http 429 POST https://api.example/x ask");
  EXPECT_EQ(findings[2].state, GANTRY_CHECK_WARN);
  EXPECT_EQ(findings[2].remedy, "b");
  EXPECT_EQ(findings[3].what, "waited");
  EXPECT_EQ(plugin.world().progress, 1);
}

/// Drives the capabilities that need handles, straight through their tables.
class SdkHandles : public testing::Test {
 protected:
  test::Plugin& plugin_ = everything();
  test::Source source_{plugin_, "{}"};
  test::detail::CallState call_state_{&plugin_.world(), {}};
  gantry_call call_ = test::detail::make_call(call_state_);
  test::Output output_;
  test::detail::SinkState sink_state_{&plugin_.world(), &output_};
  gantry_sink sink_ = test::detail::make_sink(sink_state_);
};

TEST_F(SdkHandles, AFeedEmitsCheckpointsAcksAndEnds) {
  const auto& stream = *source_.capability<gantry_stream>(GANTRY_CAP_STREAM);
  gantry_feed* feed = nullptr;
  ASSERT_EQ(stream.open(source_.instance(), &call_, test::span("1"), &feed), GANTRY_OK);
  EXPECT_EQ(stream.next(feed, &call_, 3, 1 << 20, 0, &sink_), GANTRY_OK);
  EXPECT_EQ(output_.records.size(), 3u);
  EXPECT_EQ(output_.checkpoints, std::vector<std::string>{"4"});
  EXPECT_EQ(stream.ack(feed, &call_, test::span("4")), GANTRY_OK);
  gantry_error reason{};
  reason.message = test::span("store away");
  EXPECT_EQ(stream.nack(feed, &call_, test::span("4"), &reason), GANTRY_OK);
  EXPECT_EQ(stream.next(feed, &call_, 3, 1 << 20, 0, &sink_), GANTRY_OK);
  EXPECT_EQ(stream.next(feed, &call_, 3, 1 << 20, 0, &sink_), GANTRY_END);
  stream.close(feed);
  EXPECT_EQ(plugin_.world().log, (std::vector<std::string>{
                                     "acked cursor=4", "nacked reason=store away", "feed_closed"}));
  feed = nullptr;
  EXPECT_EQ(stream.open(source_.instance(), &call_, test::span("none"), &feed), GANTRY_BUG);
  EXPECT_EQ(feed, nullptr);
}

TEST_F(SdkHandles, AFileInChunksOfAnySizeGivesTheSameRecords) {
  const auto& batch = *source_.capability<gantry_batch>(GANTRY_CAP_BATCH);
  gantry_file_info info{};
  info.struct_size = sizeof info;
  info.name = test::span("a.txt");
  EXPECT_EQ(batch.probe(source_.instance(), &info, test::span("x")), 80);
  EXPECT_EQ(batch.probe(source_.instance(), &info, test::span("bug")), 0);

  std::vector<std::pair<std::string, std::string>> written;
  gantry_outbox outbox{sizeof outbox, 0, &written,
                       [](gantry_outbox* self, gantry_span name, gantry_span content) {
                         static_cast<std::vector<std::pair<std::string, std::string>>*>(self->impl)
                             ->emplace_back(test::text(name), test::text(content));
                         return gantry_status{GANTRY_OK};
                       }};
  const std::string content = "one\nbad\ntwo\nthree";
  for (const std::size_t chunk : {1u, 3u, 7u, 100u}) {
    output_ = {};
    written.clear();
    gantry_file* file = nullptr;
    std::uint64_t offset = 99;
    ASSERT_EQ(batch.open(source_.instance(), &call_, &info, test::span(""), &offset, &file),
              GANTRY_OK);
    EXPECT_EQ(offset, 0u);
    for (std::size_t at = 0; at < content.size(); at += chunk) {
      const std::string part = content.substr(at, chunk);
      EXPECT_EQ(batch.feed(file, &call_, test::span(part), &sink_), GANTRY_OK);
    }
    EXPECT_EQ(batch.finish(file, &call_, &sink_, &outbox), GANTRY_OK);
    batch.close(file);
    ASSERT_EQ(output_.records.size(), 3u);
    EXPECT_EQ(output_.records[2].key, "three");
    ASSERT_EQ(output_.rejected.size(), 1u);
    EXPECT_EQ(output_.rejected[0].first, "bad");
    EXPECT_EQ(output_.rejected[0].second.message, "a bad line");
    ASSERT_EQ(written.size(), 1u);
    EXPECT_EQ(written[0].first, "report.txt");
  }
}

TEST(CTemplate, AcceptsItsTokenAndEmitsTheBody) {
  test::Plugin plugin(GANTRY_ACME_C_SO);
  const test::Source source(plugin, R"({"token":"env:T"})");
  plugin.world().secrets = {{"/token", {"new-token", "old-token"}}};
  EXPECT_EQ(source.verify(request("{}", {{"X-Acme-Token", "old-token"}})).decision,
            GANTRY_VERDICT_ACCEPT);
  EXPECT_EQ(source.verify(request("{}", {{"X-Acme-Token", "bad-token"}})).decision,
            GANTRY_VERDICT_REJECT);
  EXPECT_EQ(source.verify(request("{}", {{"X-Acme-Token", ""}})).decision, GANTRY_VERDICT_REJECT);
  EXPECT_EQ(source.verify(request("{}")).decision, GANTRY_VERDICT_REJECT);
  const auto output = source.parse(request("abc"));
  ASSERT_EQ(output.records.size(), 1u);
  // SHA-256 of "abc": FIPS 180-2, appendix B.1.
  EXPECT_EQ(output.records[0].key,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(source.parse(request("")).status, GANTRY_DATA);
}

// RFC 4648 section 10.
TEST(SdkText, Base64MatchesTheStandardsVectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(sdk::to_base64(plain), coded);
    EXPECT_EQ(sdk::from_base64(coded), plain);
  }
  for (const auto* bad :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm 9", "Zm9v\n", "Zg==Zg=="}) {
    EXPECT_EQ(sdk::from_base64(bad), std::nullopt) << bad;
  }
}

TEST(SdkText, HexGoesBothWaysAndRefusesTheRest) {
  EXPECT_EQ(sdk::to_hex(std::string_view("\x00\x7f\xff", 3)), "007fff");
  EXPECT_EQ(sdk::from_hex("007Fff"), std::string("\x00\x7f\xff", 3));
  EXPECT_EQ(sdk::from_hex("0"), std::nullopt);
  EXPECT_EQ(sdk::from_hex("0g"), std::nullopt);
}

// RFC 3629 section 3 and 10: overlong forms, surrogates, beyond U+10FFFF, cut sequences.
TEST(SdkText, Utf8IsOnlyWhatTheStandardAllows) {
  for (const auto* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x9a\x9a",
                           "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"}) {
    EXPECT_TRUE(sdk::is_utf8(good)) << good;
  }
  for (const auto* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
                          "\xc3", "\xe2\x82", "\xf0\x9f\x9a", "\xc3(", "\xe2(\xac"}) {
    EXPECT_FALSE(sdk::is_utf8(bad)) << bad;
  }
}

TEST(SdkDecimal, TheEndsOfTheRangeAreExact) {
  EXPECT_EQ(sdk::seconds_to_ns("9223372036.854775807"), INT64_MAX);
  EXPECT_EQ(sdk::seconds_to_ns("9223372036.854775808"), std::nullopt);
  EXPECT_EQ(sdk::seconds_to_ns("-9223372036.854775808"), INT64_MIN);
  EXPECT_EQ(sdk::seconds_to_ns("-9223372036.854775809"), std::nullopt);
  EXPECT_EQ(sdk::seconds_to_ns("0000000000000000001.5"), 1'500'000'000);
  EXPECT_EQ(sdk::seconds_to_ns("0.0000000001"), 0);
  EXPECT_EQ(sdk::seconds_to_ns("15e-1"), 1'500'000'000);
  EXPECT_EQ(sdk::seconds_to_ns("1e-99999999999"), 0);
  EXPECT_EQ(sdk::seconds_to_ns("1e99999999999"), std::nullopt);
  for (const auto* bad : {"", "-", ".5", "5.", "1e", "1e+", "1 ", " 1", "0x1", "nan", "+1"}) {
    EXPECT_EQ(sdk::seconds_to_ns(bad), std::nullopt) << bad;
  }
}

TEST(SdkJson, NumbersKeepTheTextThatWasSent) {
  const auto* text =
      R"({"id":12345678901234567890123,"price":10.00,"t":1767225599.412,"n":-7,"e":1E5})";
  EXPECT_EQ(sdk::Json::parse(text).dump(), text);
  EXPECT_EQ(sdk::Json::parse(text)["price"].text(), "10.00");
}

TEST(SdkJson, WhatIsAbsentOrOfAnotherTypeIsEmpty) {
  const auto json = sdk::Json::parse(R"({"a":"x","b":[1],"c":true,"a":"y"})");
  EXPECT_EQ(json["a"].text(), "y");  // Of a repeated member the last counts.
  EXPECT_TRUE(json["none"]["deeper"].is_null());
  EXPECT_EQ(json["b"].text(), "");
  EXPECT_FALSE(json["a"].truth());
  EXPECT_TRUE(json["c"].truth());
  EXPECT_TRUE(json["a"].items().empty());
  EXPECT_EQ(json["b"].items().size(), 1u);
}

TEST(SdkJson, StringsAreEscapedAndForeignBytesLeftOut) {
  sdk::Json object = sdk::Json::object();
  object.set("k", std::string("a\"b\\c\n\x01\xc3\xa9"));
  object.set("bad", std::string("\xff"));
  object.set_if("empty", "");
  EXPECT_EQ(object.dump(), "{\"k\":\"a\\\"b\\\\c\\n\\u0001\xc3\xa9\",\"bad\":\"\"}");
}

TEST(SdkJson, NestingIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(sdk::Json::parse(nested(128)).dump(), nested(128));
  EXPECT_THROW(sdk::Json::parse(nested(129)), sdk::Failure);
}

}  // namespace
}  // namespace gantry
