#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "host/stores/store.hpp"

namespace gantry::stores {

/// What a store's ledger holds about a document it has heard of.
struct LedgerState {
  bool present = false;
  std::int64_t version = std::numeric_limits<std::int64_t>::min();
  std::int64_t fence = 0;
  std::string operation;  ///< Of the write that is there.
  std::string hash;
  bool deleted = false;
  bool purged = false;
  std::string barred;  ///< An undone operation: should its write arrive late, it is fenced.
};

/// Which of two writes wins: the one that `state` tells of, or the new one. The same rule for every
/// store that keeps a ledger. [any-thread]
Kept judge(const LedgerState& state, const Write& write);

/// What such a state looks like from outside.
Stamp stamp_of(const LedgerState& state);

}  // namespace gantry::stores
