// Documents of 1 KiB per second through the PostgreSQL document store: postgres_bench URL COUNT
// BATCH. The documents are made before the clock runs. Prints {"put": …, "put_and_settle": …}; the
// second pass, over other documents, also makes each batch final, as the saga does.

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <span>

#include "host/stores/postgres/postgres.hpp"
#include "tests/bench/stores/freight_mail.hpp"

namespace gantry::stores {
namespace {

std::vector<IngestedDocument> make(std::uint64_t first, std::size_t count) {
  std::vector<IngestedDocument> out;
  for (std::uint64_t i = first; i < first + count; ++i) {
    out.push_back(bench::freight_mail("bench:message:" + std::to_string(i), i));
  }
  return out;
}

/// Documents per second; 0 where a write failed.
double run(DocumentStore& store, const std::vector<IngestedDocument>& items, std::size_t batch,
           bool settle) {
  std::vector<Write> writes;
  for (std::size_t i = 0; i < items.size(); ++i) {
    writes.push_back(
        {&items[i], {"operation" + std::to_string(i / batch), 1}, idempotency_key(items[i])});
  }
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t at = 0; at < writes.size(); at += batch) {
    const auto part = std::span(writes).subspan(at, std::min(batch, writes.size() - at));
    const auto kept = store.put(part, {});
    if (!kept) {
      std::fprintf(stderr, "%s\n", kept.error().message().c_str());
      return 0;
    }
    if (!settle) continue;
    std::vector<WriteRef> refs;
    for (const Write& write : part) refs.push_back({write.item->document.id, write.tag.operation});
    if (!store.settle(refs, {})) return 0;
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(items.size()) / time.count();
}

}  // namespace
}  // namespace gantry::stores

int main(int argc, char** argv) {
  using namespace gantry::stores;
  if (argc != 4) return 2;
  std::size_t count = 0, batch = 0;
  std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), count);
  std::from_chars(argv[3], argv[3] + std::strlen(argv[3]), batch);
  if (count == 0 || batch == 0) return 2;
  const auto settled = make(1'000'000, count);
  const auto items = make(0, count);
  postgres::PostgresOptions options;
  options.url = argv[1];
  const auto opened =
      postgres::PostgresStores::open(options, postgres::PostgresStores::Ports::kDocuments);
  if (!opened || !(*opened)->documents()->count({})) return 1;
  DocumentStore& store = *(*opened)->documents();
  const double put = run(store, items, batch, false);
  const double settle = run(store, settled, batch, true);
  std::printf("{\"put\": %.1f, \"put_and_settle\": %.1f}\n", put, settle);
  return put > 0 && settle > 0 ? 0 : 1;
}
