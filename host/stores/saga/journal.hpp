#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "host/stores/saga/saga_log.hpp"

namespace gantry::stores::saga {

/// The saga log, and in memory what is in it: who begins learns which sagas have not ended for its
/// documents. Of those, one holds the lock no longer; each must be finished or undone first, since
/// a write over a half one would keep the half as the state to go back to. [any-thread]
class Journal {
 public:
  /// `log` outlives it and is written by nobody else.
  explicit Journal(SagaLog& log) : log_(log) {}

  /// Durable before it returns; the unended sagas of the same documents, oldest first. [blocking]
  Result<std::vector<SagaEntry>> begin(const SagaEntry& entry, const CallOptions& options);
  /// [blocking]
  Result<void> end(std::span<const std::string> operations, const CallOptions& options);
  /// All that have not ended. [blocking]
  Result<std::vector<SagaEntry>> open(const CallOptions& options) const;

 private:
  Result<void> load(const CallOptions& options);

  SagaLog& log_;
  std::mutex mutex_;
  bool loaded_ = false;
  std::uint64_t begun_ = 0;
  std::map<std::uint64_t, SagaEntry> entries_;  ///< In the order of begin().
  std::map<std::string, std::uint64_t, std::less<>> of_operation_;
  std::multimap<std::string, std::uint64_t, std::less<>> of_document_;

  void remember(const SagaEntry& entry);
  void forget(std::string_view operation);
};

}  // namespace gantry::stores::saga
