#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <thread>

#include "host/temporal/engine/child_process.hpp"
#include "tests/support/flow_world.hpp"
#include "tests/support/temporal_server.hpp"

// A connector file, its records, the stores: everything real, the vendor inside the connector.
namespace gantry::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 100'000ms;

std::string address() { return TemporalServer::shared().address(); }

FlowStats until(FlowWorld& world, const std::string& id,
                const std::function<bool(const FlowStats&)>& wanted) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  FlowStats last;
  while (std::chrono::steady_clock::now() < deadline) {
    if (auto stats = world.client->query({id}, kGetStats)) {
      last = *stats;
      if (wanted(last)) return last;
    }
    std::this_thread::yield();
  }
  ADD_FAILURE() << "never came to it; last: " << Json(last).dump();
  return last;
}
bool resting(const FlowStats& stats) { return !stats.next_poll.empty(); }

class FlowWorldTest : public ::testing::Test {
 protected:
  ~FlowWorldTest() override {
    if (running_ && world_) (void)world_->client->terminate({*running_}, "the test is over");
  }
  FlowWorld& world(const std::string& config) {
    world_.emplace(address(), TemporalServer::unique("flows"), folder_.path(), config, extractor_);
    return *world_;
  }
  void poll(const std::string& id, std::uint32_t records_max = 1'000) {
    PollingInput input;
    input.source = "vendor";
    input.settings.budget.records_max = records_max;
    ASSERT_TRUE(world_->client->start(kPolling, input, world_->options(id)));
    running_ = id;
  }

  TempFolder folder_;
  pipeline::RulesExtractor extractor_;
  std::optional<FlowWorld> world_;
  std::optional<std::string> running_;
};

TEST_F(FlowWorldTest, AVendorsRecordsArePolledIntoTheStoresAndLeaveStaging) {
  auto& host = world(R"({"total":230,"page":50})");
  const std::string id = TemporalServer::unique("poll:vendor");
  poll(id, 100);
  const auto stats = until(host, id, resting);
  EXPECT_EQ(stats.total_processed, 230);
  EXPECT_EQ(stats.cursor, "230");
  EXPECT_EQ(stats.iteration, 3);
  EXPECT_EQ(host.documents(), 230U);
  EXPECT_EQ(host.staged(), 0U);
}

TEST_F(FlowWorldTest, AVendorThatFailsHalfwayIsTakenUpAtItsCheckpoint) {
  auto& host = world(R"({"total":40,"page":10,"fail_after":25,"fail":"TRANSIENT"})");
  const std::string id = TemporalServer::unique("poll:vendor");
  poll(id);
  const auto stats = until(host, id, resting);
  EXPECT_EQ(stats.cursor, "40");
  EXPECT_EQ(stats.failed, 0);
  EXPECT_EQ(host.documents(), 40U);
  EXPECT_EQ(host.staged(), 0U);
}

