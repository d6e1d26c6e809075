#include "host/observe/otlp.hpp"

#include <gtest/gtest.h>

#include "host/base/encoding.hpp"

namespace gantry::observe::otlp {
namespace {

std::string hex(std::string_view text) { return from_hex(text).value(); }

SpanRecord smallest() {
  SpanRecord span;
  span.context =
      TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").value();
  span.name = "n";
  span.kind = SpanKind::kServer;
  span.begun_at = Instant{std::chrono::nanoseconds(1)};
  span.ended_at = Instant{std::chrono::nanoseconds(2)};
  return span;
}

// Worked out by hand from the wire format and the field numbers of trace.proto. That a real
// collector's decoder agrees is for tests/e2e/tracing_test.py.
TEST(Otlp, OneSpanIsTheseBytes) {
  const SpanRecord span = smallest();
  EXPECT_EQ(to_hex(encode({.service = "s"}, {&span, 1})),
            to_hex(hex("0a59"  // resource_spans
                       "0a15"
                       "0a13"
                       "0a0c736572766963652e6e616d65"  // resource, service.name
                       "1203"
                       "0a0173"  // AnyValue "s"
                       "1240"
                       "0a03"
                       "0a0173"                                // scope_spans, scope
                       "1239"                                  // span
                       "0a100af7651916cd43dd8448eb211c80319c"  // trace_id
                       "1208b7ad6b7169203331"                  // span_id
                       "2a016e"                                // name
                       "3002"                                  // kind
                       "390100000000000000"                    // start_time_unix_nano
                       "410200000000000000"                    // end_time_unix_nano
                       "850101000000")));                      // flags
}

TEST(Otlp, ParentStateAttributesLinkAndStatusAreWrittenUnderTheirNumbers) {
  SpanRecord span = smallest();
  const std::string bare = encode({.service = "s"}, {&span, 1});
  const auto has = [&](std::string_view part) {
    return encode({.service = "s"}, {&span, 1}).find(hex(part)) != std::string::npos;
  };
  span.parent = SpanId{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_TRUE(has("22080102030405060708"));
  span.context.state = "a=1";
  EXPECT_TRUE(has("1a03613d31"));
  span.set({"t", "x"});
  EXPECT_TRUE(
      has("4a08"
          "0a0174"
          "1203"
          "0a0178"));
  span.set({"b", false});
  EXPECT_TRUE(
      has("4a07"
          "0a0162"
          "1202"
          "1000"));
  span.set({"i", -1});
  EXPECT_TRUE(
      has("4a10"
          "0a0169"
          "120b"
          "18ffffffffffffffffff01"));
  span.set({"d", 0.5});
  EXPECT_TRUE(
      has("4a0e"
          "0a0164"
          "1209"
          "21000000000000e03f"));
  span.link = span.context;
  EXPECT_TRUE(
      has("6a26"
          "0a100af7651916cd43dd8448eb211c80319c"
          "1208b7ad6b7169203331"
          "1a03613d31"
          "3501000000"));
  span.failure = "timeout";
  EXPECT_TRUE(
      has("7a0b"
          "120774696d656f7574"
          "1802"));
  EXPECT_EQ(bare.find(hex("7a")), std::string::npos);
}

TEST(Otlp, TextThatIsNotUtf8IsEscapedBecauseACollectorRefusesTheWholeRequest) {
  SpanRecord span = smallest();
  span.set({"id", std::string_view("\xff")});
  EXPECT_NE(encode({}, {&span, 1}).find("\\xff"), std::string::npos);
}

TEST(Otlp, APartialSuccessIsReadAndAnythingElseRejectsNothing) {
  const Rejected two =
      rejected_by(hex("0a07"
                      "0802"
                      "12036e6f21"));
  EXPECT_EQ(two.spans, 2u);
  EXPECT_EQ(two.reason, "no!");
  EXPECT_EQ(rejected_by("").spans, 0u);
  EXPECT_EQ(rejected_by("<html>").spans, 0u);
  const std::string whole =
      hex("0a07"
          "0802"
          "12036e6f21");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(rejected_by(std::string_view(whole).substr(0, size)).spans, 0u) << size;
  }
}

}  // namespace
}  // namespace gantry::observe::otlp
