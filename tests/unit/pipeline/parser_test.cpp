#include "host/pipeline/parser.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "host/base/encoding.hpp"

namespace gantry::pipeline {
namespace {

constexpr std::string_view kHtml =
    "<!DOCTYPE html><html><head><title>Rate &amp; route</title><meta charset=\"utf-8\">"
    "<style>p{color:red}</style></head><body><h1>Load&nbsp;4711</h1><p>Pick up in "
    "<b>Chicago</b>, IL<br>at 08:00.</p><script>alert('x')</script>"
    "<table><tr><td>Rate</td><td>$1,250.00</td></tr></table><ul><li>one</li><li>tw&ouml;</li></ul>"
    "<pre>a\n  b</pre></body></html>";
constexpr std::string_view kJson =
    R"({"title":"Tender","load":{"number":4711,"rate":1000.10,"stops":[{"city":"Chicago"},)"
    R"({"city":"Gary"}],"hot":true,"note":null}})";
constexpr std::string_view kMarkdown = "intro\n\n# Weekly report #\n\n- one\n- two\n";

std::string reason(std::string_view bytes, std::string_view type,
                   const ParseOptions& options = {}) {
  const auto parsed = parse(bytes, type, options);
  EXPECT_FALSE(parsed.has_value());
  if (parsed) return {};
  EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
  return parsed.error().what;
}

TEST(Parser, PlainTextKeepsItsWordsAndGetsOneLineEnd) {
  const auto parsed = parse("  Hello\r\nload 4711\rend \n", "text/plain; charset=utf-8").value();
  EXPECT_EQ(parsed.text, "Hello\nload 4711\nend");
  EXPECT_EQ(parsed.content_type, "text/plain");
  EXPECT_EQ(parsed.encoding, "utf-8");
  EXPECT_EQ(parsed.chunks.size(), 1u);
}

TEST(Parser, HtmlDropsScriptsAndKeepsItsBlocksAsLines) {
  const auto parsed = parse(kHtml, "text/html").value();
  EXPECT_EQ(parsed.title, "Rate & route");
  EXPECT_EQ(parsed.text,
            "Load\u00A04711\nPick up in Chicago, IL\nat 08:00.\nRate $1,250.00\n- one\n- twö\n"
            "a\n  b");
}

TEST(Parser, HtmlInItsMetaCharsetIsConverted) {
  // 0xC4 0xEF is "Дп" … in KOI8-R (RFC 1489): 0xC4 д, 0xEF О.
  const auto parsed =
      parse("<html><head><meta charset=koi8-r></head><body>\xC4\xEF</body></html>", "text/html")
          .value();
  EXPECT_EQ(parsed.text, "дО");
  EXPECT_EQ(parsed.encoding, "koi8-r");
}

TEST(Parser, ACharsetThatWouldReplaceSilentlyIsNotUsed) {
  const auto parsed = parse("caf\xE9 \x80", "text/plain; charset=ascii//TRANSLIT").value();
  EXPECT_EQ(parsed.text, "café €");
  EXPECT_EQ(parsed.encoding, "windows-1252");
}

TEST(Parser, BytesThatAreNotUtf8AreWindows1252AndTheDecisionIsRecorded) {
  const auto parsed = parse(
                          "Montr\xE9"
                          "al \x93ok\x94",
                          "text/plain")
                          .value();
  EXPECT_EQ(parsed.text, "Montréal “ok”");
  EXPECT_EQ(parsed.encoding, "windows-1252");
}

TEST(Parser, AByteThatNoEncodingHasIsRefused) {
  EXPECT_NE(reason("caf\xE9 \x81", "text/plain").find("byte 5"), std::string::npos);
}

TEST(Parser, ByteOrderMarksDecide) {
  using namespace std::string_view_literals;
  EXPECT_EQ(parse("\xEF\xBB\xBFok", "text/plain").value().text, "ok");
  const auto wide = parse("\xFF\xFEo\0k\0"sv, "").value();
  EXPECT_EQ(wide.text, "ok");
  EXPECT_EQ(wide.encoding, "utf-16le");
  EXPECT_EQ(parse("\xFE\xFF\0o\0k"sv, "").value().encoding, "utf-16be");
  EXPECT_NE(reason("\xEF\xBB\xBF\xFF", "text/plain").find("byte order mark"), std::string::npos);
}

TEST(Parser, JsonBecomesLinesWhoseNumbersKeepTheirDigits) {
  const auto parsed = parse(kJson, "application/vnd.api+json").value();
  EXPECT_EQ(parsed.title, "Tender");
  EXPECT_EQ(parsed.text,
            "title: Tender\nload.number: 4711\nload.rate: 1000.10\nload.stops.city: Chicago\n"
            "load.stops.city: Gary\nload.hot: true");
}

TEST(Parser, MarkdownGivesItsFirstHeadingAsTitle) {
  const auto parsed = parse(kMarkdown, "text/markdown").value();
  EXPECT_EQ(parsed.title, "Weekly report");
  EXPECT_NE(parsed.text.find("- two"), std::string::npos);
}

TEST(Parser, AnAbsentOrGenericTypeIsSniffed) {
  EXPECT_EQ(parse(kHtml, "").value().content_type, "text/html");
  EXPECT_EQ(parse(kJson, "application/octet-stream").value().content_type, "application/json");
  EXPECT_EQ(parse("[ok] see below [end]", "").value().content_type, "text/plain");
  EXPECT_EQ(sniff("%PDF-1.7"), "application/pdf");
}

TEST(Parser, UnknownTypesEmptyContentAndMalformedJsonSayWhy) {
  EXPECT_NE(reason("<?xml version=\"1.0\"?><a/>", "").find("application/xml"), std::string::npos);
  EXPECT_EQ(reason("", "text/plain"), "empty content");
  EXPECT_EQ(reason(" \r\n\t", "text/html"), "empty content");
  EXPECT_NE(reason("<html><script>x</script></html>", "text/html").find("empty content"),
            std::string::npos);
  EXPECT_NE(reason("{}", "application/json").find("empty content"), std::string::npos);
  EXPECT_EQ(reason("{\"a\":", "application/json"), "malformed JSON at byte 6");
  EXPECT_NE(reason(std::string_view("a\0b", 3), "text/plain").find("NUL"), std::string::npos);
  EXPECT_NE(reason(R"({"a":"x\u0000y"})", "application/json").find("NUL"), std::string::npos);
}

TEST(Parser, LimitsHoldForSizeNestingAndExpansion) {
  ParseOptions options;
  options.limits = {.input_bytes_max = 2000, .output_bytes_max = 2000, .nesting_max = 20};
  EXPECT_NE(reason(std::string(2001, 'a'), "text/plain", options).find("2000"), std::string::npos);
  EXPECT_NE(reason(std::string(30, '[') + std::string(30, ']'), "application/json", options)
                .find("nesting"),
            std::string::npos);
  std::string deep;
  for (int i = 0; i < 30; ++i) deep += "<div>";
  EXPECT_NE(reason(deep + "x", "text/html", options).find("nesting"), std::string::npos);
  // The long key stands before every value: 500 × 2 bytes in, 500 × 1,000 out.
  std::string json = "{\"" + std::string(900, 'k') + "\":[1";
  for (int i = 0; i < 400; ++i) json += ",1";
  EXPECT_NE(reason(json + "]}", "application/json", options).find("text size"), std::string::npos);
}

TEST(Parser, EveryTruncationIsAValueOrAReason) {
  for (const auto& [sample, type] : {std::pair{kHtml, "text/html"},
                                     {kJson, "application/json"},
                                     {kMarkdown, "text/markdown"},
                                     {std::string_view("Grüße, 世界. नमस्ते।"), "text/plain"}}) {
    for (std::size_t size = 0; size <= sample.size(); ++size) {
      const auto parsed = parse(sample.substr(0, size), type);
      if (parsed) {
        EXPECT_TRUE(is_utf8(parsed->text));
        EXPECT_FALSE(parsed->text.empty());
      } else {
        EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
      }
    }
  }
}

TEST(ParsedText, TravelsAsJson) {
  const auto parsed = parse(kHtml, "text/html").value();
  EXPECT_EQ(Json(parsed).get<ParsedText>(), parsed);
  Json broken = parsed;
  broken["chunks"] = Json::array({Json::array({0, parsed.text.size() + 1})});
  EXPECT_ANY_THROW(broken.get<ParsedText>());
}

}  // namespace
}  // namespace gantry::pipeline