TEST_F(FlowWorldTest, AStreamIsReadToItsEnd) {
  auto& host = world(R"({"total":250,"page":40,"fail":"END"})");
  StreamInput input;
  input.source = "vendor";
  const auto handle =
      host.client
          ->start(kStreamIngestion, input, host.options(TemporalServer::unique("stream:vendor")))
          .value();
  const auto outcome = host.client->result(kStreamIngestion, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(outcome.value->total_processed, 250);
  EXPECT_EQ(outcome.value->cursor, "250");
  EXPECT_EQ(host.documents(), 250U);
  EXPECT_EQ(host.staged(), 0U);
}

TEST_F(FlowWorldTest, FilesAreReadStoredAndSettledAndPoisonIsKept) {
  auto& host = world(R"({"page":20})");
  std::ofstream good(host.room.at("waiting") / "good.txt");
  for (int i = 1; i <= 600; ++i) good << (i == 300 ? "poison" : "line") << '\n';
  good.close();
  std::ofstream(host.room.at("waiting") / "bad.txt") << "one\ntwo\nbroken\n";
  std::ofstream(host.room.at("waiting") / "odd.pdf") << "%PDF-1.7";
  BatchInput input;
  input.source = "vendor";
  input.run = "1";
  input.settings.budget.records_max = 250;
  const auto handle =
      host.client
          ->start(kBatchProcessing, input, host.options(TemporalServer::unique("batch:vendor")))
          .value();
  const auto outcome = host.client->result(kBatchProcessing, handle, kPatience).value();
  ASSERT_TRUE(outcome.value) << outcome.failure->message;
  EXPECT_EQ(outcome.value->files_processed, 1);
  EXPECT_EQ(outcome.value->failed, 2);
  EXPECT_EQ(outcome.value->dead_letters, 1);
  // Both files number their lines from 1, and a line's document is its number: 599 in all.
  EXPECT_EQ(host.documents(), 599U);
  EXPECT_EQ(host.staged(), 0U);
  EXPECT_EQ(host.dead(), 1U);
  EXPECT_TRUE(std::filesystem::exists(host.room.at("archive") / "good.txt"));
  EXPECT_TRUE(std::filesystem::exists(host.room.at("outbox") / "good.txt.report.txt"));
  EXPECT_TRUE(std::filesystem::exists(host.room.at("error") / "bad.txt.reason"));
  EXPECT_TRUE(std::filesystem::exists(host.room.at("error") / "odd.pdf.reason"));
}

/// Dies with the whole process when the first record reaches it.
struct Killer final : pipeline::EntityExtractor {
  std::string_view name() const override { return "killer"; }
  Result<std::vector<pipeline::Entity>> extract(std::string_view) const override {
    ::raise(SIGKILL);
    return std::vector<pipeline::Entity>{};
  }
};

// The other process of the next test; does nothing unless started by it.
TEST(FlowVictim, RunsUntilItIsKilled) {
  const char* queue = std::getenv("GANTRY_VICTIM_QUEUE");
  if (queue == nullptr) return;
  const Killer killer;
  const FlowWorld world(std::getenv("GANTRY_VICTIM_SERVER"), queue,
                        std::getenv("GANTRY_VICTIM_FOLDER"), R"({"total":120,"page":30})", killer);
  std::this_thread::sleep_for(kPatience);  // its parent ends it, or the kill does
}

TEST_F(FlowWorldTest, AHostThatIsKilledBetweenFetchAndStoresLosesNothing) {
  const std::string queue = TemporalServer::unique("flows");
  ::setenv("GANTRY_VICTIM_QUEUE", queue.c_str(), 1);
  ::setenv("GANTRY_VICTIM_SERVER", address().c_str(), 1);
  ::setenv("GANTRY_VICTIM_FOLDER", folder_.path().c_str(), 1);
  auto victim = temporal::ChildProcess::start(std::filesystem::read_symlink("/proc/self/exe"),
                                              {"--gtest_filter=FlowVictim.RunsUntilItIsKilled"},
                                              folder_.path() / "victim.log");
  ASSERT_TRUE(victim) << victim.error().message();
  ::unsetenv("GANTRY_VICTIM_QUEUE");

  const auto connection = TemporalServer::shared().connect();
  temporal::Client client(*connection);
  PollingInput input;
  input.source = "vendor";
  temporal::StartOptions options;
  options.id = TemporalServer::unique("poll:vendor");
  options.task_queue = queue;
  options.task_timeout = 2'000ms;  // how long the server believes in a worker that is gone
  ASSERT_TRUE(client.start(kPolling, input, options));
  EXPECT_EQ(victim->wait(kPatience), "signal 9");

  world_.emplace(address(), queue, folder_.path(), R"({"total":120,"page":30})", extractor_);
  running_ = options.id;
  const auto stats = until(*world_, options.id, resting);
  EXPECT_EQ(stats.total_processed, 120);
  EXPECT_EQ(stats.cursor, "120");
  EXPECT_EQ(stats.dead_letters, 0);
  EXPECT_EQ(world_->documents(), 120U);
  EXPECT_EQ(world_->staged(), 0U);
}

}  // namespace
}  // namespace gantry::testing
