#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "host/ingress/inbox.hpp"
#include "tests/unit/ingress/support.hpp"

extern char** environ;

namespace gantry::ingress::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

/// Runs the child until it dies, or kills it once it has said `lines_max` lines; what it said.
std::vector<std::string> run_child(const TempDir& directory, const char* point,
                                   std::size_t lines_max = 1'000'000) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) std::abort();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
  const char* child = std::getenv("INBOX_CRASH_CHILD");
  std::string program = child, path = directory.path().string(), where = point;
  char* arguments[] = {program.data(), path.data(), where.data(), nullptr};
  pid_t pid = 0;
  EXPECT_EQ(posix_spawn(&pid, child, &actions, nullptr, arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);

  std::vector<std::string> lines;
  std::string text;
  char bytes[4096];
  bool killed = false;
  for (ssize_t n = 0; (n = read(pipe_ends[0], bytes, sizeof bytes)) > 0;) {
    text.append(bytes, static_cast<std::size_t>(n));
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      lines.push_back(text.substr(0, end));
      text.erase(0, end + 1);
    }
    if (lines.size() >= lines_max && !std::exchange(killed, true)) kill(pid, SIGKILL);
  }
  close(pipe_ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
  return lines;
}

std::vector<std::string> pending_ids(const Inbox& inbox) {
  std::vector<std::string> ids;
  for (const auto& waiting : inbox.pending(0, 1'000'000).value()) ids.push_back(waiting.id);
  return ids;
}

TEST(InboxCrash, BeforeTheWriteNothingWasPromisedAndTheSenderMayComeAgain) {
  const TempDir directory;
  EXPECT_THAT(run_child(directory, "before_write"), ElementsAre());
  auto inbox = open_inbox(directory.path());
  EXPECT_EQ(append(*inbox, delivery("front", "1")).value(), AppendResult::kStored);
  EXPECT_THAT(pending_ids(*inbox), ElementsAre("1"));
}

TEST(InboxCrash, AfterTheSyncTheRepeatIsADuplicateAndTheDeliveryStartsOnce) {
  const TempDir directory;
  EXPECT_THAT(run_child(directory, "after_sync"), ElementsAre());
  auto inbox = open_inbox(directory.path());
  EXPECT_EQ(append(*inbox, delivery("front", "1")).value(), AppendResult::kDuplicate);
  EXPECT_THAT(pending_ids(*inbox), ElementsAre("1"));
}

TEST(InboxCrash, AnAnsweredDeliveryIsThere) {
  const TempDir directory;
  EXPECT_THAT(run_child(directory, "after_answer"), ElementsAre("answered 1"));
  auto inbox = open_inbox(directory.path());
  EXPECT_THAT(pending_ids(*inbox), ElementsAre("1"));
  EXPECT_EQ(inbox->load("front", "1").value(), delivery("front", "1"));
}

TEST(InboxCrash, StartedButNotMarkedIsStartedAgain) {
  const TempDir directory;
  EXPECT_THAT(run_child(directory, "before_mark"), Contains("started 1"));
  auto inbox = open_inbox(directory.path());
  EXPECT_THAT(pending_ids(*inbox), ElementsAre("1"));
}

TEST(InboxCrash, UnderLoadEveryAnsweredDeliveryIsThereOnce) {
  std::size_t answered = 0;
  for (int round = 0; round < 3; ++round) {
    const TempDir fresh;
    const auto lines = run_child(fresh, "stream", 200 + 100 * static_cast<std::size_t>(round));
    auto inbox = open_inbox(fresh.path());
    const auto waiting = pending_ids(*inbox);
    for (const auto& line : lines) {
      const std::string id = line.substr(std::string("answered ").size());
      EXPECT_EQ(std::count(waiting.begin(), waiting.end(), id), 1) << id;
      EXPECT_TRUE(inbox->load("front", id)) << id;
      ++answered;
    }
  }
  EXPECT_GE(answered, 900u);
}

}  // namespace
}  // namespace gantry::ingress::test
