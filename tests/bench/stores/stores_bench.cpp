// Documents of 1 KiB per second through the saga into the embedded stores, and search over them.
// Extraction and embedding are done before the clock runs: what is measured is the writing.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "host/pipeline/hashing_embedder.hpp"
#include "host/pipeline/rules_extractor.hpp"
#include "host/stores/embedded/embedded.hpp"
#include "host/stores/saga/saga.hpp"
#include "host/stores/search.hpp"
#include "tests/bench/stores/freight_mail.hpp"
#include "tests/unit/stores/temp_dir.hpp"

namespace gantry::stores {
namespace {

IngestedDocument make(std::uint64_t number) {
  return bench::freight_mail("bench:message:" + std::to_string(number), number);
}

struct Bench {
  explicit Bench(embedded::Durability durability)
      : stores(embedded::EmbeddedStores::open({dir.path() / "bench.db", durability}).value()),
        saga({{&stores->documents(), &stores->vectors(), &stores->graph()},
              &stores->cache(),
              &stores->saga_log(),
              &stores->dead_letters()}) {}
  TempDir dir;
  std::unique_ptr<embedded::EmbeddedStores> stores;
  saga::Saga saga;
};

std::unique_ptr<Bench> shared;
std::atomic<std::uint64_t> next_number{0};

void start(const benchmark::State& state) {
  next_number = 0;
  shared = std::make_unique<Bench>(state.range(1) != 0 ? embedded::Durability::kPowerLoss
                                                       : embedded::Durability::kCrash);
}

void stop(const benchmark::State&) { shared.reset(); }

/// range(0): documents per write; range(1): 1 = safe against power loss.
void write_documents(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<IngestedDocument> batch;
  for (auto _ : state) {
    state.PauseTiming();
    batch.clear();
    for (std::size_t i = 0; i < size; ++i) batch.push_back(make(next_number++));
    state.ResumeTiming();
    for (const auto& outcome : shared->saga.write(batch)) {
      if (outcome.kind != saga::OutcomeKind::kSuccess) state.SkipWithError("a write failed");
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(write_documents)
    ->ArgNames({"batch", "power_loss_safe"})
    ->Args({1, 1})
    ->Args({1, 0})
    ->Args({100, 1})
    ->Args({100, 0})
    ->Setup(start)
    ->Teardown(stop)
    ->UseRealTime();

/// Several activity threads that write one document each: group commit.
void write_from_threads(benchmark::State& state) {
  std::vector<IngestedDocument> prepared;
  const auto first = next_number.fetch_add(400);
  for (std::uint64_t i = 0; i < 400; ++i) prepared.push_back(make(first + i));
  std::size_t at = 0;
  for (auto _ : state) {
    if (shared->saga.write({&prepared[at++], 1}).front().kind != saga::OutcomeKind::kSuccess) {
      state.SkipWithError("a write failed");
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_from_threads)
    ->ArgNames({"batch", "power_loss_safe"})
    ->Args({1, 1})
    ->Threads(8)
    ->Iterations(400)
    ->Setup(start)
    ->Teardown(stop)
    ->UseRealTime();

void search_documents(benchmark::State& state) {
  const Bench bench(embedded::Durability::kCrash);
  auto& saga = const_cast<saga::Saga&>(bench.saga);
  std::vector<IngestedDocument> batch;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    batch.push_back(make(static_cast<std::uint64_t>(i)));
    if (batch.size() == 500) {
      saga.write(batch);
      batch.clear();
    }
  }
  const pipeline::HashingEmbedder embedder;
  const pipeline::RulesExtractor extractor;
  const Search search(bench.stores->documents(), bench.stores->vectors(), embedder,
                      &bench.stores->graph(), &extractor);
  std::mt19937_64 random(7);
  std::vector<double> times;
  for (auto _ : state) {
    const std::string words =
        "word" + std::to_string(random() % 5000) + " word" + std::to_string(random() % 5000);
    const auto begin = std::chrono::steady_clock::now();
    if (!search.find({words, "", "", 20}).has_value()) state.SkipWithError("a search failed");
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
  }
  std::ranges::sort(times);
  state.counters["p50_ms"] = times[times.size() / 2];
  state.counters["p99_ms"] = times[times.size() * 99 / 100];
}
BENCHMARK(search_documents)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Iterations(300)
    ->Unit(benchmark::kMillisecond);

void pipeline_stages(benchmark::State& state) {
  std::uint64_t number = 0;
  for (auto _ : state) benchmark::DoNotOptimize(make(number++));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pipeline_stages);

}  // namespace
}  // namespace gantry::stores

BENCHMARK_MAIN();
