#pragma once

#include <filesystem>
#include <memory>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/stores/cache.hpp"
#include "host/stores/dead_letters.hpp"
#include "host/stores/document_store.hpp"
#include "host/stores/knowledge_graph.hpp"
#include "host/stores/saga/saga_log.hpp"
#include "host/stores/staging.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::stores::embedded {

/// How hard a commit is pushed down.
enum class Durability {
  kPowerLoss,  ///< synchronous=FULL: an answered write survives a power cut. One fsync per commit.
  kCrash,      ///< synchronous=NORMAL: survives SIGKILL and panics of ours, not a power cut.
};

struct EmbeddedOptions {
  std::filesystem::path file;  ///< Made with mode 0600 where absent; its folder must exist.
  Durability durability = Durability::kPowerLoss;
};

/// All ports in one SQLite file (WAL, schema versions, FTS5). One writer, many readers; writes
/// that wait for each other share one commit. Several processes may open one file. [any-thread]
class EmbeddedStores {
 public:
  /// Opens or makes the file and brings its schema up to date. kInvalid where it is no database of
  /// ours or comes from a newer Gantry; kUnavailable where it cannot be opened. `clock` outlives
  /// this. [blocking]
  static Result<std::unique_ptr<EmbeddedStores>> open(const EmbeddedOptions& options,
                                                      const Clock& clock = system_clock());
  ~EmbeddedStores();

  DocumentStore& documents();
  VectorIndex& vectors();
  KnowledgeGraph& graph();
  Cache& cache();
  DeadLetters& dead_letters();
  Staging& staging();
  saga::SagaLog& saga_log();

 private:
  struct Parts;
  explicit EmbeddedStores(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gantry::stores::embedded
