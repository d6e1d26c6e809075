// Schedules of a real server.

#include <gmock/gmock.h>
#include <temporal/api/workflowservice/v1/request_response.pb.h>

#include <functional>
#include <latch>

#include "tests/integration/temporal/rig.hpp"

namespace gantry::testing {
namespace {

using temporal::OverlapPolicy;
using temporal::ScheduleOptions;
using temporal::WorkflowHandle;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr SignalType<std::string> kFinish{"finish"};

/// Asks until it is so; each question is a call to the server.
void await(const std::string& what, const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what;
}

class Schedules : public ::testing::Test {
 protected:
  Schedules() {
    options.id = TemporalServer::unique("schedule");
    options.cron = {"0 2 31 12 *"};  // never while a test runs, or nearly so
    options.start = rig.start_options();
    options.start.memo = {{"made_by", temporal::to_payload(std::string("test"))}};
  }
  ~Schedules() override { (void)client.delete_schedule(options.id); }

  std::size_t starts() { return client.describe_schedule(options.id).value().recent.size(); }
  /// The run that was started as number `count`.
  WorkflowHandle started(std::size_t count) {
    await("start " + std::to_string(count), [&] { return starts() >= count; });
    return client.describe_schedule(options.id).value().recent.at(count - 1).run;
  }
  void finish(const WorkflowHandle& run) {
    ASSERT_TRUE(client.signal(run, kFinish, "well"));
    ASSERT_TRUE(client.result(kWait, run, kPatience).value().value);
  }

