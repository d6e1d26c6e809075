#include "host/base/time.hpp"

#include <gtest/gtest.h>

namespace gantry {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

Instant at(sys_days day, nanoseconds time = 0ns) { return Instant(day) + time; }

TEST(Rfc3339, ReadsTheExamplesOfTheStandard) {
  // RFC 3339 section 5.8.
  EXPECT_EQ(parse_rfc3339("1985-04-12T23:20:50.52Z").value(),
            at(1985y / April / 12, 23h + 20min + 50s + 520ms));
  EXPECT_EQ(parse_rfc3339("1996-12-19T16:39:57-08:00").value(),
            at(1996y / December / 20, 39min + 57s));
  EXPECT_EQ(parse_rfc3339("1937-01-01T12:00:27.87+00:20").value(),
            at(1937y / January / 1, 11h + 40min + 27s + 870ms));
}

TEST(Rfc3339, ReadsALeapSecondAsTheSecondBefore) {
  EXPECT_EQ(parse_rfc3339("1990-12-31T23:59:60Z").value(),
            at(1990y / December / 31, 23h + 59min + 59s));
}

TEST(Rfc3339, RefusesWhatIsNoInstant) {
  for (const char* text :
       {"", "2026-01-16", "2026-01-16T14:02:11", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-01-16T24:00:00Z", "2026-01-16T14:02:11.Z", "2026-01-16T14:02:11.1234567890Z",
        "2026-01-16T14:02:11+5", "2026-01-16T14:02:11Zx", "+026-01-16T14:02:11Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339, EveryTruncationOfAnInstantIsRefused) {
  const std::string whole = "2026-01-16T14:02:11.245+01:00";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_rfc3339(whole.substr(0, size))) << size;
  }
}

TEST(Rfc3339, WritesAsFewDigitsAsKeepTheValue) {
  const auto day = 2026y / January / 16;
  EXPECT_EQ(to_rfc3339(at(day, 14h)), "2026-01-16T14:00:00Z");
  EXPECT_EQ(to_rfc3339(at(day, 14h + 245ms)), "2026-01-16T14:00:00.245Z");
  EXPECT_EQ(to_rfc3339(at(day, 14h + 1us)), "2026-01-16T14:00:00.000001Z");
  EXPECT_EQ(to_rfc3339(at(day, 14h + 1ns)), "2026-01-16T14:00:00.000000001Z");
  EXPECT_EQ(to_rfc3339(at(1969y / December / 31, 23h)), "1969-12-31T23:00:00Z");
}

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("30s").value(), 30s);
  EXPECT_EQ(parse_duration("15m").value(), 15min);
  EXPECT_EQ(parse_duration("24h").value(), 24h);
  EXPECT_EQ(parse_duration("7d").value(), 168h);
}

TEST(Duration, RefusesNumbersWithoutUnitNegativesAndOverflow) {
  for (const char* text : {"", "30", "-1s", "s", "1.5s", "1 s", "99999999999999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace gantry
