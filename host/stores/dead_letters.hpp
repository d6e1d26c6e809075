#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores {

/// Something that was given up on, kept with its reason until an operator retries or resolves it.
struct DeadLetter {
  /// Assigned by add() where empty. The same id again raises `attempts` and replaces the reason.
  std::string id;
  std::string kind;      ///< "delivery", "record", "undo", …: who can retry it.
  std::string source;    ///< The configured source; may be empty.
  std::string subject;   ///< What it is about: a delivery id, a document id.
  std::string reason;    ///< For operators, one line. No payload.
  std::string upstream;  ///< The other side's words. Untrusted.
  std::string payload;   ///< The bytes that were given up on; never logged.
  std::int64_t attempts = 1;
  Instant first_at{};  ///< Set by add().
  Instant last_at{};   ///< Set by add().
};

struct DeadLetterQuery {
  std::string kind;    ///< Empty for all.
  std::string source;  ///< Empty for all.
  std::size_t limit = 100;
};

/// The dead letters' shelf. All calls are [any-thread] [blocking].
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;
  /// Returns the id once it is durable.
  virtual Result<std::string> add(const DeadLetter& letter, const CallOptions& options) = 0;
  /// Newest first, without payloads.
  virtual Result<std::vector<DeadLetter>> list(const DeadLetterQuery& query,
                                               const CallOptions& options) const = 0;
  virtual Result<std::optional<DeadLetter>> get(std::string_view id,
                                                const CallOptions& options) const = 0;
  /// False where there is none of that id.
  virtual Result<bool> resolve(std::string_view id, const CallOptions& options) = 0;
  virtual Result<std::size_t> count(const CallOptions& options) const = 0;
};

}  // namespace gantry::stores
