#include "host/observe/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/base/redact.hpp"
#include "host/observe/trace.hpp"

namespace gantry::observe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

class FakeClock : public Clock {
 public:
  Instant now() const override { return at; }
  std::chrono::steady_clock::time_point steady() const override { return mono; }
  // 2026-01-16T14:02:11.123456789Z
  Instant at{std::chrono::nanoseconds(1768572131123456789)};
  std::chrono::steady_clock::time_point mono{};
};

class LogTest : public testing::Test {
 protected:
  LogOptions options(Format format) {
    LogOptions options;
    options.format = format;
    options.repeats_max = 3;
    options.sink = [this](std::string_view line) {
      const std::lock_guard lock(mutex);
      lines.emplace_back(line);
    };
    return options;
  }

  FakeClock clock;
  std::mutex mutex;
  std::vector<std::string> lines;
};

TEST_F(LogTest, AJsonLineHasTimeLevelModuleEventAndTypedFields) {
  Log log(options(Format::kJson), clock);
  log.module("ingress").info("delivery_accepted", {{kSource, "front-ops"},
                                                   {kDelivery, std::string("d1")},
                                                   {"bytes", 1024u},
                                                   {"delta", -5},
                                                   {"seconds", 0.25},
                                                   {"duplicate", false}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(Json::parse(lines[0]),
            Json::parse(R"({"time":"2026-01-16T14:02:11.123Z","level":"info","module":"ingress",
                            "event":"delivery_accepted","source":"front-ops","delivery":"d1",
                            "bytes":1024,"delta":-5,"seconds":0.25,"duplicate":false})"));
}

TEST_F(LogTest, AConsoleLineReadsLeftToRight) {
  Log log(options(Format::kConsole), clock);
  log.module("ingress").warn("source_refused", {{"file", "a b.so"}, {"line", 3}, {"why", ""}});
  EXPECT_THAT(lines, ElementsAre("2026-01-16T14:02:11.123Z warn  ingress source_refused "
                                 "file=\"a b.so\" line=3 why=\"\""));
}

TEST_F(LogTest, FieldsNamedLikeSecretsAreMaskedInBothFormats) {
  for (const Format format : {Format::kJson, Format::kConsole}) {
    lines.clear();
    Log log(options(format), clock);
    log.module("m").info("e", {{"signing_key", "hunter2"},
                               {"Authorization", "Bearer hunter2"},
                               {"X-Front-Signature", "hunter2"},
                               {"api_token", "hunter2"},
                               {"password", 12345},
                               {"key", "hunter2"},
                               {"subject", "ops"}});
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_THAT(lines[0], Not(HasSubstr("hunter2")));
    EXPECT_THAT(lines[0], Not(HasSubstr("12345")));
    EXPECT_THAT(lines[0], HasSubstr("ops"));
  }
}

TEST(NamesSecret, KnowsTheUsualNamesAndLeavesOthersAlone) {
  for (const char* name : {"secret", "client_secret", "ACCESS-TOKEN", "password", "db_passwd",
                           "authorization", "Proxy-Authorization", "X-Signature", "key", "apiKey",
                           "private_key", "signing key", "Set-Cookie", "credentials"}) {
    EXPECT_TRUE(names_secret(name)) << name;
  }
  for (const char* name : {"source", "document", "idempotency_key", "monkey", "keyword", "cursor",
                           "author", "", "key_count"}) {
    EXPECT_FALSE(names_secret(name)) << name;
  }
}

TEST_F(LogTest, ControlCharactersCannotForgeALineOrDriveATerminal) {
  const std::string evil =
      "a\nforged\r\x1b[31m\x7f\xc2\x9b"
      "b\xff";
  {
    Log log(options(Format::kConsole), clock);
    log.module("m").info("e", {{"text", evil}});
  }
  {
    Log log(options(Format::kJson), clock);
    log.module("m").info("e", {{"text", evil}});
  }
  ASSERT_EQ(lines.size(), 2u);
  for (const std::string& line : lines) {
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
    EXPECT_THAT(line, Not(HasSubstr("\x7f")));
    EXPECT_THAT(line, Not(HasSubstr("\xc2\x9b")));
  }
  EXPECT_THAT(lines[0], HasSubstr("text=\"a\\x0aforged\\x0d\\x1b[31m\\x7f\\xc2\\x9bb\\xff\""));
  // A reader of the JSON gets the text back, but for the byte that was no UTF-8.
  EXPECT_EQ(Json::parse(lines[1])["text"],
            "a\nforged\r\x1b[31m\x7f\xc2\x9b"
            "b\xef\xbf\xbd");
}

TEST_F(LogTest, AQuoteInAConsoleValueCannotEndIt) {
  Log log(options(Format::kConsole), clock);
  log.module("m").info("e", {{"text", "a\" admin=true"}});
  EXPECT_THAT(lines[0], HasSubstr("text=\"a\\\" admin=true\""));
}

TEST_F(LogTest, LevelsArePerModuleAndChangeAtRunTime) {
  LogOptions with = options(Format::kConsole);
  with.level = Level::kWarn;
  with.module_levels = {{"ingress", Level::kDebug}};
  Log log(std::move(with), clock);
  const ModuleLog ingress = log.module("ingress"), stores = log.module("stores");
  ingress.debug("one");
  stores.info("no");
  EXPECT_TRUE(ingress.enabled(Level::kDebug));
  EXPECT_FALSE(stores.enabled(Level::kInfo));

  log.set_module_level("stores", Level::kInfo);
  stores.info("two");
  log.set_level(Level::kOff);
  stores.info("three");             // Has a level of its own.
  log.module("other").error("no");  // Follows the general one.

  log.set_levels(Level::kError, {{"other", Level::kInfo}});
  ingress.warn("no");
  stores.warn("no");
  log.module("other").info("four");
  std::vector<std::string> events;
  for (const auto& line : lines) events.push_back(line.substr(line.rfind(' ') + 1));
  EXPECT_THAT(events, ElementsAre("one", "two", "three", "four"));
}

TEST_F(LogTest, OffSilencesEvenErrors) {
  LogOptions with = options(Format::kJson);
  with.level = Level::kOff;
  Log log(std::move(with), clock);
  log.module("m").error("e");
  EXPECT_TRUE(lines.empty());
}

TEST_F(LogTest, ARepeatedWarningIsWrittenAFewTimesAndThenCounted) {
  Log log(options(Format::kJson), clock);
  const ModuleLog m = log.module("m");
  for (int i = 0; i < 10; ++i) m.warn("store_away", {{kSource, "a"}, {"try", i}});
  EXPECT_EQ(lines.size(), 3u);
  m.warn("store_away", {{kSource, "b"}});  // Another source is another line.
  m.warn("else");
  EXPECT_EQ(lines.size(), 5u);
  clock.mono += std::chrono::seconds(10);
  m.warn("store_away", {{kSource, "a"}});
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(Json::parse(lines[5])["silenced"], 7);
}

TEST_F(LogTest, InformationIsNeverSilenced) {
  Log log(options(Format::kJson), clock);
  for (int i = 0; i < 50; ++i) log.module("rollout").info("routed", {{"bucket", i}});
  EXPECT_EQ(lines.size(), 50u);
}

TEST_F(LogTest, TheEndTellsWhatWasSilenced) {
  {
    Log log(options(Format::kJson), clock);
    for (int i = 0; i < 5; ++i) log.module("m").error("boom", {{kSource, "a"}});
  }
  ASSERT_EQ(lines.size(), 4u);
  const Json last = Json::parse(lines[3]);
  EXPECT_EQ(last["event"], "lines_silenced");
  EXPECT_EQ(last["module"], "m");
  EXPECT_EQ(last["of"], "boom");
  EXPECT_EQ(last["silenced"], 2);
}

TEST_F(LogTest, ALineSaysWhatItsThreadWorksFor) {
  Log log(options(Format::kJson), clock);
  const ModuleLog ingress = log.module("ingress");
  {
    const LogScope outer({{kWorkflow, "webhook:front:1"}, {kAttempt, "1"}, {kRun, ""}});
    const LogScope inner({{kSource, "front"}, {kAttempt, "2"}, {"signing_key", "hunter2"}});
    ingress.info("one", {{kSource, "its-own"}});
  }
  ingress.info("two");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(Json::parse(lines[0]),
            Json::parse(R"({"time":"2026-01-16T14:02:11.123Z","level":"info","module":"ingress",
                            "event":"one","source":"its-own","attempt":"2","signing_key":"***",
                            "workflow":"webhook:front:1"})"));
  EXPECT_FALSE(Json::parse(lines[1]).contains("workflow"));
}

TEST_F(LogTest, ALineWrittenWhileASpanIsCurrentHasItsIds) {
  Log log(options(Format::kJson), clock);
  Tracer tracer(1, [](SpanRecord&&) {});
  const auto parent =
      TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").value();
  {
    const ScopedSpan span(tracer.start("span", SpanKind::kServer, parent));
    log.module("ingress").info("inside");
    const Json line = Json::parse(lines.at(0));
    EXPECT_EQ(line.at("trace_id"), "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(line.at("span_id"), span.span().context().span_hex());
  }
  log.module("ingress").info("outside");
  EXPECT_FALSE(Json::parse(lines.at(1)).contains("trace_id"));
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  {
    Log log(options(Format::kJson), clock);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log, t] {
        const ModuleLog m = log.module("m" + std::to_string(t % 2));
        for (int i = 0; i < 200; ++i) m.info("e", {{"thread", t}, {"i", i}});
      });
    }
    for (auto& thread : threads) thread.join();
  }
  ASSERT_EQ(lines.size(), 800u);
  for (const auto& line : lines) EXPECT_NO_THROW(static_cast<void>(Json::parse(line)));
}

TEST(Format, NamesAreReadAndOthersRefused) {
  EXPECT_EQ(parse_format("auto").value(), Format::kAuto);
  EXPECT_EQ(parse_format("console").value(), Format::kConsole);
  EXPECT_EQ(parse_format("json").value(), Format::kJson);
  EXPECT_FALSE(parse_format("xml"));
}

TEST(Level, NamesGoBothWaysAndOthersAreRefused) {
  for (const char* name : {"trace", "debug", "info", "warn", "error", "off"}) {
    EXPECT_EQ(to_string(parse_level(name).value()), name);
  }
  EXPECT_FALSE(parse_level("INFO"));
  EXPECT_FALSE(parse_level(""));
}

}  // namespace
}  // namespace gantry::observe
