#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace {

/// How `confined ATTEMPT` ended, as waitpid tells it.
int run_confined(const std::string& attempt) {
  const char* program = std::getenv("GANTRY_CONFINED");
  return std::system(
      ("exec " + std::string(program == nullptr ? "" : program) + " " + attempt + " 2>/dev/null")
          .c_str());
}

void expect_refused(const std::string& attempt) {
  const int status = run_confined(attempt);
  ASSERT_TRUE(WIFEXITED(status)) << attempt;
  EXPECT_EQ(WEXITSTATUS(status), 0) << attempt << " was not refused";
}

TEST(Confine, NoFileIsOpenedMadeOrRemoved) {
  for (const char* attempt : {"open", "make", "remove"}) expect_refused(attempt);
}

TEST(Confine, NoSocketIsOpenedAndNoProcessStarted) {
  for (const char* attempt : {"socket", "fork", "exec"}) expect_refused(attempt);
}

TEST(Confine, NoOtherProcessIsSignalledOrRead) {
  for (const char* attempt : {"kill", "tgkill", "ptrace", "peek"}) expect_refused(attempt);
}

TEST(Confine, ItStillComputesAndCanAbort) {
  EXPECT_EQ(run_confined("compute"), 0);
  const int status = run_confined("abort");
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
}

}  // namespace
