#include "host/observe/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace gantry::observe {
namespace {

using testing::Contains;
using testing::Pair;
using testing::SizeIs;

class FakeClock : public Clock {
 public:
  Instant now() const override { return at; }
  std::chrono::steady_clock::time_point steady() const override { return {}; }
  Instant at{std::chrono::nanoseconds(1'000)};
};

class TraceTest : public testing::Test {
 protected:
  Tracer tracer(double sample = 1) {
    return Tracer(sample, [this](SpanRecord&& span) { spans.push_back(std::move(span)); }, clock);
  }
  FakeClock clock;
  std::vector<SpanRecord> spans;
};

const TraceContext kIncoming =
    TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "rojo=1")
        .value();

TEST_F(TraceTest, AChildHasItsParentsTraceAndTracestateAndAnIdOfItsOwn) {
  Tracer traces = tracer();
  {
    Span outer = traces.start("outer", SpanKind::kServer, kIncoming);
    clock.at += std::chrono::nanoseconds(5);
    const ScopedSpan here(std::move(outer));
    const ScopedSpan inner("inner");
    clock.at += std::chrono::nanoseconds(2);
  }
  ASSERT_THAT(spans, SizeIs(2));
  const SpanRecord& inner = spans[0];
  const SpanRecord& outer = spans[1];
  EXPECT_EQ(outer.parent, kIncoming.span_id);
  EXPECT_EQ(inner.parent, outer.context.span_id);
  EXPECT_NE(inner.context.span_id, outer.context.span_id);
  for (const SpanRecord& span : spans) {
    EXPECT_EQ(span.context.trace_id, kIncoming.trace_id);
    EXPECT_EQ(span.context.state, "rojo=1");
  }
  EXPECT_EQ(outer.kind, SpanKind::kServer);
  EXPECT_EQ(inner.kind, SpanKind::kInternal);
  EXPECT_EQ(inner.begun_at.time_since_epoch().count(), 1'005);
  EXPECT_EQ(inner.ended_at.time_since_epoch().count(), 1'007);
  EXPECT_EQ(outer.begun_at.time_since_epoch().count(), 1'000);
}

TEST_F(TraceTest, SiblingsHaveOneParentAndTheCurrentOneIsRestored) {
  Tracer traces = tracer();
  {
    const ScopedSpan parent(traces.start("parent", SpanKind::kInternal));
    {
      const ScopedSpan first("first");
    }
    {
      const ScopedSpan second("second");
    }
  }
  EXPECT_EQ(here().tracer, nullptr);
  EXPECT_EQ(current_traceparent(), "");
  ASSERT_THAT(spans, SizeIs(3));
  EXPECT_EQ(spans[0].parent, spans[2].context.span_id);
  EXPECT_EQ(spans[1].parent, spans[2].context.span_id);
  EXPECT_EQ(spans[2].parent, std::nullopt);
}

TEST_F(TraceTest, WithoutACurrentSpanNothingIsMadeOrKept) {
  ScopedSpan nothing("nothing");
  nothing.set({"store", "documents"});
  nothing.fail("timeout");
  EXPECT_FALSE(nothing.span());
  EXPECT_EQ(here().tracer, nullptr);
}

TEST_F(TraceTest, AParentThatIsNotSampledIsFollowedButKeepsItsTrace) {
  Tracer traces = tracer(1);
  TraceContext quiet = kIncoming;
  quiet.sampled = false;
  {
    const ScopedSpan span(traces.start("span", SpanKind::kServer, quiet));
    const ScopedSpan child("child");
    EXPECT_EQ(here().trace->trace_id, kIncoming.trace_id);
    EXPECT_TRUE(current_traceparent().ends_with("-00"));
  }
  EXPECT_THAT(spans, SizeIs(0));
}

TEST_F(TraceTest, AParentThatIsSampledIsFollowedWhateverTheShare) {
  Tracer traces = tracer(0);
  {
    const ScopedSpan span(traces.start("span", SpanKind::kServer, kIncoming));
  }
  {
    const ScopedSpan span(traces.start("own", SpanKind::kServer));
  }
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].name, "span");
}

TEST_F(TraceTest, AboutTheWantedShareOfNewTracesIsKept) {
  Tracer traces = tracer(0.25);
  for (int i = 0; i < 4'000; ++i) traces.start("root", SpanKind::kInternal).end();
  // Mean 1,000, standard deviation 27: nine of them to either side.
  EXPECT_GT(spans.size(), 750u);
  EXPECT_LT(spans.size(), 1'250u);
}

TEST_F(TraceTest, ARootOfASeedIsTheSameForEveryHost) {
  const TraceContext one = tracer(1).root("run-1");
  EXPECT_EQ(one, tracer(1).root("run-1"));
  EXPECT_NE(one.trace_id, tracer(1).root("run-2").trace_id);
  EXPECT_TRUE(one.sampled);
  EXPECT_FALSE(tracer(0).root("run-1").sampled);
}

TEST_F(TraceTest, WorkThatMovesToAnotherThreadStaysInItsSpan) {
  Tracer traces = tracer();
  {
    const ScopedSpan parent(traces.start("parent", SpanKind::kInternal));
    std::thread other([from = here()] {
      const Adopt adopt(from);
      const ScopedSpan child("child");
    });
    other.join();
  }
  ASSERT_THAT(spans, SizeIs(2));
  EXPECT_EQ(spans[0].parent, spans[1].context.span_id);
}

TEST_F(TraceTest, ANoteGoesOnTheCurrentSpanOfItsOwnThreadOnly) {
  Tracer traces = tracer();
  note({"source", "nobody"});
  {
    const ScopedSpan parent(traces.start("parent", SpanKind::kInternal));
    note({"source", "front"});
    std::thread other([from = here()] {
      const Adopt adopt(from);
      note({"source", "other"});
      note_failure("timeout");
    });
    other.join();
  }
  ASSERT_THAT(spans, SizeIs(1));
  using Value = SpanRecord::Value;
  EXPECT_THAT(spans[0].attributes,
              testing::ElementsAre(Pair("source", Value(std::string("front")))));
  EXPECT_FALSE(spans[0].failure);
}

TEST_F(TraceTest, ASpanEndsOnceAndFromWhereItWasMovedTo) {
  Tracer traces = tracer();
  Span span = traces.start("moved", SpanKind::kInternal);
  Span taken = std::move(span);
  span.end();
  EXPECT_THAT(spans, SizeIs(0));
  taken.end();
  taken.end();
  EXPECT_THAT(spans, SizeIs(1));
}

TEST_F(TraceTest, AnAttributeNamedLikeASecretIsMaskedAndALongOneIsCut) {
  Tracer traces = tracer();
  {
    ScopedSpan span(traces.start("span", SpanKind::kInternal));
    span.set({"signing_key", "hunter2"});
    span.set({"long", std::string(300, 'x')});
    span.set({"umlaut", std::string(255, 'x') + "ü"});  // its second byte would be the 257th
    span.set({"count", 3});
    span.set({"count", 4});
    span.fail("unavailable");
  }
  ASSERT_THAT(spans, SizeIs(1));
  using Value = SpanRecord::Value;
  EXPECT_THAT(spans[0].attributes, Contains(Pair("signing_key", Value(std::string("***")))));
  EXPECT_THAT(spans[0].attributes, Contains(Pair("long", Value(std::string(256, 'x')))));
  EXPECT_THAT(spans[0].attributes, Contains(Pair("umlaut", Value(std::string(255, 'x')))));
  EXPECT_THAT(spans[0].attributes, Contains(Pair("count", Value(std::int64_t{4}))));
  EXPECT_EQ(spans[0].failure, "unavailable");
}

TEST_F(TraceTest, ASpanKeepsThirtyTwoAttributes) {
  Tracer traces = tracer();
  {
    ScopedSpan span(traces.start("span", SpanKind::kInternal));
    for (int i = 0; i < 40; ++i) span.set({"a" + std::to_string(i), i});
  }
  EXPECT_THAT(spans.at(0).attributes, SizeIs(32));
}

}  // namespace
}  // namespace gantry::observe
