#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores::saga {

/// One document of a running saga.
struct SagaItem {
  std::string document_id;
  std::string key;  ///< Idempotency key: what to cache where the saga turns out complete.
};

/// A saga between its first write and its end.
struct SagaEntry {
  std::string operation;
  std::vector<SagaItem> items;
};

/// The durable list of running sagas: what is still in it after a crash is looked at and finished
/// or undone. All calls are [any-thread] [blocking].
class SagaLog {
 public:
  virtual ~SagaLog() = default;
  /// Durable before it returns.
  virtual Result<void> begin(const SagaEntry& entry, const CallOptions& options) = 0;
  /// All at once; an operation that is not there counts as ended.
  virtual Result<void> end(std::span<const std::string> operations, const CallOptions& options) = 0;
  virtual Result<std::vector<SagaEntry>> open(const CallOptions& options) const = 0;
};

}  // namespace gantry::stores::saga
