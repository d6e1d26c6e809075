// A file as a whole: pieces, cuts, resumption, limits, bad rows; and what the real files say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/unit/csv/csv_samples.hpp"

namespace gantry::csv {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// All that a file gave, as one text to compare.
std::string told(const test::Output& output) {
  std::ostringstream all;
  all << output.status << ' ' << output.error.message << '\n';
  for (const auto& record : output.records) {
    all << record.key << ' ' << record.title << ' ' << record.text << ' ' << record.raw << ' '
        << record.metadata << ' ' << record.version << '\n';
  }
  for (const auto& [raw, why] : output.rejected) all << raw << ' ' << why.message << '\n';
  for (const auto& cursor : output.checkpoints) all << cursor << '\n';
  for (const auto& [name, content] : output.files) all << name << ' ' << content << '\n';
  return all.str();
}

std::string wide(std::string_view ascii) {
  std::string out = "\xFF\xFE";
  for (const char c : ascii) (out += c) += '\0';
  return out;
}

/// Files that hold every trick at once.
std::vector<std::string> samples() {
  const std::string tricky =
      "sep=;\r\n# note\r\nid;name;\r\n001;\"a;\"\"b\"\"\r\nc\";\r\n\r\n002;x\" y;\r003;\"bad\"z;\n"
      "004\nid;name;\n005;M\xC3\xBCnchen;\r\nTotal;5;";
  return {tricky, "\xEF\xBB\xBF" + tricky, "id,name\n1,M\xFCnchen\n2,\x81\n3,x\n",
          wide("id\tname\r\n1\t\"a\tb\"\r\n2\tc\r\n3\r\n")};
}

TEST(CsvFile, PiecesOfAnySizeGiveTheSame) {
  for (const std::string& sample : samples()) {
    const std::string whole = told(read(id_and_name(), sample));
    EXPECT_THAT(whole, StartsWith("0 \n")) << whole;
    for (const std::size_t chunk : {1u, 2u, 3u, 7u, 13u, 64u}) {
      EXPECT_EQ(told(read(id_and_name(), sample, chunk)), whole) << chunk;
    }
  }
}

TEST(CsvFile, PiecesOfAnySizeGiveTheSameAroundTheHeadAndCheckpoints) {
  std::string content = "id,name\n";
  for (int i = 0; content.size() < 200'000; ++i) {
    content += std::to_string(i) + ",\"line\n" +
               std::string(static_cast<std::size_t>(i % 90), 'x') + "\"\r\n";
    if (i % 400 == 399) content += "bad\n";
  }
  const std::string whole = told(read(id_and_name(), content));
  for (const std::size_t chunk : {1009u, 65'535u, 65'536u, 65'537u}) {
    EXPECT_EQ(told(read(id_and_name(), content, chunk)), whole) << chunk;
  }
}

TEST(CsvFile, CutAtAnyByteItGivesTheRowsBeforeTheCutOrSaysWhy) {
  for (const std::string& sample : samples()) {
    const auto whole = read(id_and_name(), sample);
    for (std::size_t size = 0; size < sample.size(); ++size) {
      const auto cut = read(id_and_name(), sample.substr(0, size));
      ASSERT_TRUE(cut.status == GANTRY_OK || cut.status == GANTRY_DATA) << size;
      if (cut.status == GANTRY_DATA) EXPECT_FALSE(cut.error.message.empty()) << size;
      ASSERT_LE(cut.records.size(), whole.records.size() + 1) << size;
      // The last one may be shorter than it was: without a line end nobody can know.
      for (std::size_t i = 0; i + 1 < cut.records.size(); ++i) {
        EXPECT_EQ(cut.records[i].raw, whole.records[i].raw) << size;
      }
    }
  }
}

TEST(CsvFile, ACutIsSeenWhereAFinalLineEndIsRequired) {
  json settings = id_and_name();
  settings["require_final_line_end"] = true;
  EXPECT_EQ(read(settings, "id,name\n1,x\n").status, GANTRY_OK);
  const auto cut = read(settings, "id,name\n1,x\n2,y");
  EXPECT_EQ(cut.status, GANTRY_DATA);
  EXPECT_THAT(cut.error.message, HasSubstr("line 3: the last line has no end"));
}

TEST(CsvFile, ResumedAtAnyCheckpointItGivesTheRestAndAllBadRows) {
  for (const bool utf16 : {false, true}) {
    std::string content = "id,name\r\n";
    for (int i = 0; i < 2600; ++i) {
      content += std::to_string(i) + ",\"n\n" + std::to_string(i) + "\"\r\n";
      if (i % 700 == 600) content += "bad row\r\n";
    }
    if (utf16) content = wide(content);
    const auto whole = read(id_and_name(), content);
    ASSERT_EQ(whole.status, GANTRY_OK) << whole.error.message;
    ASSERT_EQ(whole.records.size(), 2600u);
    ASSERT_GE(whole.checkpoints.size(), 5u);
    for (const std::string& cursor : whole.checkpoints) {
      ASSERT_LE(cursor.size(), 65'536u);
      const auto rest = read(id_and_name(), content, 999, cursor);
      ASSERT_EQ(rest.status, GANTRY_OK) << rest.error.message;
      ASSERT_LT(rest.records.size(), whole.records.size());
      const std::size_t before = whole.records.size() - rest.records.size();
      for (std::size_t i = 0; i < rest.records.size(); ++i) {
        ASSERT_EQ(rest.records[i].raw, whole.records[before + i].raw);
        ASSERT_EQ(rest.records[i].metadata, whole.records[before + i].metadata);
      }
      EXPECT_EQ(rest.files, whole.files);
    }
  }
}

TEST(CsvFile, ACursorOfAnotherFileOrMadeUpIsRefused) {
  for (const char* cursor :
       {"{}", "x", R"({"v":"1","sha256":"no"})", R"({"v":"2"})",
        R"({"v":"1","sha256":"0000000000000000000000000000000000000000000000000000000000000000",)"
        R"("offset":-1,"line":1,"rows":0,"encoding":"utf-8","delimiter":",","header":["id"]})"}) {
    EXPECT_EQ(read(id_and_name(), "id,name\n", SIZE_MAX, cursor).status, GANTRY_DATA) << cursor;
  }
}

TEST(CsvFile, AHostThatWantsNoMoreGetsNoMore) {
  plugin().world().records_max = 2;
  const auto output = read(id_and_name(), "id,name\n1,a\n2,b\n3,c\nbad\n");
  plugin().world().records_max = SIZE_MAX;
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_EQ(output.records.size(), 2u);
  EXPECT_THAT(output.files, IsEmpty());
}

TEST(CsvFile, ACancelledCallEnds) {
  plugin().world().cancelled = true;
  EXPECT_EQ(read(id_and_name(), "id,name\n1,a\n").status, GANTRY_CANCELLED);
  plugin().world().cancelled = false;
}

TEST(CsvFile, BadRowsGoToAnErrorFileThatNoSpreadsheetRuns) {
  json settings = id_and_name();
  settings["columns"].push_back({{"target", "rate"}, {"sources", {"rate"}}, {"type", "decimal"}});
  const auto output =
      read(settings, "id,name,rate\n1,a,1.0\n=cmd|' /C calc'!A0,\"x\"\"y\",no\n-2,b\n3,c,2\n");
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_EQ(output.records.size(), 2u);
  ASSERT_EQ(output.files.size(), 1u);
  EXPECT_EQ(output.files.at("loads.errors.csv"),
            "line,byte,column,reason,row\r\n"
            "3,21,\"rate\",\"is no decimal number with .\","
            "\"'=cmd|' /C calc'!A0,\"\"x\"\"\"\"y\"\",no\"\r\n"
            "4,50,\"\",\"has 2 fields, the header has 3\",\"'-2,b\"\r\n");
}

TEST(CsvFile, NoBadRowNoErrorFile) {
  EXPECT_THAT(read(id_and_name(), "id,name\n1,a\n").files, IsEmpty());
}

TEST(CsvFile, OneBadRowTooManyRefusesTheFileInWords) {
  json settings = id_and_name();
  settings["bad_rows_max"] = 2;
  EXPECT_EQ(read(settings, "id,name\nx\ny\n1,a\n").status, GANTRY_OK);
  const auto output = read(settings, "id,name\nx\n1,a\ny\nz\n2,b\n");
  EXPECT_EQ(output.status, GANTRY_DATA);
  EXPECT_EQ(output.error.message,
            "more than 2 bad rows: line 2 (byte 8): has 1 fields, the header has 2; line 4 (byte "
            "14): has 1 fields, the header has 2; line 5 (byte 16): has 1 fields, the header has "
            "2; put them right and send the file again");
  EXPECT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.rejected.size(), 3u);
}

TEST(CsvFile, TwoHundredLongBadRowsStillFitACursor) {
  json settings = id_and_name();
  settings["bad_rows_max"] = 200;
  std::string content = "id,name," + std::string(8000, 'h') + "\n";
  for (int i = 0; i < 200; ++i) content += std::string(3000, '\x01') + "\n";
  for (int i = 0; i < 600; ++i) content += std::to_string(i) + ",a,b\n";
  const auto output = read(settings, content);
  ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
  ASSERT_FALSE(output.checkpoints.empty());
  for (const auto& cursor : output.checkpoints) EXPECT_LE(cursor.size(), 65'536u);
}

TEST(CsvFile, LimitsHold) {
  const auto too_large = read({{"file_bytes_max", 10}}, "id,name\n1,a\n");
  EXPECT_EQ(too_large.status, GANTRY_DATA);
  EXPECT_THAT(too_large.error.message, HasSubstr("12 bytes, more than file_bytes_max of 10"));
  const auto long_row = read({{"row_bytes_max", 64}}, "id\n" + std::string(65, 'x') + "\n");
  EXPECT_EQ(long_row.status, GANTRY_DATA);
  EXPECT_THAT(long_row.error.message, HasSubstr("line 2, byte 3: the row is longer than 64 bytes"));
  const auto field = read({{"field_bytes_max", 16}}, "id\n" + std::string(17, 'x') + "\n1\n");
  EXPECT_EQ(field.status, GANTRY_OK);
  ASSERT_EQ(field.rejected.size(), 1u);
  EXPECT_THAT(field.rejected[0].second.message, HasSubstr("field above field_bytes_max"));
  const auto columns = read({{"columns_max", 2}}, "id,name\n1,2,3\n");
  ASSERT_EQ(columns.rejected.size(), 1u);
  EXPECT_THAT(columns.rejected[0].second.message, HasSubstr("more fields than columns_max"));
  EXPECT_EQ(read({{"columns_max", 2}}, "a,b,c\n").status, GANTRY_DATA);
}

TEST(CsvFile, ReasonsNeverQuoteTheFile) {
  json settings = {{"columns", {column("rate", "rate", "decimal")}}};
  const auto output = read(settings, "rate\nSECRET\n");
  EXPECT_THAT(output.rejected.at(0).second.message, testing::Not(HasSubstr("SECRET")));
}

// The real files of the integration, where they are at hand.

std::optional<std::string> input(const std::string& name) {
  const char* root = std::getenv("GANTRY_INPUTS_DIR");
  if (root == nullptr) return std::nullopt;
  std::ifstream file(std::string(root) + '/' + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(CsvInputs, PurchaseOrder) {
  const auto content = input("csv/po_bom_leading_zeros.csv");
  if (!content) return;
  const json settings = {
      {"columns",
       {{{"target", "line_number"}, {"sources", {"LINE_NUMBER"}}, {"required", true}},
        column("price", "PRICE", "decimal"),
        {{"target", "po_date"}, {"sources", {"PO_DATE"}}, {"type", "date"}, {"format", "YYYYMMDD"}},
        column("postal_code", "POSTAL_CODE")}},
      {"key", {"line_number"}}};
  const auto output = read(settings, *content);
  ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
  ASSERT_EQ(output.records.size(), 6u);
  const json first = metadata(output.records[0]);
  EXPECT_EQ(first["extra"].size() + 4, 13u);
  EXPECT_EQ(first["line_number"], "001002003");
  EXPECT_EQ(first["postal_code"], "43200");
  EXPECT_EQ(first["po_date"], "2017-05-20");
  EXPECT_THAT(output.records[0].text, StartsWith("LINE_NUMBER: 001002003\n"));
  std::vector<std::string> prices;
  for (const auto& record : output.records) prices.push_back(metadata(record)["price"]);
  EXPECT_THAT(prices, ElementsAre("15", "20", "10", "15", "20", "1"));
}

TEST(CsvInputs, HeaderAndDetailRecords) {
  const auto content = input("csv/header_detail_records_empty_quoted.csv");
  if (!content) return;
  const json by_position = {{"header", "none"},
                            {"columns", {column("type", "#1"), column("order", "#2")}}};
  const auto output = read(by_position, *content);
  ASSERT_EQ(output.status, GANTRY_OK);
  std::vector<std::string> types;
  for (const auto& record : output.records) {
    types.push_back(metadata(record)["type"].get<std::string>() + ' ' +
                    metadata(record)["order"].get<std::string>());
  }
  EXPECT_THAT(types, ElementsAre("H WJ84", "D WJ84", "D WJ84", "H WJ85", "D WJ85", "D WJ85"));
  EXPECT_FALSE(metadata(output.records[1])["extra"].contains("column_4")) << "\"\" is empty";
  const auto refused = read(id_and_name(), *content);
  EXPECT_EQ(refused.status, GANTRY_DATA);
  EXPECT_THAT(refused.records, IsEmpty());
}

TEST(CsvInputs, AMarkIsNotPartOfTheFirstHeader) {
  const auto content = input("bugs/60_bom_id_name.csv");
  if (!content) return;
  const auto output = read(id_and_name(), *content);
  ASSERT_EQ(output.records.size(), 2u);
  EXPECT_EQ(metadata(output.records[0])["id"], "1");
  EXPECT_EQ(metadata(output.records[0])["name"], "Alice");
  EXPECT_EQ(metadata(output.records[1])["id"], "2");
  EXPECT_EQ(metadata(output.records[1])["name"], "Bob");
}

}  // namespace
}  // namespace gantry::csv