  Rig rig;
  temporal::Client client = rig.client();
  ScheduleOptions options;
};

TEST_F(Schedules, ItStartsItsWorkflowAtEachOfItsTimesUnderAnIdWithTheTime) {
  std::mutex mutex;
  std::set<std::string> ids;
  std::latch twice(2);
  rig.add<Json, Json>("knock", [&](Context& context, const Json&) {
    const std::lock_guard lock(mutex);
    if (ids.insert(context.info().workflow_id).second && ids.size() <= 2) twice.count_down();
    return Json();
  });
  rig.start();
  options.cron = {"@every 1s"};
  const Json argument{{"activities", {{{"type", "knock"}, {"start_to_close_ms", 10'000}}}}};
  ASSERT_TRUE(client.create_schedule(kRun, argument, options));
  twice.wait();
  ASSERT_TRUE(client.delete_schedule(options.id));
  const std::lock_guard lock(mutex);
  for (const auto& id : ids) EXPECT_THAT(id, StartsWith(options.start.id + "-20"));
}

TEST_F(Schedules, ADescriptionSaysWhatItWillStartAndWhen) {
  options.time_zone = "America/Chicago";
  const auto before = system_clock().now();
  ASSERT_TRUE(client.create_schedule(kRun, Json{{"n", 1}}, options));
  const auto seen = client.describe_schedule(options.id).value();
  EXPECT_EQ(seen.workflow_type, "Run");
  EXPECT_EQ(seen.workflow_id, options.start.id);
  EXPECT_EQ(seen.task_queue, rig.queue);
  EXPECT_EQ(temporal::from_payload<Json>(seen.argument), (Json{{"n", 1}}));
  EXPECT_EQ(temporal::from_payload<std::string>(seen.memo.at("made_by")), "test");
  EXPECT_FALSE(seen.paused);
  EXPECT_THAT(seen.open, IsEmpty());
  EXPECT_THAT(seen.recent, IsEmpty());
  ASSERT_THAT(seen.next, Not(IsEmpty()));
  EXPECT_GT(seen.next[0], before);
  // 2 o'clock in Chicago in winter is 8 o'clock UTC.
  const auto day = std::chrono::floor<std::chrono::days>(seen.next[0]);
  EXPECT_EQ(seen.next[0] - day, 8h);
  const std::chrono::year_month_day date{day};
  EXPECT_EQ(unsigned(date.month()), 12U);
  EXPECT_EQ(unsigned(date.day()), 31U);
}

TEST_F(Schedules, WhatIsDueWhileItsRunIsOpenIsSkipped) {
  rig.start();
  ASSERT_TRUE(client.create_schedule(kWait, Json(), options));
  ASSERT_TRUE(client.trigger_schedule(options.id));
  const auto first = started(1);
  EXPECT_EQ(client.describe_schedule(options.id).value().open.size(), 1U);
  ASSERT_TRUE(client.trigger_schedule(options.id));
  finish(first);
  await("it knows that the run ended",
        [&] { return client.describe_schedule(options.id).value().open.empty(); });
  EXPECT_EQ(starts(), 1U);
}

TEST_F(Schedules, WhatIsDueWhileItsRunIsOpenMayWaitForItsEnd) {
  rig.start();
  options.overlap = OverlapPolicy::kBufferOne;
  ASSERT_TRUE(client.create_schedule(kWait, Json(), options));
  ASSERT_TRUE(client.trigger_schedule(options.id));
  const auto first = started(1);
  ASSERT_TRUE(client.trigger_schedule(options.id));
  finish(first);
  const auto second = started(2);
  EXPECT_NE(second.run_id, first.run_id);
  finish(second);
}

TEST_F(Schedules, AnUpdateReplacesTimesAndArgumentAndLeavesItPaused) {
  ASSERT_TRUE(client.create_schedule(kRun, Json{{"n", 1}}, options));
  ::temporal::api::workflowservice::v1::PatchScheduleRequest pause;
  pause.set_namespace_(rig.connection->options().name_space);
  pause.set_schedule_id(options.id);
  pause.mutable_patch()->set_pause("holiday");
  ASSERT_EQ(rig.connection->core()
                .call(temporal::bridge::Service::kWorkflow, "patch_schedule",
                      pause.SerializeAsString(), kPatience)
                .status,
            temporal::bridge::kOk);
  await("it is paused", [&] { return client.describe_schedule(options.id).value().paused; });
  options.cron = {"30 4 1 1 *", "@yearly"};
  ASSERT_TRUE(client.update_schedule(kRun, Json{{"n", 2}}, options));
  await("it has the new argument", [&] {
    return temporal::from_payload<Json>(client.describe_schedule(options.id).value().argument) ==
           Json{{"n", 2}};
  });
  const auto seen = client.describe_schedule(options.id).value();
  EXPECT_TRUE(seen.paused);
  EXPECT_EQ(seen.note, "holiday");
  ASSERT_GE(seen.next.size(), 2U);
  EXPECT_EQ(seen.next[1] - seen.next[0], 4h + 30min);
}

TEST_F(Schedules, DeletingItLeavesItsRunAlone) {
  rig.start();
  ASSERT_TRUE(client.create_schedule(kWait, Json(), options));
  ASSERT_TRUE(client.trigger_schedule(options.id));
  const auto run = started(1);
  ASSERT_TRUE(client.delete_schedule(options.id));
  finish(run);
}

TEST_F(Schedules, ErrorsSayWhich) {
  const auto kind = [](const auto& result) {
    return result ? std::string("none") : std::string(to_string(result.error().kind));
  };
  ASSERT_TRUE(client.create_schedule(kRun, Json(), options));
  const auto again = client.create_schedule(kRun, Json(), options);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(again.error().what, HasSubstr(options.id));

  ScheduleOptions other = options;
  other.id += "-other";
  for (const auto& result : {client.update_schedule(kRun, Json(), other),
                             client.delete_schedule(other.id), client.trigger_schedule(other.id)}) {
    EXPECT_EQ(kind(result), to_string(ErrorKind::kNotFound));
  }
  EXPECT_EQ(kind(client.describe_schedule(other.id)), to_string(ErrorKind::kNotFound));
  other.cron = {"61 2 * * *"};
  EXPECT_EQ(kind(client.create_schedule(kRun, Json(), other)), to_string(ErrorKind::kInvalid));
  other.cron = options.cron;
  other.time_zone = "Mars/Olympus";
  EXPECT_EQ(kind(client.create_schedule(kRun, Json(), other)), to_string(ErrorKind::kInvalid));
}

}  // namespace
}  // namespace gantry::testing
