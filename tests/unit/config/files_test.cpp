// [source.files]: the directory in which a partner leaves files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/conf_dir.hpp"

namespace gantry::config {
namespace {

using namespace std::chrono_literals;

TEST(SourceFiles, WithoutTheTableASourceTakesNoFiles) {
  ConfDir dir;
  dir.conf("50-x.toml", "[source]\n");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  const SourceFiles& files = config->sources.at(0).files;
  EXPECT_EQ(files.directory, "");
  EXPECT_EQ(files.ready, FileReady::kAuto);
  EXPECT_EQ(files.stable_for, 30s);
  EXPECT_EQ(files.scan_interval, 1min);
  EXPECT_EQ(files.schedule, "");
  EXPECT_EQ(files.schedule_zone, "UTC");
  EXPECT_EQ(files.size_max, std::uint64_t{1} << 30);
  EXPECT_EQ(files.expansion_max, 100);
}

TEST(SourceFiles, EveryKeyIsRead) {
  ConfDir dir;
  dir.conf("50-x.toml", R"(
[source.files]
directory = "in"
patterns = ["*.csv", "*.[Cc][Ss][Vv].gz"]
ready = "marker"
stable_for = "2m"
scan_interval = "5s"
schedule = "0 2 * * 1-5"
schedule_zone = "Europe/Berlin"
archive_dir = "a"
error_dir = "e"
out_dir = "o"
size_max = "10MiB"
unpacked_max = "20MiB"
expansion_max = 7
entries_max = 8
)");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  SourceFiles want;
  want.directory = "in";
  want.patterns = {"*.csv", "*.[Cc][Ss][Vv].gz"};
  want.ready = FileReady::kMarker;
  want.stable_for = 2min;
  want.scan_interval = 5s;
  want.schedule = "0 2 * * 1-5";
  want.schedule_zone = "Europe/Berlin";
  want.archive_dir = "a";
  want.error_dir = "e";
  want.out_dir = "o";
  want.size_max = 10 << 20;
  want.unpacked_max = 20 << 20;
  want.expansion_max = 7;
  want.entries_max = 8;
  EXPECT_EQ(config->sources.at(0).files, want);
}

TEST(SourceFiles, AMistakeIsNamedWithItsLine) {
  ConfDir dir;
  dir.conf("50-x.toml", "[source.files]\ndirectory = \"in\"\nready = \"soon\"\n");
  const auto config = load(dir.inputs());
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().text(), testing::HasSubstr("50-x.toml:3"));
  EXPECT_THAT(config.error().text(), testing::HasSubstr("auto|stable|marker|rename"));
}

TEST(SourceFiles, AMistakeInAScheduleIsNamedWithItsLine) {
  ConfDir dir;
  dir.conf("50-x.toml",
           "[source.files]\ndirectory = \"in\"\nschedule = \"0 25 * * *\"\n"
           "schedule_zone = \"Mars/Olympus\"\n");
  const auto config = load(dir.inputs());
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().text(),
              testing::AllOf(testing::HasSubstr("50-x.toml:3: source.files.schedule: hour \"25\""),
                             testing::HasSubstr("50-x.toml:4: source.files.schedule_zone: want")));
}

}  // namespace
}  // namespace gantry::config
