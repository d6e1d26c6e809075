#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "host/base/json.hpp"
#include "host/stores/verdict.hpp"

namespace gantry::stores {

/// A ledger's row as one value, with what undo needs: for adapters that decide outside of their
/// server. The default is a document that was never heard of.
struct LedgerEntry : LedgerState {
  /// The write before the last one.
  struct Before {
    bool present = false;
    std::int64_t version = std::numeric_limits<std::int64_t>::min();
    std::string operation;
    std::string hash;
    bool deleted = false;
  };
  bool undoable = false;  ///< The last write may be taken back.
  Before before;
};

/// One flat object; in reading, absent fields keep their default.
void to_json(Json& out, const LedgerEntry& entry);
void from_json(const Json& in, LedgerEntry& entry);

/// The entry once `write`, which judge() let in, is there. [any-thread]
LedgerEntry admitted(const LedgerEntry& entry, const Write& write);

/// Takes the last write back where it is `operation`'s; else bars the operation, since its write
/// may still arrive. [any-thread]
Undone reverse(LedgerEntry& entry, std::string_view operation);

}  // namespace gantry::stores
