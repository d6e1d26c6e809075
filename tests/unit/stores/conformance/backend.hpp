#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/stores/cache.hpp"
#include "host/stores/dead_letters.hpp"
#include "host/stores/document_store.hpp"
#include "host/stores/knowledge_graph.hpp"
#include "host/stores/saga/saga_log.hpp"
#include "host/stores/staging.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::stores::conformance {

/// Time that stands still until a test moves it. [any-thread]
class FakeClock final : public Clock {
 public:
  Instant now() const override { return Instant(elapsed()) + std::chrono::hours(24 * 365 * 50); }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(elapsed());
  }
  void move(std::chrono::nanoseconds time) { elapsed_ += time.count(); }

 private:
  std::chrono::nanoseconds elapsed() const { return std::chrono::nanoseconds(elapsed_.load()); }
  std::atomic<std::int64_t> elapsed_{0};
};

/// One fresh set of ports of an adapter; destroyed after each test. A port that the adapter does
/// not have stays nullptr, and its suite is not instantiated for it.
struct Backend {
  virtual ~Backend() = default;
  FakeClock clock;
  DocumentStore* documents = nullptr;
  VectorIndex* vectors = nullptr;
  KnowledgeGraph* graph = nullptr;
  Cache* cache = nullptr;
  DeadLetters* dead_letters = nullptr;
  saga::SagaLog* saga_log = nullptr;
  Staging* staging = nullptr;
  /// The store's other side dies without a word and comes back with what it had. Ports may move.
  std::function<void()> crash;
  /// As long as the result lives, a write gets no answer.
  std::function<std::shared_ptr<void>()> hang;
};

/// How a suite gets its backend: one row per adapter in INSTANTIATE_TEST_SUITE_P.
struct Adapter {
  std::string name;
  std::function<std::unique_ptr<Backend>()> make;
};
inline void PrintTo(const Adapter& adapter, std::ostream* out) { *out << adapter.name; }

/// A document whose content in every store is told by `marker`.
IngestedDocument make_item(std::string_view id, std::int64_t version, std::string_view marker);
IngestedDocument make_tombstone(std::string_view id, std::int64_t version);
IngestedDocument make_purge(std::string_view id, std::int64_t version);
/// The vector that make_item() gives a marker; length 1, dimension 16.
pipeline::Vector vector_of(std::string_view marker);
inline constexpr std::string_view kModel = "test/16";

Write make_write(const IngestedDocument& item, std::string operation, std::int64_t fence);

}  // namespace gantry::stores::conformance
