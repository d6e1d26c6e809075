#include "host/app/file_schedules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/config/conf_dir.hpp"

namespace gantry::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// An engine that keeps what it was told, in order.
class FakeSchedules final : public ScheduleEngine {
 public:
  Result<std::optional<Seen>> look(const std::string& source) override {
    if (away) return Error{ErrorKind::kUnavailable, "away"};
    const auto found = schedules.find(source);
    return found == schedules.end() ? std::optional<Seen>() : std::optional(found->second);
  }
  Result<void> create(const std::string& source, const FileSchedule& schedule) override {
    told.push_back("create " + source + ' ' + schedule.times);
    schedules[source].in_force = schedule;
    return {};
  }
  Result<void> update(const std::string& source, const FileSchedule& schedule) override {
    told.push_back("update " + source + ' ' + schedule.times);
    schedules.at(source).in_force = schedule;
    return {};
  }
  Result<void> remove(const std::string& source) override {
    told.push_back("remove " + source);
    schedules.erase(source);
    return {};
  }
  Result<void> trigger(const std::string& source) override {
    told.push_back("trigger " + source);
    return {};
  }
  Result<std::optional<Outcome>> outcome(const temporal::WorkflowHandle& run) override {
    const auto found = outcomes.find(run.run_id);
    return found == outcomes.end() ? std::optional<Outcome>() : std::optional(found->second);
  }

  std::map<std::string, Seen> schedules;
  std::map<std::string, Outcome> outcomes;
  std::vector<std::string> told;
  bool away = false;
};

class FileScheduling : public ::testing::Test {
 protected:
  FileScheduling() : log_(log_options(lines_)) {}

  static observe::LogOptions log_options(std::vector<std::string>& lines) {
    observe::LogOptions options;
    options.format = observe::Format::kJson;
    options.sink = [&lines](std::string_view line) { lines.emplace_back(line); };
    return options;
  }
  std::unique_ptr<FileSchedules> keeper(const std::string& host = "schedules") {
    return std::make_unique<FileSchedules>(engine_, log_,
                                           FileSchedules::Options{dir_.path(host + ".json")});
  }
  /// One matching by a host that was just started; what the engine was told.
  std::vector<std::string> match(const SchedulePlan& plan, const std::string& host = "schedules") {
    engine_.told.clear();
    const auto one = keeper(host);
    one->replace(plan);
    one->match();
    return engine_.told;
  }
  int logged(const std::string& event) const {
    return static_cast<int>(std::ranges::count_if(lines_, [&](const std::string& line) {
      return line.find('"' + event + '"') != std::string::npos;
    }));
  }
  static FileSchedule at(const std::string& times, const std::string& zone = "UTC") {
    return {times, zone, {}};
  }

  config::ConfDir dir_;
  FakeSchedules engine_;
  std::vector<std::string> lines_;
  observe::Log log_;
};

TEST_F(FileScheduling, AMissingScheduleIsMadeADifferentOneChangedAndTheSameLeftAlone) {
  EXPECT_THAT(match({{"carrier", at("0 2 * * *")}}), ElementsAre("create carrier 0 2 * * *"));
  EXPECT_THAT(match({{"carrier", at("0 2 * * *")}}), IsEmpty());
  EXPECT_THAT(match({{"carrier", at("0 3 * * *")}}), ElementsAre("update carrier 0 3 * * *"));
  EXPECT_THAT(match({{"carrier", at("0 3 * * *", "Europe/Berlin")}}),
              ElementsAre("update carrier 0 3 * * *"));
  FileSchedule other = at("0 3 * * *", "Europe/Berlin");
  other.settings.fanout = Fanout::kRecord;
  EXPECT_THAT(match({{"carrier", other}}), ElementsAre("update carrier 0 3 * * *"));
  EXPECT_EQ(logged("batch_scheduled"), 1);
  EXPECT_EQ(logged("batch_rescheduled"), 3);
}

TEST_F(FileScheduling, OnlyWhatThisHostMadeIsRemovedAndOnlyOnce) {
  match({{"carrier", at("@daily")}});
  match({{"theirs", at("@daily")}}, "another host");
  EXPECT_THAT(match({}), ElementsAre("remove carrier"));
  EXPECT_EQ(logged("batch_unscheduled"), 1);
  EXPECT_THAT(match({}), IsEmpty());
  EXPECT_THAT(match({}, "another host"), ElementsAre("remove theirs"));
}

