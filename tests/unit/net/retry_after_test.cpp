#include "host/net/retry_after.hpp"

#include <gtest/gtest.h>

#include "host/base/time.hpp"

namespace gantry::net {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// RFC 9110, section 5.6.7: the example date in its preferred form.
const Instant kNow = parse_rfc3339("1994-11-06T08:49:37Z").value();

TEST(RetryAfter, SecondsAreRead) {
  EXPECT_EQ(parse_retry_after("120", kNow), seconds{120});
  EXPECT_EQ(parse_retry_after(" 0 ", kNow), seconds{0});
}

TEST(RetryAfter, ADecimalFractionIsRead) {
  EXPECT_EQ(parse_retry_after("1.5", kNow), nanoseconds{1'500'000'000});
  EXPECT_EQ(parse_retry_after("0.25", kNow), nanoseconds{250'000'000});
}

TEST(RetryAfter, AnHttpDateCountsFromNow) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:51:37 GMT", kNow), seconds{120});
}

TEST(RetryAfter, ADateInThePastIsZero) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", kNow), seconds{0});
}

TEST(RetryAfter, MoreThanFifteenMinutesIsCut) {
  EXPECT_EQ(parse_retry_after("86400", kNow), minutes{15});
  EXPECT_EQ(parse_retry_after("999999999999999999999999999999", kNow), minutes{15});
  EXPECT_EQ(parse_retry_after("Mon, 07 Nov 1994 08:49:37 GMT", kNow), minutes{15});
}

TEST(RetryAfter, NonsenseIsEmpty) {
  for (const std::string_view text : {"", " ", "soon", "-5", "1e3", "1.2.3", ".", "0x10", "nan"}) {
    EXPECT_EQ(parse_retry_after(text, kNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gantry::net
