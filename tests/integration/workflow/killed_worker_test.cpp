#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "tests/integration/workflow/rig.hpp"

extern char** environ;

/// A worker that dies without a word in the middle of a run.
namespace gantry::temporal::workflow::testing {
namespace {

/// The worker process; killed at the latest when this dies.
class WorkerProcess {
 public:
  explicit WorkerProcess(const std::string& queue) {
    std::string address = gantry::testing::TemporalServer::shared().address();
    std::string name = queue;
    char program[] = GANTRY_WORKER_PROCESS;
    char* arguments[] = {program, address.data(), name.data(), nullptr};
    EXPECT_EQ(::posix_spawn(&pid_, program, nullptr, nullptr, arguments, environ), 0);
  }
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess() { kill(); }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

TEST(KilledWorker, ARunContinuesWhereItWasAfterTwoSigkills) {
  constexpr int kSteps = 12;
  Rig rig;  // Only its client is used.
  WorkflowHandle handle;
  for (const int progress : {3, 7}) {
    WorkerProcess worker(rig.queue);
    if (handle.id.empty()) handle = rig.begin(kLong, kSteps);
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    for (int total = 0; total < progress;) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      const auto answer = rig.client.query(handle, kTotal);
      if (answer) total = *answer;
    }
    worker.kill();
  }
  WorkerProcess last(rig.queue);
  EXPECT_EQ(rig.finish(kLong, handle), kSteps);
}

}  // namespace
}  // namespace gantry::temporal::workflow::testing
