#include "host/app/poll_nudge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <string>
#include <vector>

namespace gantry::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr NudgeBook::Time kStart{1h};

TEST(NudgeBook, TheFirstRequestIsDueAtOnceAndTheNextAfterTheRest) {
  NudgeBook book(10s);
  EXPECT_EQ(book.next(), std::nullopt);
  book.ask("bank", kStart);
  EXPECT_EQ(book.next(), kStart);
  EXPECT_THAT(book.take(kStart), ElementsAre("bank"));
  EXPECT_EQ(book.next(), std::nullopt);

  book.ask("bank", kStart + 1s);
  book.ask("bank", kStart + 2s);
  EXPECT_EQ(book.next(), kStart + 10s);
  EXPECT_THAT(book.take(kStart + 10s - 1ns), IsEmpty());
  EXPECT_THAT(book.take(kStart + 10s), ElementsAre("bank"));
  EXPECT_THAT(book.take(kStart + 60s), IsEmpty());  // two requests within a rest are one poll
}

TEST(NudgeBook, SourcesDoNotWaitForEachOther) {
  NudgeBook book(10s);
  book.ask("bank", kStart);
  EXPECT_THAT(book.take(kStart), ElementsAre("bank"));
  book.ask("bank", kStart + 1s);
  book.ask("other", kStart + 2s);
  EXPECT_EQ(book.next(), kStart + 2s);
  EXPECT_THAT(book.take(kStart + 2s), ElementsAre("other"));
}

TEST(NudgeBook, ThousandRefusalsInAMinuteAreSixPolls) {
  NudgeBook book(10s);
  std::size_t polls = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto now = kStart + i * 60ms;
    book.ask("bank", now);
    polls += book.take(now).size();
  }
  EXPECT_EQ(polls, 6U);
}

TEST(PollNudge, OnlyAnUnknownKeyAsksForAPoll) {
  std::vector<std::string> polled;
  std::latch done(2);
  PollNudge nudge([&](const std::string& source) {
    polled.push_back(source);
    done.count_down();
  });
  nudge.refused("stale", "stale");
  nudge.refused("bank", "key_unknown");
  nudge.refused("signed", "signature_mismatch");
  nudge.refused("other", "key_unknown");
  done.wait();
  nudge.stop();
  EXPECT_THAT(polled, ::testing::UnorderedElementsAre("bank", "other"));
}

TEST(PollNudge, TheDoorDoesNotWaitForAPoll) {
  std::latch inside(1);
  std::latch leave(1);
  PollNudge nudge([&](const std::string&) {
    inside.count_down();
    leave.wait();
  });
  nudge.refused("bank", "key_unknown");
  inside.wait();
  nudge.refused("bank", "key_unknown");  // returns although the poll is in hand
  nudge.refused("other", "key_unknown");
  leave.count_down();
}

}  // namespace
}  // namespace gantry::app
