#include "host/pipeline/worksheet.hpp"

#include <gtest/gtest.h>

namespace gantry::pipeline {
namespace {

TEST(Worksheet, ColumnsAreCountedInLetters) {
  EXPECT_EQ(column_of("A1"), 0u);
  EXPECT_EQ(column_of("Z9"), 25u);
  EXPECT_EQ(column_of("AA1"), 26u);
  EXPECT_EQ(column_of("XFD1048576"), 16'383u);
  EXPECT_EQ(column_of("XFE1"), std::nullopt);
  EXPECT_EQ(column_of("12"), std::nullopt);
}

// ECMA-376 part 1, section 18.17.4.1 and its examples for both systems.
TEST(Worksheet, SerialsAreDatesOfTheirSystem) {
  EXPECT_EQ(date_of("1", false), "1900-01-01");
  EXPECT_EQ(date_of("59", false), "1900-02-28");
  EXPECT_EQ(date_of("61", false), "1900-03-01");
  EXPECT_EQ(date_of("2958465", false), "9999-12-31");
  EXPECT_EQ(date_of("1", true), "1904-01-02");
  EXPECT_EQ(date_of("36526.5", false), "2000-01-01T12:00:00");
  EXPECT_EQ(date_of("0.25", false), "06:00:00");
  for (const char* none : {"", "-1", "2958466", "abc", "nan", "1e300"}) {
    EXPECT_EQ(date_of(none, false), std::nullopt) << none;
  }
}

TEST(Worksheet, AFormatIsADatesByItsLetters) {
  for (const char* dates : {"yyyy-mm-dd", "d/m/yy", "[h]:mm:ss", "[$-409]h:mm AM/PM"}) {
    EXPECT_TRUE(is_date_format(dates)) << dates;
  }
  for (const char* numbers : {"0.00", "#,##0", "[Red]0", "0\" days\"", "0\\d", "\"$\"0.00"}) {
    EXPECT_FALSE(is_date_format(numbers)) << numbers;
  }
  EXPECT_TRUE(is_date_format(14u));
  EXPECT_FALSE(is_date_format(4u));
}

}  // namespace
}  // namespace gantry::pipeline
