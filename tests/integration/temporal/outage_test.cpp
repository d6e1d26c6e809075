#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <future>
#include <latch>
#include <mutex>

#include "tests/integration/temporal/rig.hpp"

namespace gantry::testing {
namespace {

using temporal::EmbeddedServer;
using temporal::EmbeddedServerOptions;
using temporal::LogLine;
using ::testing::HasSubstr;

/// Collects events by name.
class LogBook {
 public:
  temporal::LogSink sink() {
    return [this](const LogLine& line) {
      const std::lock_guard lock(mutex_);
      events_.emplace_back(line.event);
      changed_.notify_all();
    };
  }
  std::ptrdiff_t count(std::string_view event) {
    const std::lock_guard lock(mutex_);
    return std::count(events_.begin(), events_.end(), event);
  }
  void wait_for(std::string_view event) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return std::count(events_.begin(), events_.end(), event) > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

EmbeddedServerOptions server_in(const TempFolder& folder, std::uint16_t port) {
  EmbeddedServerOptions options;
  options.state = folder.path();
  options.port = port;
  return options;
}

temporal::ConnectionOptions to(std::uint16_t port) {
  temporal::ConnectionOptions options;
  options.address = "127.0.0.1:" + std::to_string(port);
  return options;
}

TEST(Connection, WaitsForAServerThatComesLaterAndSaysSoOnce) {
  const TempFolder folder;
  const auto port = free_port();
  LogBook log;
  auto opening = std::async(std::launch::async,
                            [&] { return temporal::Connection::open(to(port), log.sink()); });
  log.wait_for("temporal_unreachable");
  const auto server = EmbeddedServer::start(server_in(folder, port)).value();
  const auto connection = opening.get();
  ASSERT_TRUE(connection);
  EXPECT_EQ(log.count("temporal_unreachable"), 1);
  EXPECT_EQ(log.count("temporal_connected"), 1);
}

TEST(Connection, GivesUpWhenAsked) {
  LogBook log;
  std::stop_source stop;
  const auto port = free_port();
  auto opening = std::async(std::launch::async, [&] {
    return temporal::Connection::open(to(port), log.sink(), stop.get_token());
  });
  log.wait_for("temporal_unreachable");
  stop.request_stop();
  const auto connection = opening.get();
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().kind, ErrorKind::kCancelled);
}

TEST(Connection, NamesTheAddressThatDoesNotAnswer) {
  auto options = to(free_port());
  options.connect_patience = 200ms;
  const auto connection = temporal::Connection::open(options, {});
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(connection.error().what, HasSubstr(options.address));
}

TEST(Worker, AMissingNamespaceIsNamedAtTheStart) {
  auto options = TemporalServer::shared().options();
  options.name_space = "nowhere";
  auto connection = temporal::Connection::open(options, {}).value();
  ScriptedHost host("queue");
  temporal::WorkerOptions worker;
  worker.core.task_queue = "queue";
  const auto made = temporal::Worker::make(*connection, worker, {&host, nullptr, nullptr});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(made.error().what, HasSubstr("'nowhere'"));
}

TEST(Worker, ThatWasNeverStartedMayGo) {
  const auto connection = TemporalServer::shared().connect();
  ScriptedHost host("queue");
  temporal::WorkerOptions worker;
  worker.core.task_queue = TemporalServer::unique("unserved");
  EXPECT_TRUE(temporal::Worker::make(*connection, worker, {&host, nullptr, nullptr}));
}

TEST(Worker, FinishesItsWorkThoughTheServerDiedInTheMiddle) {
  const TempFolder folder;
  const auto port = free_port();
  LogBook log;
  auto options = server_in(folder, port);
  options.log = log.sink();
  const auto server = EmbeddedServer::start(std::move(options)).value();
  Rig rig(temporal::Connection::open(to(port), {}).value());
  std::latch running(1);
  std::latch release(1);
  std::atomic<int> tries{0};
  rig.add<Json, std::string>("hold", [&](Context&, const Json&) -> std::string {
    if (++tries == 1) {
      running.count_down();
      release.wait();
    }
    return "done";
  });
  rig.start();
  auto client = rig.client();
  const Json input{{"activities", {{{"type", "hold"}, {"start_to_close_ms", 5'000}}}}};
  const auto handle = client.start(kRun, input, rig.start_options()).value();
  running.wait();
  const int first = server->pid();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  log.wait_for("engine_died");
  release.count_down();
  const auto outcome = client.result(kRun, handle, 60'000ms);
  ASSERT_TRUE(outcome) << outcome.error().message();
  ASSERT_TRUE(outcome->value);
  EXPECT_EQ(*outcome->value, Json({"done"}));
  EXPECT_NE(server->pid(), first);
  EXPECT_EQ(log.count("engine_died"), 1);
}

TEST(EmbeddedServer, IsToldToAskNobodyForNewerVersions) {
  const TempFolder folder;
  const auto server = EmbeddedServer::start(server_in(folder, free_port())).value();
  std::ifstream file("/proc/" + std::to_string(server->pid()) + "/cmdline");
  const std::string words{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(words, HasSubstr("frontend.enableServerVersionCheck=false"));
}

TEST(EmbeddedServer, WritesAheadOfItsDatabase) {
  const TempFolder folder;
  const auto server = EmbeddedServer::start(server_in(folder, free_port())).value();
  // Bytes 18 and 19 of the file: 2 where it is in WAL mode (sqlite.org/fileformat2.html, 1.3.3).
  std::ifstream file(folder.path() / "temporal.db", std::ios::binary);
  std::string header(20, '\0');
  ASSERT_TRUE(file.read(header.data(), 20));
  EXPECT_EQ(header.substr(18), "\2\2");
}

TEST(EmbeddedServer, KeepsItsDataOverARestart) {
  const TempFolder folder;
  const auto port = free_port();
  temporal::StartOptions start;
  start.id = "kept";
  start.task_queue = "nobody";
  {
    const auto server = EmbeddedServer::start(server_in(folder, port)).value();
    const auto connection = temporal::Connection::open(to(port), {}).value();
    ASSERT_TRUE(temporal::Client(*connection).start(kWait, Json(), start));
  }
  const auto server = EmbeddedServer::start(server_in(folder, port)).value();
  const auto connection = temporal::Connection::open(to(port), {}).value();
  const auto found = temporal::Client(*connection).describe({"kept"});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->status, temporal::WorkflowStatus::kRunning);
}

TEST(EmbeddedServer, RefusesAPortThatIsTaken) {
  const TempFolder folder;
  const auto& shared = TemporalServer::shared();
  const auto port = shared.address().substr(shared.address().find(':') + 1);
  const auto server =
      EmbeddedServer::start(server_in(folder, static_cast<std::uint16_t>(std::stoi(port))));
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(server.error().what, HasSubstr("port " + port + " is taken"));
}

TEST(EmbeddedServer, ShowsTheServersOwnWordsWhenItDoesNotStart) {
  const TempFolder folder;
  auto options = server_in(folder, free_port());
  options.dynamic_config = {{"system.broken", "{not json"}};
  const auto server = EmbeddedServer::start(std::move(options));
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(server.error().what, HasSubstr("temporal.log"));
  EXPECT_FALSE(server.error().upstream.empty());
}

TEST(EmbeddedServer, NamesWhereItLookedForTheExecutable) {
  const auto found = temporal::find_temporal("/no/such/temporal");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().what, HasSubstr("/no/such/temporal"));
}

/// Starts the holder program, which starts a server, says its pid, and waits.
struct Holder {
  explicit Holder(const TempFolder& folder, std::uint16_t port) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    const std::string state = folder.path();
    const std::string number = std::to_string(port);
    pid = ::fork();
    if (pid == 0) {
      ::dup2(pipe[1], STDOUT_FILENO);
      ::close(pipe[0]);
      ::close(pipe[1]);
      ::execl(GANTRY_ENGINE_HOLDER, "engine_holder", state.c_str(), number.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(pipe[1]);
    std::array<char, 32> text{};
    EXPECT_GT(::read(pipe[0], text.data(), text.size() - 1), 0);
    ::close(pipe[0]);
    server = std::stoi(text.data());
  }
  ::pid_t pid = -1;
  ::pid_t server = -1;
};

TEST(EmbeddedServer, DiesWithAProcessThatWasKilledAndTheNextOneTakesOver) {
  const TempFolder folder;
  const auto port = free_port();
  const Holder holder(folder, port);
  ASSERT_EQ(::kill(holder.server, 0), 0);
  ASSERT_EQ(::kill(holder.pid, SIGKILL), 0);
  ASSERT_EQ(::waitpid(holder.pid, nullptr, 0), holder.pid);
  const auto server = EmbeddedServer::start(server_in(folder, port));
  ASSERT_TRUE(server) << server.error().message();
  EXPECT_NE((*server)->pid(), holder.server);
}

}  // namespace
}  // namespace gantry::testing
