// Which bytes are rows and fields, through the real csv.so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/csv/csv_samples.hpp"

namespace gantry::csv {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Rows = std::vector<std::vector<std::string>>;

// Columns are called a, b, c, so that extra keeps their order.
Rows rows(std::string_view content, const json& settings = json::object()) {
  const auto output = read(settings, content);
  EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
  EXPECT_THAT(output.rejected, IsEmpty());
  return extras(output);
}

TEST(Dialect, Rfc4180Section2) {
  EXPECT_EQ(rows("a,b,c\r\naaa,bbb,ccc\r\nzzz,yyy,xxx\r\n"),
            (Rows{{"aaa", "bbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
  EXPECT_EQ(rows("a,b,c\r\naaa,bbb,ccc\r\nzzz,yyy,xxx"),
            (Rows{{"aaa", "bbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
  EXPECT_EQ(rows("a,b,c\r\n\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx"),
            (Rows{{"aaa", "b\r\nbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
  EXPECT_EQ(rows("a,b,c\r\n\"aaa\",\"b\"\"bb\",\"ccc\""), (Rows{{"aaa", "b\"bb", "ccc"}}));
  EXPECT_EQ(rows("a,b\r\n x , y \r\n"), (Rows{{" x ", " y "}})) << "spaces count";
}

TEST(Dialect, LineEndsOfEveryKindAndBlankLines) {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    const std::string e(end);
    EXPECT_EQ(rows("a,b" + e + "1,2" + e + e + "3,4" + e), (Rows{{"1", "2"}, {"3", "4"}}));
  }
}

TEST(Dialect, TheDelimiterIsFoundOutsideQuotes) {
  EXPECT_EQ(rows("a;b\n\"1,1,1\";2\n\"3,3,3\";4\n"), (Rows{{"1,1,1", "2"}, {"3,3,3", "4"}}));
  EXPECT_EQ(rows("a\tb\n1,5\t2\n"), (Rows{{"1,5", "2"}}));
  EXPECT_EQ(rows("a|b\n1;2|3\n"), (Rows{{"1;2", "3"}}));
  EXPECT_EQ(rows("a\n1\n2\n"), (Rows{{"1"}, {"2"}}));
}

TEST(Dialect, ADecimalCommaIsNoDelimiter) {
  EXPECT_EQ(rows("1,5;2,5\n3,5;4,5\n", {{"header", "none"}}),
            (Rows{{"1,5", "2,5"}, {"3,5", "4,5"}}));
}

TEST(Dialect, ConfigurationWinsOverWhatTheFileLooksLike) {
  EXPECT_EQ(metadata(read({{"delimiter", ","}}, "a;b,c\n1;2,3\n").records.at(0))["extra"],
            (json{{"a;b", "1;2"}, {"c", "3"}}));
  EXPECT_EQ(metadata(read({{"delimiter", ","}}, "sep=;\na;b,c\n1;2,3\n").records.at(0))["extra"],
            (json{{"a;b", "1;2"}, {"c", "3"}}));
}

TEST(Dialect, TheSepLineIsHonouredAndIsNoRow) {
  EXPECT_EQ(rows("sep=;\r\na;b\r\n1,2;3\r\n"), (Rows{{"1,2", "3"}}));
  EXPECT_EQ(rows("\"sep=|\"\na|b\n1|2\n"), (Rows{{"1", "2"}}));
  EXPECT_EQ(rows("\xEF\xBB\xBFSEP=\t\na\tb\n1\t2\n"), (Rows{{"1", "2"}}));
}

TEST(Dialect, AQuoteInsideAnUnquotedFieldIsALetter) {
  EXPECT_EQ(rows("a,b\n5\" pipe,6\"\n"), (Rows{{"5\" pipe", "6\""}}));
}

TEST(Dialect, ABackslashEscapesWhereItIsConfigured) {
  EXPECT_EQ(rows("a,b\n\"say \\\"hi\\\"\",\"c:\\\\x\\n\"\n1\\,5,2\n", {{"escape", "backslash"}}),
            (Rows{{"say \"hi\"", "c:\\x\\n"}, {"1,5", "2"}}));
  EXPECT_EQ(rows("a,b\n\"c:\\\",2\n"), (Rows{{"c:\\", "2"}})) << "a letter otherwise";
}

TEST(Dialect, BlanksAfterADelimiterMayBeSkipped) {
  EXPECT_EQ(rows("a, b\n1, \"2, 3\"\n", {{"skip_initial_space", true}}), (Rows{{"1", "2, 3"}}));
}

TEST(Dialect, ATrailingDelimiterIsNoColumn) {
  EXPECT_EQ(rows("a,b,\n1,2,\n3,4,\n"), (Rows{{"1", "2"}, {"3", "4"}}));
  EXPECT_EQ(rows("a,b\n1,2,\n"), (Rows{{"1", "2"}}));
  EXPECT_EQ(rows("a,b,\n1,2\n"), (Rows{{"1", "2"}}));
}

TEST(Dialect, CommentsAndSkippedLinesStandAboveTheHeaderOnly) {
  EXPECT_EQ(rows("# made by x\n# at y\na,b\n#1,2\n"), (Rows{{"#1", "2"}}));
  EXPECT_EQ(rows("Report of May\n\na,b\n1,2\n", {{"skip_lines", 2}}), (Rows{{"1", "2"}}));
}

TEST(Dialect, ATotalsRowIsOneOnlyAtTheEnd) {
  EXPECT_EQ(rows("a,b\nx,1\nTotal:,1\n"), (Rows{{"x", "1"}}));
  EXPECT_EQ(rows("a,b\nx,1\n,SUMME\n"), (Rows{{"x", "1"}}));
  EXPECT_EQ(rows("a,b\ntotal,1\nx,1\n"), (Rows{{"total", "1"}, {"x", "1"}}));
  EXPECT_EQ(rows("a,b\nTotal Transport,1\n"), (Rows{{"Total Transport", "1"}}));
}

TEST(Dialect, ARepeatedHeaderLineIsNoRow) {
  EXPECT_EQ(rows("a,b\n1,2\na,b\n3,4\n"), (Rows{{"1", "2"}, {"3", "4"}}));
}

TEST(Dialect, TextAfterAClosingQuoteMakesABadRowAndTheNextIsRead) {
  const auto output = read(json::object(), "a,b\n\"x\"y,1\n2,3\n");
  EXPECT_EQ(output.status, GANTRY_OK);
  ASSERT_EQ(output.rejected.size(), 1u);
  EXPECT_EQ(output.rejected[0].first, "\"x\"y,1");
  EXPECT_EQ(output.rejected[0].second.message,
            "line 2, byte 4: the row has text after a closing quote");
  EXPECT_EQ(extras(output), (Rows{{"2", "3"}}));
}

TEST(Dialect, AQuoteThatIsNeverClosedRefusesTheFileWithItsLine) {
  const auto output = read(json::object(), "a,b\n1,2\n3,\"4\n5,6\n");
  EXPECT_EQ(output.status, GANTRY_DATA);
  EXPECT_THAT(output.error.message, HasSubstr("line 3, byte 8"));
  EXPECT_THAT(output.error.message, HasSubstr("opened in line 3 is never closed"));
  const auto limited = read({{"row_bytes_max", 64}}, "a,b\n3,\"" + std::string(100, 'x'));
  EXPECT_EQ(limited.status, GANTRY_DATA);
  EXPECT_THAT(limited.error.message, HasSubstr("longer than 64 bytes"));
}

TEST(Encoding, IsDecidedByMarkThenUtf8ThenFallbackAndRecorded) {
  const auto encoding = [](std::string_view content, const json& settings = json::object()) {
    const auto output = read(settings, content);
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
    const json found = metadata(output.records.at(0));
    return found["csv"]["encoding"].get<std::string>() + ' ' +
           found["extra"]["a"].get<std::string>();
  };
  EXPECT_EQ(encoding("a\nx\n"), "utf-8 x");
  EXPECT_EQ(encoding("\xEF\xBB\xBF"
                     "a\nx\n"),
            "utf-8 x");
  EXPECT_EQ(encoding("a\nM\xC3\xBCnchen\n"), "utf-8 München");
  EXPECT_EQ(encoding("a\nM\xFCnchen \x80\n"), "windows-1252 München €");
  EXPECT_EQ(encoding("a\nM\xFCnchen\n", {{"fallback_encoding", "iso-8859-15"}}),
            "iso-8859-15 München");
  EXPECT_EQ(encoding("a\n\xA4\n", {{"encoding", "iso-8859-15"}}), "iso-8859-15 €");
  EXPECT_EQ(encoding(std::string("\xFF\xFE"
                                 "a\0\n\0\xFC\0\n\0",
                                 10)),
            "utf-16le ü");
  EXPECT_EQ(encoding(std::string("\xFE\xFF\0a\0\n\xD8\x3D\xDE\x9A\0\n", 12)), "utf-16be 🚚");
}

TEST(Encoding, TheFirstRowThatIsNotAsciiDecidesBehindTheHead) {
  std::string content = "a\n";
  while (content.size() < 70'000) content += "plain\n";
  const auto latin = read(json::object(), content + "M\xFCnchen\n");
  EXPECT_EQ(metadata(latin.records.front())["csv"]["encoding"], "utf-8");
  EXPECT_EQ(metadata(latin.records.back())["csv"]["encoding"], "windows-1252");
  EXPECT_EQ(metadata(latin.records.back())["extra"]["a"], "München");
}

TEST(Encoding, OnceDecidedForeignBytesAreABadRowAndNeverReplaced) {
  const auto utf8 = read(json::object(),
                         "a\nM\xC3\xBCnchen\n" + std::string(70'000, 'x') + "\nM\xFCnchen\nlast\n");
  EXPECT_EQ(utf8.status, GANTRY_OK);
  ASSERT_EQ(utf8.rejected.size(), 1u);
  EXPECT_EQ(utf8.rejected[0].first, "M\xFCnchen");
  EXPECT_THAT(utf8.rejected[0].second.message, HasSubstr("mean nothing in utf-8"));
  EXPECT_EQ(utf8.records.size(), 3u);
  const auto open = read(json::object(), "a\n\xFC\n\x81\n");
  ASSERT_EQ(open.rejected.size(), 1u) << "0x81 is no letter of Windows-1252";
}

TEST(Encoding, WhatContradictsItselfRefusesTheFile) {
  EXPECT_THAT(read({{"encoding", "windows-1252"}},
                   "\xEF\xBB\xBF"
                   "a\n1\n")
                  .error.message,
              HasSubstr("byte order mark of utf-8"));
  EXPECT_THAT(read({{"fallback_encoding", "none"}}, "a\n\xFC\n").error.message,
              HasSubstr("not UTF-8"));
  EXPECT_THAT(read(json::object(), std::string("a\0\n\0x\0\n\0", 8)).error.message,
              HasSubstr("UTF-16 without a byte order mark"));
  EXPECT_THAT(read(json::object(), std::string("\xFF\xFE"
                                               "a\0\n\0\x3D\xD8x\0",
                                               10))
                  .error.message,
              HasSubstr("half a letter"));
}

TEST(Encoding, ANulIsABadRowOrTakenOutWhereThatIsConfigured) {
  const std::string content("a,b\nx\0\0,1\n2,3\n", 14);
  const auto output = read(json::object(), content);
  ASSERT_EQ(output.rejected.size(), 1u);
  EXPECT_THAT(output.rejected[0].second.message, HasSubstr("NUL"));
  EXPECT_EQ(rows(content, {{"strip_nul", true}}), (Rows{{"x", "1"}, {"2", "3"}}));
}

TEST(Encoding, RawIsTheBytesAsTheyWere) {
  EXPECT_EQ(read(json::object(), "a\nM\xFCnchen\r\n").records.at(0).raw, "M\xFCnchen");
  EXPECT_EQ(read(json::object(), std::string("\xFF\xFE"
                                             "a\0\n\0\xFC\0\n\0",
                                             10))
                .records.at(0)
                .raw,
            std::string("\xFC\0", 2));
}

TEST(Probe, KnowsItsOwnAndLeavesOthers) {
  const test::Source source(plugin(), config(id_and_name()));
  EXPECT_EQ(source.probe("id;name\n1;Alice\n", {"loads.csv", "", 0}), 100);
  EXPECT_EQ(source.probe("\xEF\xBB\xBFid,name\n1,Alice\n"), 90);
  EXPECT_EQ(source.probe("a,b\n1,2\n"), 60);
  EXPECT_GT(source.probe("anything"), 0);
  for (const char* foreign : {"ISA*00*          *", "UNA:+.? '", "UNB+UNOA:1", "<xml/>",
                              "{\"a\":1}", "%PDF-1.7", "PK\x03\x04xx"}) {
    EXPECT_EQ(source.probe(foreign), 0) << foreign;
  }
  EXPECT_GT(source.probe("ISA_NO,id,name\n"), 0);
  EXPECT_EQ(source.probe(std::string_view("a\0b\0c", 5)), 0);
}

}  // namespace
}  // namespace gantry::csv
