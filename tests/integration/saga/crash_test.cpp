// Kills a process 200 times in the middle of its sagas over real stores: at the border before and
// after each step in turn, then at random times while four threads write the same twelve documents.
// Each life begins once the dead one's leases have passed, and with finding all documents whole
// (crash_child.cpp).

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "tests/integration/saga/real_stores.hpp"

namespace gantry::stores::saga {
namespace {

using namespace std::chrono_literals;

constexpr int kKills = 200;

class Child {
 public:
  Child(const std::filesystem::path& folder, int threads, long kill_at) {
    RealServers::get().redis.end_leases();
    int out[2];
    if (::pipe(out) != 0) throw std::runtime_error("pipe");
    std::vector<std::string> words = {std::getenv("SAGA_CRASH_CHILD"), folder};
    for (const std::string& port : kPorts) words.push_back(RealServers::get().url(port));
    words.push_back(std::to_string(threads));
    words.push_back(std::to_string(kill_at));
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addclose(&actions, out[0]);
    const int failed = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    from_ = out[0];
    if (failed != 0) throw std::runtime_error("the child does not start");
  }
  ~Child() { ::close(from_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::string read_line() {
    std::string line;
    for (char c = 0; ::read(from_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  void kill() { ::kill(pid_, SIGKILL); }
  /// Its exit status, or minus the signal.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = -1;
  int from_ = -1;
};

TEST(SagaCrash, AfterEachOfTwoHundredKillsEveryDocumentIsWhole) {
  const TempDir dir;
  Child whole(dir.path(), 0, -1);
  ASSERT_EQ(whole.read_line(), "alive");
  const long steps = std::stol(whole.read_line());
  ASSERT_EQ(whole.wait(), 0);
  ASSERT_GT(steps, 20);

  int killed = 0;
  long at = 0;
  // Each border of a life, then those of a life that first has to clean up.
  for (; killed < kKills / 2; ++at) {
    Child child(dir.path(), 0, at % (2 * steps));
    const int ended = child.wait();
    // A life with little to clean up ends before a late border.
    ASSERT_TRUE(ended == -SIGKILL || ended == 0) << "border " << at << " ended " << ended;
    killed += ended == -SIGKILL ? 1 : 0;
    ASSERT_LT(at, 4 * kKills);
  }
  EXPECT_GE(at, steps);
  std::mt19937 random(20'251'126);
  for (; killed < kKills; ++killed) {
    Child child(dir.path(), 4, -1);
    ASSERT_EQ(child.read_line(), "alive") << "kill " << killed << " ended " << child.wait();
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 200));
    child.kill();
    ASSERT_EQ(child.wait(), -SIGKILL);
  }
  Child last(dir.path(), 0, -1);
  ASSERT_EQ(last.read_line(), "alive");
  EXPECT_EQ(last.wait(), 0);
  EXPECT_EQ(RealServers::get().postgres.sql(
                "documents", "SELECT count(*) FROM gantry.documents WHERE id LIKE 'crash:%'"),
            "12");
}

}  // namespace
}  // namespace gantry::stores::saga
