#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/contracts/document.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores {

/// A record in staging.
struct Staged {
  std::string key;
  std::string document_id;
  std::string source;
  std::int64_t version = 0;
};

/// Records that were emitted and are not yet in all stores. Workflows carry only the keys, so that
/// no body enters a history, and a cursor moves only after its records are here.
/// All calls are [any-thread] [blocking].
class Staging {
 public:
  virtual ~Staging() = default;

  /// The name of the host whose disk this is; the same over restarts. Letters and digits.
  virtual const std::string& home() const noexcept = 0;

  /// Keeps the documents, all or none, durable on return. One key per document, in order; the same
  /// content gives the same key, so repeating a put changes nothing. A key ends in '@' and home().
  virtual Result<std::vector<std::string>> put(std::span<const Document> documents,
                                               const CallOptions& options) = 0;

  /// One document per key, in order; empty where it was released or never put.
  virtual Result<std::vector<std::optional<Document>>> get(std::span<const std::string> keys,
                                                           const CallOptions& options) const = 0;

  /// Forgets them; unknown keys are fine.
  virtual Result<void> release(std::span<const std::string> keys, const CallOptions& options) = 0;

  /// Up to `limit` keys above `after` in their order, and which document each is.
  virtual Result<std::vector<Staged>> list(std::string_view after, std::size_t limit,
                                           const CallOptions& options) const = 0;

  /// How many wait, for metrics.
  virtual Result<std::size_t> count(const CallOptions& options) const = 0;
};

}  // namespace gantry::stores