TEST_F(FileScheduling, WhatCannotBeRemovedNowIsRemovedLater) {
  match({{"carrier", at("@daily")}});
  engine_.away = true;
  EXPECT_THAT(match({}), IsEmpty());
  engine_.away = false;
  EXPECT_THAT(match({}), ElementsAre("remove carrier"));
}

TEST_F(FileScheduling, AnotherTaskQueuesScheduleIsNotTouched) {
  engine_.schedules["carrier"].foreign = true;
  EXPECT_THAT(match({{"carrier", at("@daily")}}), IsEmpty());
  EXPECT_EQ(logged("batch_schedule_foreign"), 1);
  EXPECT_THAT(match({}), IsEmpty());
}

TEST_F(FileScheduling, WhatIsWrongIsSaidOnceAndShownUntilItIsMended) {
  const auto one = keeper();
  one->replace({{"carrier", at("@daily")}});
  engine_.away = true;
  one->match();
  one->match();
  EXPECT_EQ(logged("batch_not_scheduled"), 1);
  EXPECT_THAT(one->totals().at("carrier").trouble, HasSubstr("away"));
  engine_.away = false;
  one->match();
  EXPECT_EQ(one->totals().at("carrier").trouble, "");
}

TEST_F(FileScheduling, APausedScheduleIsShownAndNotTouched) {
  const auto one = keeper();
  one->replace({{"carrier", at("@daily")}});
  one->match();
  engine_.told.clear();
  engine_.schedules["carrier"].paused = true;
  engine_.schedules["carrier"].note = "holiday";
  one->match();
  EXPECT_THAT(engine_.told, IsEmpty());
  EXPECT_THAT(one->totals().at("carrier").trouble, HasSubstr("holiday"));
  engine_.schedules["carrier"].paused = false;
  one->match();
  EXPECT_EQ(one->totals().at("carrier").trouble, "");
}

TEST_F(FileScheduling, RunsOfThisHostsTimeAreCountedOnceAndTheNextTimeIsShown) {
  const auto one = keeper();
  one->replace({{"carrier", at("@daily")}});
  one->match();
  auto& seen = engine_.schedules["carrier"];
  const Instant now = system_clock().now();
  seen.next = now + 1h;
  seen.running = true;
  seen.recent = {{now - 1h, {"batch:carrier:folder", "before"}},
                 {now, {"batch:carrier:folder", "good"}},
                 {now, {"batch:carrier:folder", "under way"}}};
  engine_.outcomes["before"].value = BatchSummary{9, 9, 9, 9};
  engine_.outcomes["good"].value = BatchSummary{2, 40, 1, 3};
  one->match();
  one->match();
  FileTotals totals = one->totals().at("carrier");
  EXPECT_EQ(totals.done.files_processed, 2);
  EXPECT_EQ(totals.done.total_records, 40);
  EXPECT_EQ(totals.done.failed, 1);
  EXPECT_EQ(totals.done.dead_letters, 3);
  EXPECT_EQ(totals.next_run, now + 1h);
  EXPECT_TRUE(totals.running);
  EXPECT_TRUE(totals.last_run);
  EXPECT_EQ(logged("files_read"), 1);

  engine_.outcomes["under way"].failure =
      std::make_shared<temporal::ApplicationFailure>("Any", "no such folder");
  seen.running = false;
  one->match();
  totals = one->totals().at("carrier");
  EXPECT_EQ(totals.trouble, "no such folder");
  EXPECT_FALSE(totals.running);
  EXPECT_EQ(logged("files_not_read"), 1);
}

TEST_F(FileScheduling, AnOperatorMayReadNowUntilTheHostStops) {
  const auto one = keeper();
  one->replace({{"carrier", at("@daily")}});
  EXPECT_TRUE(one->has("carrier"));
  EXPECT_FALSE(one->has("other"));
  EXPECT_TRUE(one->trigger("carrier"));
  EXPECT_THAT(engine_.told, ElementsAre("trigger carrier"));
  one->stop();
  EXPECT_EQ(one->trigger("carrier").error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace gantry::app
