#include "host/observe/trace_context.hpp"

#include <gtest/gtest.h>

namespace gantry::observe {
namespace {

// The specification's own examples (https://www.w3.org/TR/trace-context/, sections 3.2.2.5, 3.4).
constexpr std::string_view kSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view kNotSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

TEST(TraceContext, ReadsTheExamplesOfTheSpecification) {
  const auto sampled = TraceContext::parse(kSampled);
  ASSERT_TRUE(sampled);
  EXPECT_EQ(sampled->trace_hex(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(sampled->span_hex(), "00f067aa0ba902b7");
  EXPECT_TRUE(sampled->sampled);
  const auto unsampled = TraceContext::parse(kNotSampled);
  ASSERT_TRUE(unsampled);
  EXPECT_FALSE(unsampled->sampled);
  EXPECT_EQ(sampled->traceparent(), kSampled);
  EXPECT_EQ(unsampled->traceparent(), kNotSampled);
}

TEST(TraceContext, OnlyTheSampledBitOfTheFlagsCounts) {
  const std::string ids = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";
  EXPECT_TRUE(TraceContext::parse(ids + "03").value().sampled);
  EXPECT_TRUE(TraceContext::parse(ids + "ff").value().sampled);
  EXPECT_FALSE(TraceContext::parse(ids + "fe").value().sampled);
  EXPECT_EQ(TraceContext::parse(ids + "03").value().traceparent(), ids + "01");
}

// Cases of the W3C's test harness (github.com/w3c/trace-context, test/test.py).
TEST(TraceContext, RefusesWhatTheSpecificationRefuses) {
  for (const std::string_view text : {
           "",
           "00",
           "foo",
           "00-00000000000000000000000000000000-1234567890123456-01",    // trace id of zeros
           "00-12345678901234567890123456789012-0000000000000000-01",    // parent id of zeros
           "ff-12345678901234567890123456789012-1234567890123456-01",    // version 255
           "00-12345678901234567890123456789012-1234567890123456-01-x",  // version 00 ends at 55
           "00-12345678901234567890123456789012-1234567890123456-01.",
           "cc-12345678901234567890123456789012-1234567890123456-01.what",
           "00-123456789012345678901234567890-1234567890123456-01",  // ids too short
           "00-12345678901234567890123456789012-12345678901234-01",
           "00-12345678901234567890123456789012-1234567890123456-1",
           "00-.2345678901234567890123456789012-1234567890123456-01",
           "00-1234567890123456789012345678901.-1234567890123456-01",
           "00-12345678901234567890123456789012-.234567890123456-01",
           "00-12345678901234567890123456789012-1234567890123456-.0",
           "00-12345678901234567890123456789012-1234567890123456-0.",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",  // upper case
           "0.-12345678901234567890123456789012-1234567890123456-01",
           "00_12345678901234567890123456789012-1234567890123456-01",
           "00-12345678901234567890123456789012_1234567890123456-01",
       }) {
    EXPECT_FALSE(TraceContext::parse(text)) << text;
  }
}

TEST(TraceContext, EveryPrefixOfAValidOneIsRefused) {
  for (std::size_t size = 0; size < kSampled.size(); ++size) {
    EXPECT_FALSE(TraceContext::parse(kSampled.substr(0, size))) << size;
  }
}

TEST(TraceContext, AHigherVersionIsReadAsFarAsThisOneGoes) {
  const auto later = TraceContext::parse(
      "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like");
  ASSERT_TRUE(later);
  EXPECT_EQ(later->traceparent(), "00-12345678901234567890123456789012-1234567890123456-01");
}

TEST(TraceContext, TracestateIsCarriedAsItCame) {
  const std::string_view state = "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE";
  EXPECT_EQ(TraceContext::parse(kSampled, state).value().state, state);
  EXPECT_EQ(TraceContext::parse(kSampled, "fw529a3039@dt=FfffffeFkgMzE").value().state,
            "fw529a3039@dt=FfffffeFkgMzE");
}

TEST(TraceContext, AWrongTracestateIsLeftOutAndTheRestStands) {
  std::string many = "k0=1";
  for (int i = 1; i < 33; ++i) many += ",k" + std::to_string(i) + "=1";
  for (const std::string& state :
       {std::string("foo"), std::string("foo=1,foo=2"), std::string("FOO=1"), std::string("=1"),
        std::string("foo=bar=baz"), std::string("foo=a\tb"), std::string("-a=1"),
        "a=" + std::string(257, 'x'), many, std::string("a=1\r\nSet-Cookie: x")}) {
    const auto context = TraceContext::parse(kSampled, state);
    ASSERT_TRUE(context) << state;
    EXPECT_EQ(context->state, "") << state;
  }
}

TEST(Ids, ThatAreDerivedAreTheSameForOneSeedAndDifferOtherwise) {
  EXPECT_EQ(derive_span_id("run-1"), derive_span_id("run-1"));
  EXPECT_NE(derive_span_id("run-1"), derive_span_id("run-2"));
  EXPECT_EQ(derive_trace_id("run-1"), derive_trace_id("run-1"));
  EXPECT_NE(derive_trace_id("run-1"), derive_trace_id("run-2"));
  EXPECT_NE(random_trace_id(), random_trace_id());
  EXPECT_NE(random_span_id(), random_span_id());
}

}  // namespace
}  // namespace gantry::observe
