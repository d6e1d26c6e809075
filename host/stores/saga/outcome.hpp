#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/base/json.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores::saga {

enum class OutcomeKind {
  kSuccess,     ///< In all stores, or refused as stale by design; see `kept`.
  kRolledBack,  ///< A store failed for good and the others were undone. Try again later.
  kFailed,      ///< Nothing was written: no lock, bad input, no store answered.
  kPartial,     ///< Undoing failed too; a dead letter says where. Try again, then look.
};
std::string_view to_string(OutcomeKind kind) noexcept;

/// What became of one document.
struct Outcome {
  std::string document_id;
  OutcomeKind kind = OutcomeKind::kFailed;
  Kept kept = Kept::kUnchanged;  ///< On success: what the document store did.
  bool cached = false;           ///< The answer of an earlier, identical write.
  std::optional<Error> error;    ///< Set on everything but success; names the store.

  /// True where the same write may succeed later.
  bool retryable() const noexcept { return error && error->retryable(); }
};

void to_json(Json& out, const Outcome& outcome);
void from_json(const Json& in, Outcome& outcome);

}  // namespace gantry::stores::saga
