#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "host/observe/trace.hpp"
#include "host/temporal/converter/trace_header.hpp"
#include "tests/unit/temporal/workflow/activations.hpp"

/// A run's place in its trace: what it hands on, and when its span is told.
namespace gantry::temporal::workflow::testing {
namespace {

using namespace std::chrono_literals;
using observe::TraceContext;
using ::testing::SizeIs;

constexpr WorkflowType<None, std::string> kText{.name = "Text"};
constexpr ActivityType<std::string, std::string> kGreet{.name = "greet",
                                                        .policy = {.start_to_close = 10s}};

const TraceContext kSender =
    TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "rojo=1")
        .value();

template <class Headers>
std::optional<TraceContext> place(const Headers& headers) {
  return trace_in(headers, [](const auto& payload) { return from_wire(payload); });
}

class WorkflowTrace : public ::testing::Test {
 protected:
  WorkflowTrace() { driver.tracer = &tracer; }

  void add_greeting() {
    driver.add(kText, [](Context ctx, None) -> Task<std::string> {
      co_return co_await ctx.activity(kGreet, "Ada");
    });
  }
  Activation start() {
    return Activation().start("Text").header(std::string(kTraceHeader), trace_payload(kSender));
  }
  static Activation answer() {
    return Activation().activity_done(1, to_payload(std::string("hi")));
  }

  std::vector<observe::SpanRecord> spans;
  observe::Tracer tracer{1,
                         [this](observe::SpanRecord&& span) { spans.push_back(std::move(span)); }};
  Driver driver;
};

TEST_F(WorkflowTrace, TheHeaderHasTheShapeOfTheOfficialInterceptors) {
  const Payload payload = trace_payload(kSender);
  EXPECT_EQ(kTraceHeader, "_tracer-data");
  EXPECT_EQ(payload.encoding(), "json/plain");
  EXPECT_EQ(payload.data,
            R"({"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",)"
            R"("tracestate":"rojo=1"})");
  EXPECT_EQ(trace_of(payload), kSender);
  // As Core's own test history has it, from the Rust SDK.
  EXPECT_EQ(trace_of({{{"encoding", "json/plain"}},
                      R"({"tracestate":"","traceparent":"00-9afa508ef345a657ff33dbb8e4cbfc64-)"
                      R"(c5d40954fbfbf894-01"})"})
                ->trace_hex(),
            "9afa508ef345a657ff33dbb8e4cbfc64");
  for (const char* data : {"", "[]", "1", R"({"traceparent":1})", R"({"traceparent":"x"})"}) {
    EXPECT_FALSE(trace_of({{{"encoding", "json/plain"}}, data})) << data;
  }
}

TEST_F(WorkflowTrace, EveryStepThatARunStartsIsAChildOfTheRunInItsSendersTrace) {
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    auto activity = ctx.activity(kGreet, "a");
    auto local = ctx.local_activity(kGreet, "b");
    auto child = ctx.start_child(kText, None{});
    co_return co_await activity;
  });
  const auto first = driver.run(start());
  ASSERT_EQ(first.size(), 3);
  const auto activity = place(first[0].schedule_activity().headers());
  const auto local = place(first[1].schedule_local_activity().headers());
  const auto child = place(first[2].start_child_workflow_execution().headers());
  ASSERT_TRUE(activity);
  EXPECT_EQ(activity->trace_id, kSender.trace_id);
  EXPECT_EQ(activity->state, "rojo=1");
  EXPECT_NE(activity->span_id, kSender.span_id);
  EXPECT_EQ(local, activity);
  EXPECT_EQ(child, activity);
}

TEST_F(WorkflowTrace, TheSpanIsRecordedOnceAndOnlyWhenTheServerHasTakenTheEnd) {
  add_greeting();
  const auto began = driver.run(start());
  driver.run(answer());
  EXPECT_THAT(spans, SizeIs(0));
  driver.run(Activation().evict(Eviction::kEnded));
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].name, "RunWorkflow:Text");
  EXPECT_EQ(spans[0].parent, kSender.span_id);
  EXPECT_EQ(spans[0].context, place(began.only().schedule_activity().headers()));
  EXPECT_FALSE(spans[0].failure);
}

