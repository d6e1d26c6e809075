#include "host/plugins/conformance/sandbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace gantry::plugins::conformance {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Sandbox, TheOutcomeOfTheBodyArrivesWhole) {
  const ChildRun run = run_isolated(
      [] {
        return Outcome{Verdict::kWarn, "a", std::string(1U << 20U, 'b'), std::string("c\0d", 3)};
      },
      60s);
  ASSERT_EQ(run.end, ChildRun::End::kOutcome);
  EXPECT_EQ(run.outcome.verdict, Verdict::kWarn);
  EXPECT_EQ(run.outcome.expected, "a");
  EXPECT_EQ(run.outcome.seen, std::string(1U << 20U, 'b'));
  EXPECT_EQ(run.outcome.remedy, std::string("c\0d", 3));
}

TEST(Sandbox, NothingTheBodyChangesIsChangedHere) {
  static int value = 1;
  run_isolated(
      [] {
        value = 2;
        return Outcome{};
      },
      60s);
  EXPECT_EQ(value, 1);
}

TEST(Sandbox, ASignalIsADeathWithItsNameAndTheLastWords) {
  const ChildRun run = run_isolated(
      []() -> Outcome {
        std::fputs("first\nlast words\n", stderr);
        ::raise(SIGKILL);
        return {};
      },
      60s);
  ASSERT_EQ(run.end, ChildRun::End::kDied);
  EXPECT_THAT(run.died, HasSubstr("signal 9 (Killed): last words"));
}

TEST(Sandbox, AnExitInTheMiddleIsADeathAndNoPass) {
  const ChildRun run = run_isolated([]() -> Outcome { ::_exit(0); }, 60s);
  ASSERT_EQ(run.end, ChildRun::End::kDied);
  EXPECT_THAT(run.died, HasSubstr("exit code 0"));
}

TEST(Sandbox, AnEndlessBodyIsStoppedAtItsTimeOut) {
  const ChildRun run = run_isolated(
      []() -> Outcome {
        for (;;) ::pause();
      },
      50ms);
  EXPECT_EQ(run.end, ChildRun::End::kTimedOut);
}

TEST(Sandbox, AnOutcomeCountsThoughTheBodysChildHoldsThePipeOpen) {
  const ChildRun run = run_isolated(
      [] {
        if (::fork() == 0) {
          for (;;) ::pause();
        }
        return Outcome{Verdict::kPass, "", "done", ""};
      },
      60s);
  ASSERT_EQ(run.end, ChildRun::End::kOutcome);
  EXPECT_EQ(run.outcome.seen, "done");
}

}  // namespace
}  // namespace gantry::plugins::conformance
