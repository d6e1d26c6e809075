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

/// Why something was given up on at one time.
struct Mishap {
  Instant at{};
  std::string reason;
  std::string upstream;  ///< Untrusted.

  bool operator==(const Mishap&) const = default;
};

/// Something that was given up on, kept with its reason until an operator retries or resolves it.
struct DeadLetter {
  /// Assigned by add() where empty. The same id again raises `attempts` and replaces the reason,
  /// which joins `earlier`.
  std::string id;
  std::string kind;      ///< "delivery", "record", "undo", …: who can retry it.
  std::string source;    ///< The configured source; may be empty.
  std::string subject;   ///< What it is about: a delivery id, a document id.
  std::string reason;    ///< For operators, one line. No payload.
  std::string upstream;  ///< The other side's words. Untrusted.
  std::string payload;   ///< The bytes that were given up on; never logged.
  std::int64_t attempts = 1;
  Instant first_at{};               ///< Set by add().
  Instant last_at{};                ///< Set by add().
  std::string priority = "normal";  ///< Of the work that was given up on.
  /// The reasons of the attempts before the last, newest first; kept by add(), of the last
  /// kMishapsMax. In the answers of get() only.
  std::vector<Mishap> earlier = {};
};

inline constexpr std::size_t kMishapsMax = 10;

/// How many of one kind and source there are.
struct DeadLetterTally {
  std::string kind;
  std::string source;
  std::size_t count = 0;
  Instant oldest{};  ///< When the first of them was given up on first.
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
  /// By kind and source, counted where they are.
  virtual Result<std::vector<DeadLetterTally>> tally(const CallOptions& options) const = 0;
};

}  // namespace gantry::stores
