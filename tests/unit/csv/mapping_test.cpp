// What becomes of the fields, through the real csv.so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/base/encoding.hpp"
#include "tests/unit/csv/csv_samples.hpp"

namespace gantry::csv {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The metadata of a file of one column `a` and one row; "!reason" where the row is bad.
json value(json column, std::string_view field) {
  column["target"] = "v";
  column["sources"] = {"a"};
  const auto output =
      read({{"columns", {column}}, {"delimiter", "|"}}, "a|b\n" + std::string(field) + "|x\n");
  EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
  if (!output.rejected.empty()) {
    const std::string& why = output.rejected[0].second.message;
    return "!" + why.substr(why.find(": ") + 2);
  }
  return metadata(output.records.at(0)).value("v", json());
}

TEST(Mapping, GoldenRecord) {
  const json settings = {
      {"columns",
       {{{"target", "load_id"}, {"sources", {"Load No", "load id"}}, {"required", true}},
        {{"target", "pickup_at"},
         {"sources", {"pickup"}},
         {"type", "datetime"},
         {"format", "MM/DD/YYYY hh:mm A"},
         {"tz", "America/Chicago"}},
        {{"target", "rate"},
         {"sources", {"Rate"}},
         {"type", "decimal"},
         {"group", ","},
         {"currency", "USD"}},
        column("zip", "ZIP")}},
      {"key", {"load_id"}},
      {"title", "Load {load_id} to {zip}"},
      {"occurred_at", "pickup_at"}};
  const test::Source source(plugin(), config(settings));
  ASSERT_EQ(source.status, GANTRY_OK) << source.error.message;
  test::FileInfo info;
  info.name = "loads.csv";
  info.modified_at_ns = 1'768'550'531'000'000'000;
  const auto output = source.read(
      "LOAD_ID,Pickup,Rate,ZIP,Driver note\r\n"
      "000123,01/16/2026 02:05 PM,\"$ignored\",00501,x\r\n"
      "000124,01/16/2026 02:05 PM,\"1,234.50\",00501,\"call, first\"\r\n",
      SIZE_MAX, "", info);
  EXPECT_EQ(output.status, GANTRY_OK);
  ASSERT_EQ(output.rejected.size(), 1u);
  EXPECT_EQ(output.rejected[0].second.message, "line 2, byte 37: rate is no decimal number with .");
  ASSERT_EQ(output.records.size(), 1u);
  const test::Record& record = output.records[0];
  EXPECT_EQ(record.kind, "load");
  EXPECT_EQ(record.key, "acme:load:000124");
  EXPECT_EQ(record.title, "Load 000124 to 00501");
  EXPECT_EQ(record.text,
            "LOAD_ID: 000124\nPickup: 01/16/2026 02:05 PM\nRate: 1,234.50\nZIP: 00501\n"
            "Driver note: call, first\n");
  EXPECT_EQ(record.raw, "000124,01/16/2026 02:05 PM,\"1,234.50\",00501,\"call, first\"");
  // 14:05 in Chicago is 20:05 UTC in winter: date -ud '2026-01-16 20:05' +%s
  EXPECT_EQ(record.occurred_at_ns, 1'768'593'900'000'000'000);
  EXPECT_EQ(record.version, 1'768'550'531'000'000'001);
  EXPECT_EQ(metadata(record), (json{{"load_id", "000124"},
                                    {"pickup_at", "2026-01-16T20:05:00Z"},
                                    {"pickup_at_zone", "America/Chicago"},
                                    {"rate", "1234.50"},
                                    {"rate_currency", "USD"},
                                    {"zip", "00501"},
                                    {"extra", {{"Driver note", "call, first"}}},
                                    {"csv",
                                     {{"partner", "acme"},
                                      {"file", "loads.csv"},
                                      {"line", 3},
                                      {"byte", 84},
                                      {"encoding", "utf-8"},
                                      {"delimiter", ","}}}}));
}

TEST(Mapping, HeadersAreComparedWithoutCaseBlanksAndForms) {
  for (const char* header : {"Load ID", "load_id", " LOAD-ID ", "load.id", "\"Load\nID\"",
                             "\xEF\xBC\xAC\xEF\xBC\xAF\xEF\xBC\xA1\xEF\xBC\xA4 ID"}) {  // ＬＯＡＤ
    const auto output = read({{"columns", {column("id", "Load Id")}}, {"delimiter", ","}},
                             std::string(header) + ",b\n7,x\n");
    EXPECT_EQ(metadata(output.records.at(0))["id"], "7") << header;
  }
}

TEST(Mapping, AMissingRequiredColumnRefusesTheFileAndNamesAll) {
  json settings = {{"columns",
                    {{{"target", "id"}, {"sources", {"Load ID", "no"}}, {"required", true}},
                     {{"target", "zip"}, {"sources", {"zip"}}, {"required", true}},
                     column("name", "name")}}};
  const auto output = read(settings, "a,b\n1,2\n");
  EXPECT_EQ(output.status, GANTRY_DATA);
  EXPECT_THAT(output.error.message, HasSubstr("required columns: load_id, zip"));
  EXPECT_THAT(output.records, IsEmpty());
  EXPECT_EQ(read(settings, "").status, GANTRY_DATA) << "an empty file has no header either";
  EXPECT_EQ(read(json::object(), "").status, GANTRY_OK);
}

TEST(Mapping, BlankAndRepeatedHeadersKeepTheirFields) {
  const auto output = read(json::object(), "a,,a,x\n1,2,3,4\n");
  EXPECT_EQ(metadata(output.records.at(0))["extra"],
            (json{{"a", "1"}, {"column_2", "2"}, {"a_2", "3"}, {"x", "4"}}));
  const auto mapped = read({{"columns", {column("v", "a")}}}, "a,,A\n1,2,3\n");
  EXPECT_EQ(mapped.status, GANTRY_DATA);
  EXPECT_THAT(mapped.error.message, HasSubstr("twice that are needed once: a"));
  EXPECT_EQ(metadata(read({{"columns", {column("v", "#3")}}}, "a,,a\n1,2,3\n").records.at(0))["v"],
            "3");
}

TEST(Mapping, ARowOfAnotherLengthIsBad) {
  const auto output = read(json::object(), "a,b,c\n1,2\n1,2,3\n1,2,3,4\n");
  ASSERT_EQ(output.rejected.size(), 2u);
  EXPECT_EQ(output.rejected[0].second.message,
            "line 2, byte 6: the row has 2 fields, the header has 3");
  EXPECT_EQ(output.rejected[1].second.message,
            "line 4, byte 16: the row has 4 fields, the header has 3");
  EXPECT_EQ(output.records.size(), 1u);
}

TEST(Mapping, DecimalsAreTextAndTheirSeparatorsAreChecked) {
  const json us = {{"type", "decimal"}, {"group", ","}};
  const json german = {{"type", "decimal"}, {"decimal", ","}, {"group", "."}};
  EXPECT_EQ(value({{"type", "decimal"}}, "0.10"), "0.10");
  EXPECT_EQ(value({{"type", "decimal"}}, " 9007199254740993.01 "), "9007199254740993.01");
  EXPECT_EQ(value(us, "1,234,567.5"), "1234567.5");
  EXPECT_EQ(value(us, "(12.00)"), "-12.00");
  EXPECT_EQ(value(us, "12.00-"), "-12.00");
  EXPECT_EQ(value(us, "+.5"), "0.5");
  EXPECT_EQ(value(us, "-0.00"), "0.00");
  EXPECT_EQ(value(german, "1.234,50"), "1234.50");
  for (const char* bad : {"1,23.4", "1,2345", ",123", "12,34", "1.2.3", "1e5", "$5", "12.", "-",
                          "1,234,56.0", "()", "0x1F", "NaN"}) {
    EXPECT_EQ(value(us, bad), "!v is no decimal number with .") << bad;
  }
  EXPECT_EQ(value(german, "1234.50"), "!v is no decimal number with ,");
}

TEST(Mapping, TextKeepsLeadingZerosAndWholeNumbersLoseThem) {
  EXPECT_EQ(value({{"type", "text"}}, "00501"), "00501");
  EXPECT_EQ(value({{"type", "integer"}}, "00501"), 501);
  EXPECT_EQ(value({{"type", "integer"}}, "12345678901234567890"), "12345678901234567890");
  EXPECT_EQ(value({{"type", "integer"}}, "1.0"), "!v is no whole number");
}

TEST(Mapping, DatesNeedTheirFormatToTheLetter) {
  const auto date = [](const char* format) { return json{{"type", "date"}, {"format", format}}; };
  EXPECT_EQ(value(date("YYYYMMDD"), "20170520"), "2017-05-20");
  EXPECT_EQ(value(date("M/D/YY"), "1/6/26"), "2026-01-06");
  EXPECT_EQ(value(date("DD.MM.YYYY"), "29.02.2024"), "2024-02-29");
  EXPECT_EQ(value(date("DD-MMM-YYYY"), "16-jan-2026"), "2026-01-16");
  for (const char* bad :
       {"29.02.2025", "1.1.2026", "2026-01-01", "31.04.2026", "01.01.2026x", "x"}) {
    EXPECT_EQ(value(date("DD.MM.YYYY"), bad), "!v is no DD.MM.YYYY") << bad;
  }
}

TEST(Mapping, TimesBecomeUtcByTheirZone) {
  const auto at = [](const char* zone, std::string_view text) {
    return value({{"type", "datetime"}, {"format", "YYYY-MM-DD HH:mm"}, {"tz", zone}}, text);
  };
  EXPECT_EQ(at("UTC", "2026-01-16 14:00"), "2026-01-16T14:00:00Z");
  EXPECT_EQ(at("+02:00", "2026-01-16 01:00"), "2026-01-15T23:00:00Z");
  EXPECT_EQ(at("America/New_York", "2026-07-16 14:00"), "2026-07-16T18:00:00Z");
  EXPECT_EQ(at("America/New_York", "2026-01-16 14:00"), "2026-01-16T19:00:00Z");
  // 2026-11-01 01:30 is shown twice in New York, first in summer time; 2026-03-08 02:30 never.
  EXPECT_EQ(at("America/New_York", "2026-11-01 01:30"), "2026-11-01T05:30:00Z");
  EXPECT_EQ(at("America/New_York", "2026-03-08 02:30"), "2026-03-08T07:30:00Z");
  EXPECT_EQ(at("UTC", "2026-01-16 24:00"), "!v is no YYYY-MM-DD HH:mm");
  EXPECT_EQ(value({{"type", "datetime"}, {"format", "YYYY-MM-DDTHH:mm:ssZ"}},
                  "2026-01-16T14:00:00-06:00"),
            "2026-01-16T20:00:00Z");
  EXPECT_EQ(value({{"type", "datetime"}, {"format", "MM/DD/YYYY h:mm A"}}, "01/16/2026 12:05 am"),
            "2026-01-16T00:05:00Z");
}

TEST(Mapping, BoolsDefaultsTransformsAndRequired) {
  EXPECT_EQ(value({{"type", "bool"}}, "Yes"), true);
  EXPECT_EQ(value({{"type", "bool"}}, "0"), false);
  EXPECT_EQ(value({{"type", "bool"}}, "maybe"), "!v is neither yes nor no");
  EXPECT_EQ(value({{"type", "decimal"}, {"default", "0.00"}}, " "), "0.00");
  EXPECT_EQ(value(json::object(), ""), json());
  EXPECT_EQ(value({{"required", true}}, " "), "!v has no value");
  EXPECT_EQ(value({{"transform", {"trim", "upper"}}}, " straße "), "STRASSE");
  EXPECT_EQ(value({{"transform", {"digits"}}}, "+1 (312) 555-0100"), "13125550100");
}

TEST(Mapping, AnEmptyKeyNeverBringsRowsTogether) {
  json settings = {{"columns", {column("a", "a"), column("b", "b")}}, {"key", {"a", "b"}}};
  const auto output = read(settings, "a,b,c\n1,2,x\n,2,y\n,2,z\n1:2,3,x\n1,2:3,x\n");
  ASSERT_EQ(output.records.size(), 5u);
  EXPECT_EQ(output.records[0].key, "acme:load:1:2");
  EXPECT_EQ(output.records[1].key, "acme:load:" + to_hex(sha256(",2,y")));
  EXPECT_EQ(output.records[2].key, "acme:load:" + to_hex(sha256(",2,z")));
  EXPECT_EQ(output.records[3].key, "acme:load:1%3A2:3");
  EXPECT_EQ(output.records[4].key, "acme:load:1:2%3A3");
}

TEST(Mapping, ALongKeyIsHashedAndStaysWithinTheContract) {
  const auto output = read(id_and_name(), "id,name\n" + std::string(600, '7') + ",x\n");
  EXPECT_EQ(output.records.at(0).key, "acme:load:" + to_hex(sha256(std::string(600, '7'))));
}

TEST(Mapping, WithoutAHeaderColumnsArePositionsAndRowsMayDiffer) {
  json settings = {{"header", "none"}, {"columns", {column("type", "#1"), column("order", "#2")}}};
  const auto output = read(settings, "H,7,20260101\nD,7,x,\"\",y\n");
  ASSERT_EQ(output.records.size(), 2u);
  EXPECT_EQ(metadata(output.records[0])["extra"], (json{{"column_3", "20260101"}}));
  EXPECT_EQ(metadata(output.records[1])["type"], "D");
  EXPECT_EQ(metadata(output.records[1])["extra"], (json{{"column_3", "x"}, {"column_5", "y"}}));
}

}  // namespace
}  // namespace gantry::csv
