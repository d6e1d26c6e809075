#include "host/config/cron.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gantry::config {
namespace {

using ::testing::HasSubstr;

// What the server itself takes and refuses, by its documentation of ScheduleSpec and by
// tests/integration/temporal/schedules_test.cpp.
TEST(Cron, WhatTheServerTakesIsFine) {
  for (const char* text :
       {"0 2 * * *", "*/15 6-18 * * 1-5", "0 2,14 1 jan,JUL sun", "30 4 1-31/2 * *", "5/10 * * * *",
        "0 0 * * 7", "0 2 * * mon-FRIDAY", "0 2 * * * 2027-2030", "30 0 2 * * * *",
        "  0   2 * * *  ", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight",
        "@hourly", "@every 90m", "@every 1d/2h"}) {
    EXPECT_EQ(cron_problem(text), std::nullopt) << text;
  }
}

TEST(Cron, AMistakeNamesTheFieldOrWhatIsWanted) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "it has 0"},
      {"0 2 * *", "it has 4"},
      {"0 0 0 2 * * * *", "it has 8"},
      {"60 2 * * *", "minute \"60\""},
      {"0 24 * * *", "hour \"24\""},
      {"0 2 0 * *", "day of month \"0\""},
      {"0 2 32 * *", "day of month \"32\""},
      {"0 2 * 13 *", "month \"13\""},
      {"0 2 * ju *", "month \"ju\""},
      {"0 2 * * 8", "day of week \"8\""},
      {"0 2 * * may", "day of week \"may\""},
      {"0 2 * * 5-1", "day of week \"5-1\""},
      {"0 2 * * 1,", "day of week \"\""},
      {"*/0 2 * * *", "minute \"*/0\""},
      {"*/x 2 * * *", "minute \"*/x\""},
      {"-1 2 * * *", "minute \"-1\""},
      {"60 0 2 * * * *", "second \"60\""},
      {"0 2 * * * 1999", "year \"1999\""},
      {"0 2 * * ?", "day of week \"?\""},
      {"TZ=UTC 0 2 * * *", "schedule_zone"},
      {"CRON_TZ=UTC 0 2 * * *", "schedule_zone"},
      {"@reboot", "@daily"},
      {"@daily 5", "@daily"},
      {"@every", "90m"},
      {"@every 0m", "90m"},
      {"@every 90", "90m"},
      {"@every 1.5h", "90m"},
      {"@every 1h/x", "90m"},
  };
  for (const auto& [text, part] : wrong) {
    const auto problem = cron_problem(text);
    ASSERT_TRUE(problem) << text;
    EXPECT_THAT(*problem, HasSubstr(part)) << text;
  }
}

TEST(TimeZone, OnlyNamesOfTheDatabaseAreFine) {
  for (const char* name : {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"}) {
    EXPECT_TRUE(is_time_zone(name)) << name;
  }
  for (const char* name : {"", "/etc/passwd", "../UTC", "Europe/Berlin ", "Europe", "Mars/Olympus",
                           "zone.tab", "europe/berlin"}) {
    EXPECT_FALSE(is_time_zone(name)) << name;
  }
}

}  // namespace
}  // namespace gantry::config
