// What a configuration may say, through the real csv.so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/csv/csv_samples.hpp"

namespace gantry::csv {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string pointer_of(const json& settings) {
  const test::Source source(plugin(), config(settings));
  EXPECT_EQ(source.status, GANTRY_CONFIG) << settings;
  return source.error.pointer;
}

json one_column(json more) {
  json column = {{"target", "v"}, {"sources", {"a"}}};
  column.update(more);
  return {{"columns", {column}}};
}

TEST(CsvConfig, EachMistakeNamesItsField) {
  EXPECT_EQ(pointer_of({{"partner", ""}}), "/partner");
  EXPECT_EQ(pointer_of({{"delimiter", "::"}}), "/delimiter");
  EXPECT_EQ(pointer_of({{"header", "maybe"}}), "/header");
  EXPECT_EQ(pointer_of({{"bad_rows_max", 201}}), "/bad_rows_max");
  EXPECT_EQ(pointer_of({{"key", {"nothing"}}}), "/key");
  EXPECT_EQ(pointer_of({{"title", "x {nothing}"}}), "/title");
  EXPECT_EQ(pointer_of({{"title", "x {"}}), "/title");
  EXPECT_EQ(pointer_of({{"occurred_at", "nothing"}}), "/occurred_at");
  EXPECT_EQ(pointer_of(one_column({{"type", "money"}})), "/columns/0/type");
  EXPECT_EQ(pointer_of(one_column({{"type", "date"}})), "/columns/0/format");
  EXPECT_EQ(pointer_of(one_column({{"type", "date"}, {"format", "YYYY-MM"}})), "/columns/0/format");
  EXPECT_EQ(pointer_of(one_column({{"type", "date"}, {"format", "YYYY-MM-DD HH"}})),
            "/columns/0/format");
  EXPECT_EQ(pointer_of(one_column({{"type", "date"}, {"format", "yyyy-MM-DD"}})),
            "/columns/0/format");
  EXPECT_EQ(pointer_of(one_column({{"type", "datetime"}, {"format", "YYYY-MM-DD hh"}})),
            "/columns/0/format");
  EXPECT_EQ(pointer_of(one_column(
                {{"type", "datetime"}, {"format", "YYYY-MM-DD"}, {"tz", "Mars/Olympus"}})),
            "/columns/0/tz");
  EXPECT_EQ(pointer_of(one_column({{"type", "decimal"}, {"group", "."}})), "/columns/0/group");
  EXPECT_EQ(pointer_of(one_column({{"sources", {"#0"}}})), "/columns/0/sources");
  EXPECT_EQ(pointer_of(one_column({{"sources", {"--"}}})), "/columns/0/sources");
  EXPECT_EQ(pointer_of(one_column({{"target", "extra"}})), "/columns/0/target");
  EXPECT_EQ(pointer_of({{"columns", {column("v", "a"), column("v", "b")}}}), "/columns/1/target");
  EXPECT_EQ(pointer_of({{"header", "none"}, {"columns", {column("v", "a")}}}),
            "/columns/0/sources");
}

TEST(CsvConfig, CheckSaysWhatMayStillBeWrong) {
  const auto findings = [](const json& settings) {
    std::vector<std::string> all;
    for (const auto& finding : test::Source(plugin(), config(settings)).check()) {
      all.push_back((finding.state == GANTRY_CHECK_PASS ? "ok " : "warn ") + finding.what);
    }
    return all;
  };
  EXPECT_THAT(findings(id_and_name()),
              ElementsAre("ok 2 columns are mapped", "ok a row has a key"));
  EXPECT_THAT(findings(json::object()),
              ElementsAre("warn no column is mapped", "warn no key", "warn no column is required"));
  EXPECT_THAT(findings({{"columns", {column("id", "id")}}, {"key", {"id"}}}),
              ElementsAre("ok 1 columns are mapped", "ok a row has a key",
                          "warn no column is required", "warn key id may be empty"));
}

}  // namespace
}  // namespace gantry::csv
