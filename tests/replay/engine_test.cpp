#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "host/temporal/replay/replay.hpp"

/// The replayer itself, on samples/reminder.json: written by hand in the CLI's format. Events: 5
/// a five-second timer starts, 6 it fires, 10 activity "ring" is scheduled, 16 the end.
namespace gantry::temporal::replay {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using workflow::Context;
using workflow::Task;

constexpr WorkflowType<std::string, std::string> kReminder{.name = "Reminder"};
constexpr ActivityType<std::string, std::string> kRing{.name = "ring",
                                                       .policy = {.start_to_close = 10s}};
constexpr ActivityType<std::string, std::string> kBuzz{.name = "buzz",
                                                       .policy = {.start_to_close = 10s}};
using Body = Task<std::string> (*)(Context, std::string);

std::string sample() { return std::getenv("GANTRY_HISTORIES") + std::string("/reminder.json"); }

std::string sample_text() {
  std::ifstream file(sample());
  return {std::istreambuf_iterator<char>(file), {}};
}

Task<std::string> as_recorded(Context ctx, std::string what) {
  co_await ctx.sleep(5s);
  co_return co_await ctx.activity(kRing, what);
}

ReplayReport replay(Body body) {
  workflow::Registry registry;
  registry.add(kReminder, body);
  return replay_history(read_history_file(sample()).value(), registry).value();
}

TEST(ReadHistory, KnowsWhoRan) {
  const auto history = read_history_file(sample()).value();
  EXPECT_EQ(history.workflow_id, "reminder-1");
  EXPECT_EQ(history.workflow_type, "Reminder");
  EXPECT_EQ(history.task_queue, "samples");
  EXPECT_EQ(history.events, 16);
}

TEST(ReadHistory, JsonOldSpellingAndBytesAreTheSameHistory) {
  const auto today = read_history(sample_text()).value();
  std::string old = sample_text();
  const auto respell = [&old](std::string_view from, std::string_view to) {
    for (auto at = old.find(from); at != std::string::npos; at = old.find(from)) {
      old.replace(at, from.size(), to);
    }
  };
  respell("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", "WorkflowExecutionStarted");
  respell("EVENT_TYPE_TIMER_FIRED", "TimerFired");
  respell("TASK_QUEUE_KIND_NORMAL", "Normal");
  EXPECT_EQ(read_history(old).value().bytes, today.bytes);
  EXPECT_EQ(read_history(today.bytes).value().bytes, today.bytes);
}

TEST(ReadHistory, RefusesWhatIsNoHistory) {
  EXPECT_FALSE(read_history(""));
  EXPECT_FALSE(read_history("{\"events\": []}"));
  EXPECT_FALSE(read_history("{\"events\": [{\"eventType\": 7"));
  EXPECT_FALSE(read_history("no history at all"));
  const auto missing = read_history_file("/nowhere/reminder.json");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(missing.error().what, HasSubstr("/nowhere/reminder.json"));
}

TEST(ReadHistory, EveryTruncationIsRefusedOrShorter) {
  const std::string text = sample_text();
  for (std::size_t size = 0; size < text.size() - 2; size += 97) {
    EXPECT_FALSE(read_history(std::string_view(text).substr(0, size))) << size;
  }
}

TEST(Replay, TheCodeThatWasRecordedIsCompatible) {
  const auto report = replay(as_recorded);
  EXPECT_EQ(report.problem, "");
  EXPECT_EQ(report.events, 16);
}

TEST(Replay, ACommandOfAnotherKindIsReportedWithWorkflowAndEvent) {
  const auto report = replay([](Context ctx, std::string what) -> Task<std::string> {
    co_return co_await ctx.activity(kRing, what);
  });
  EXPECT_FALSE(report.compatible());
  EXPECT_THAT(report.problem, HasSubstr("'reminder-1' (Reminder)"));
  EXPECT_EQ(report.event_id, 5) << report.problem;
}

TEST(Replay, AnotherActivityIsReportedWithWorkflowAndEvent) {
  const auto report = replay([](Context ctx, std::string what) -> Task<std::string> {
    co_await ctx.sleep(5s);
    co_return co_await ctx.activity(kBuzz, what);
  });
  EXPECT_FALSE(report.compatible());
  EXPECT_THAT(report.problem, HasSubstr("'reminder-1' (Reminder)"));
  EXPECT_THAT(report.problem, HasSubstr("buzz"));
  EXPECT_EQ(report.event_id, 10) << report.problem;
}

TEST(Replay, AMissingStepIsReported) {
  const auto report = replay([](Context ctx, std::string) -> Task<std::string> {
    co_await ctx.sleep(5s);
    co_return "silence";
  });
  EXPECT_FALSE(report.compatible());
  EXPECT_EQ(report.event_id, 10) << report.problem;
}

TEST(Replay, APatchedChangeIsCompatible) {
  const auto report = replay([](Context ctx, std::string what) -> Task<std::string> {
    co_await ctx.sleep(5s);
    if (ctx.patched("buzz instead")) co_return co_await ctx.activity(kBuzz, what);
    co_return co_await ctx.activity(kRing, what);
  });
  EXPECT_EQ(report.problem, "");
}

TEST(Replay, CodeThatThrowsIsReportedWithItsWords) {
  const auto report = replay([](Context ctx, std::string) -> Task<std::string> {
    co_await ctx.sleep(5s);
    throw std::runtime_error("no bell");
  });
  EXPECT_THAT(report.problem, HasSubstr("'reminder-1' (Reminder) failed its task: no bell"));
}

TEST(Replay, AWorkflowThatIsNotRegisteredIsReported) {
  const workflow::Registry registry;
  const auto report = replay_history(read_history_file(sample()).value(), registry).value();
  EXPECT_THAT(report.problem, HasSubstr("'Reminder' is not registered"));
}

}  // namespace
}  // namespace gantry::temporal::replay