TEST_F(WorkflowTrace, AnEndThatTheServerDidNotTakeIsNotToldUntilItIs) {
  add_greeting();
  driver.run(start());
  driver.run(answer());
  driver.run(Activation().evict(Eviction::kUnhandledCommand));
  EXPECT_THAT(spans, SizeIs(0));
  // The same history again, with the signal that came in between.
  driver.run(start().replaying());
  driver.run(answer());
  driver.run(Activation().evict(Eviction::kEnded));
  EXPECT_THAT(spans, SizeIs(1));
}

TEST_F(WorkflowTrace, ReplayMakesNoSpanAndAsksForTheSamePlaces) {
  add_greeting();
  const auto live = driver.run(start());
  driver.run(Activation().evict(Eviction::kCacheFull));
  const auto again = driver.run(start().replaying());
  EXPECT_EQ(place(again.only().schedule_activity().headers()),
            place(live.only().schedule_activity().headers()));
  driver.run(answer().replaying());
  driver.run(Activation().evict(Eviction::kEnded));
  EXPECT_THAT(spans, SizeIs(0));
}

TEST_F(WorkflowTrace, ARunThatNobodyTracedBeginsATraceThatFollowsFromItsId) {
  add_greeting();
  const auto first = driver.run(Activation().start("Text"));
  const auto place_of_run = place(first.only().schedule_activity().headers());
  ASSERT_TRUE(place_of_run);
  EXPECT_EQ(place_of_run->trace_id, observe::derive_trace_id(kRun));
  driver.run(answer());
  driver.run(Activation().evict(Eviction::kEnded));
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].parent, std::nullopt);
}

TEST_F(WorkflowTrace, AFailureIsOneWord) {
  driver.add(kText, [](Context, None) -> Task<std::string> {
    throw ApplicationFailure("ValidationError", "what the customer wrote");
    co_return "";
  });
  driver.run(start());
  driver.run(Activation().evict(Eviction::kEnded));
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].failure, "ValidationError");
}

TEST_F(WorkflowTrace, TheNextRunInheritsTheSendersPlaceAndNotTheRuns) {
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    ctx.continue_as_new(kText, None{});
    co_return "";
  });
  const auto ended = driver.run(start());
  EXPECT_EQ(place(ended.only().continue_as_new_workflow_execution().headers()), kSender);
}

TEST_F(WorkflowTrace, ARoundHasATraceOfItsOwnAndEndsWithItsScope) {
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    for (int round = 0; round < 2; ++round) {
      {
        const auto trace = ctx.own_trace("poll");
        co_await ctx.activity(kGreet, "Ada");
      }
      co_await ctx.sleep(15min);
    }
    co_return "";
  });
  const auto first = driver.run(Activation().start("Text"));
  const auto one = place(first.only().schedule_activity().headers());
  driver.run(answer());
  const auto second = driver.run(Activation().fire_timer(1));
  const auto two = place(second.only().schedule_activity().headers());
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->trace_id, two->trace_id);
  EXPECT_NE(one->trace_id, observe::derive_trace_id(kRun));
  ASSERT_THAT(spans, SizeIs(1));  // the task that ended it was taken: another one came
  EXPECT_EQ(spans[0].name, "poll");
  EXPECT_EQ(spans[0].context, one);
  ASSERT_TRUE(spans[0].link);
  EXPECT_EQ(spans[0].link->trace_id, observe::derive_trace_id(kRun));
}

TEST_F(WorkflowTrace, ARoundThatIsEvictedHalfwayIsNotToldAsEnded) {
  driver.add(kText, [](Context ctx, None) -> Task<std::string> {
    const auto trace = ctx.own_trace("poll");
    co_return co_await ctx.activity(kGreet, "Ada");
  });
  driver.run(Activation().start("Text"));
  driver.run(Activation().evict(Eviction::kCacheFull));
  EXPECT_THAT(spans, SizeIs(0));
}

TEST_F(WorkflowTrace, WithoutATracerAHeaderIsCarriedOnAsItCame) {
  driver.tracer = nullptr;
  add_greeting();
  const auto first = driver.run(start());
  EXPECT_EQ(place(first.only().schedule_activity().headers()), kSender);
  driver.run(answer());
  driver.run(Activation().evict(Eviction::kEnded));
  EXPECT_THAT(spans, SizeIs(0));
}

TEST_F(WorkflowTrace, WithoutEitherCommandsHaveNoHeader) {
  driver.tracer = nullptr;
  add_greeting();
  EXPECT_TRUE(driver.run(Activation().start("Text")).only().schedule_activity().headers().empty());
}

}  // namespace
}  // namespace gantry::temporal::workflow::testing
