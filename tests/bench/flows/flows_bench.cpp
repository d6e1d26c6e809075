#include <sys/resource.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/support/flow_world.hpp"

// Brings COUNT records of a connector into the embedded stores through one workflow, on a Temporal
// server that runs already, and prints one JSON object.
//   flows_bench ADDRESS FOLDER (poll|stream|file) COUNT (record|batch|inline)
namespace gantry::testing {
namespace {

using namespace std::chrono_literals;

double cpu_seconds() {
  ::rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const ::timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double peak_mb() {
  ::rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

Fanout fanout_of(std::string_view word) {
  return word == "record" ? Fanout::kRecord : word == "inline" ? Fanout::kInline : Fanout::kBatch;
}

template <class Input>
Input make(std::string_view fanout) {
  Input input;
  input.source = "vendor";
  input.settings.fanout = fanout_of(fanout);
  return input;
}

void run_poll(FlowWorld& world, std::int64_t count, std::string_view fanout) {
  const std::string id = poll_workflow_id("vendor");
  auto started = world.client->start(kPolling, make<PollingInput>(fanout), world.options(id));
  if (!started) throw std::runtime_error(started.error().message());
  while (true) {
    const auto stats = world.client->query({id}, kGetStats);
    if (stats && stats->total_processed >= count) break;
    std::this_thread::sleep_for(20ms);
  }
  (void)world.client->terminate({id}, "measured");
}

void run_stream(FlowWorld& world, std::string_view fanout) {
  const auto handle = world.client
                          ->start(kStreamIngestion, make<StreamInput>(fanout),
                                  world.options(stream_workflow_id("vendor")))
                          .value();
  (void)world.client->result(kStreamIngestion, handle, 20min).value();
}

void run_file(FlowWorld& world, std::int64_t count, std::string_view fanout) {
  {
    std::ofstream file(world.room.at("waiting") / "big.txt");
    for (std::int64_t i = 0; i < count; ++i) file << "a line of the carrier's file\n";
  }
  auto input = make<BatchInput>(fanout);
  input.run = "1";
  const auto handle =
      world.client
          ->start(kBatchProcessing, input, world.options(batch_run_workflow_id("vendor", "1")))
          .value();
  (void)world.client->result(kBatchProcessing, handle, 20min).value();
}

int run(const std::vector<std::string>& words) {
  const std::int64_t count = std::atoll(words[4].c_str());
  const std::string config = R"({"page":100,"long":1,"fail":"END","total":)" + words[4] + "}";
  const pipeline::RulesExtractor extractor;
  FlowWorld world(words[1], "bench", words[2], config, extractor);
  const double cpu = cpu_seconds();
  const auto begun = std::chrono::steady_clock::now();
  if (words[3] == "poll") run_poll(world, count, words[5]);
  if (words[3] == "stream") run_stream(world, words[5]);
  if (words[3] == "file") run_file(world, count, words[5]);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << Json{{"documents", world.documents()},
                    {"seconds", took.count()},
                    {"worker_cpu_s", cpu_seconds() - cpu},
                    {"rss_mb", peak_mb()},
                    {"staged", world.staged()}}
                   .dump()
            << '\n';
  return 0;
}

}  // namespace
}  // namespace gantry::testing

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (words.size() != 6) {
    std::cerr << "usage: flows_bench ADDRESS FOLDER (poll|stream|file) COUNT "
                 "(record|batch|inline)\n";
    return 2;
  }
  return gantry::testing::run(words);
}
