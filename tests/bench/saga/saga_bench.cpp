// What the saga costs over writing the same documents to the same stores, all at once and bare:
//
//   saga_bench FOLDER DOCUMENTS VECTORS GRAPH CACHE COUNT BATCH THREADS
//
// An empty URL is the embedded store. Documents of 1 KiB are made before the clock runs. Bare and
// saga take turns, batch by batch, over documents of their own, so that both meet the same weather.
// Prints {"bare": seconds, "saga": seconds}.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <thread>

#include "host/stores/open.hpp"
#include "host/stores/saga/saga.hpp"
#include "tests/bench/stores/freight_mail.hpp"

namespace gantry::stores {
namespace {

IngestedDocument make(std::uint64_t number) {
  // Distinct from those of every other run on the same servers.
  static const std::string run = std::to_string(::getpid());
  return bench::freight_mail("bench:message:" + run + ":" + std::to_string(number), number);
}

bool write_bare(const std::vector<Store*>& stores, std::span<const IngestedDocument> batch) {
  std::vector<Write> writes;
  for (const IngestedDocument& item : batch) writes.push_back({&item, {}, idempotency_key(item)});
  std::atomic<bool> good{true};
  {
    std::vector<std::jthread> others;
    const auto put = [&](Store* store) {
      const auto kept = store->put(writes, {});
      if (!kept) std::fprintf(stderr, "%s\n", kept.error().message().c_str());
      if (!kept) good = false;
    };
    for (std::size_t i = 1; i < stores.size(); ++i) others.emplace_back(put, stores[i]);
    put(stores[0]);
  }
  return good;
}

bool write_saga(saga::Saga& saga, std::span<const IngestedDocument> batch) {
  return std::ranges::all_of(saga.write(batch), [](const saga::Outcome& outcome) {
    return outcome.kind == saga::OutcomeKind::kSuccess;
  });
}

/// Seconds that `threads` threads take for all items, in batches.
double clock(
    std::span<const IngestedDocument> items, std::size_t batch, std::size_t threads,
    const std::function<bool(std::span<const IngestedDocument>)>& write,
    const std::function<void()>& finish = [] {}) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> good{true};
  const auto began = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> writers;
    for (std::size_t t = 0; t < threads; ++t) {
      writers.emplace_back([&] {
        for (std::size_t at = next.fetch_add(batch); at < items.size();
             at = next.fetch_add(batch)) {
          if (!write(items.subspan(at, std::min(batch, items.size() - at)))) good = false;
        }
      });
    }
  }
  finish();
  if (!good) std::exit(1);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

int run(char** words) {
  OpenOptions options;
  options.embedded.file = std::filesystem::path(words[1]) / "stores.db";
  options.documents.url = words[2];
  options.vectors.url = words[3];
  options.graph.url = words[4];
  options.cache.url = words[5];
  const auto count = std::strtoul(words[6], nullptr, 10);
  const auto batch = std::strtoul(words[7], nullptr, 10);
  const auto threads = std::strtoul(words[8], nullptr, 10);
  const auto opened = OpenedStores::open(options).value();
  saga::Saga saga({{&opened->documents(), &opened->vectors(), &opened->graph()},
                   &opened->cache(),
                   &opened->saga_log(),
                   &opened->dead_letters()});
  const std::vector<Store*> stores = {&opened->documents(), &opened->vectors(), &opened->graph()};
  constexpr std::size_t kTurns = 10;
  const std::size_t turn = std::max(batch * threads, count / kTurns);
  double bare = 0, sagas = 0;
  std::uint64_t made = 0;
  for (std::size_t t = 0; t <= kTurns; ++t) {
    std::vector<IngestedDocument> first, second;
    for (std::size_t i = 0; i < turn; ++i) first.push_back(make(made++));
    for (std::size_t i = 0; i < turn; ++i) second.push_back(make(made++));
    const double one =
        clock(first, batch, threads, [&](auto part) { return write_bare(stores, part); });
    const double other = clock(
        second, batch, threads, [&](auto part) { return write_saga(saga, part); },
        [&] { saga.drain(); });
    if (t == 0) continue;  // tables, plans and caches
    bare += one;
    sagas += other;
  }
  std::printf("{\"documents\": %zu, \"bare\": %.3f, \"saga\": %.3f}\n", turn * kTurns, bare, sagas);
  return 0;
}

}  // namespace
}  // namespace gantry::stores

int main(int argc, char** argv) {
  if (argc != 9) return 2;
  return gantry::stores::run(argv);
}
