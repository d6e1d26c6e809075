#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/stores/ingested.hpp"

namespace gantry::stores {

/// A call's limits. A store that cannot answer before `deadline` fails with kTimeout, and the
/// effect is unknown until somebody looks.
struct CallOptions {
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::function<bool()> cancelled;  ///< Asked between steps; empty means never.
};

/// Who writes: the saga's operation, and the fencing token of its lock. Tokens only grow, so a
/// writer that lost its lock is refused by every store that has seen the next holder. An empty
/// operation keeps no way back: for writes that a transaction already makes one.
struct WriteTag {
  std::string operation;
  std::int64_t fence = 0;

  bool operator==(const WriteTag&) const = default;
};

/// One document to write. Borrows `item` for the call.
struct Write {
  const IngestedDocument* item;
  WriteTag tag;
  std::string hash;  ///< idempotency_key(*item): equal means equal content.
};

/// What a store did with a write. Only kWritten changed anything.
enum class Kept {
  kWritten,    ///< New, or newer, or the same version with other content.
  kUnchanged,  ///< This content is there already.
  kStale,      ///< A newer version, a tombstone of this version or a purge is there.
  kFenced,     ///< A later lock holder wrote, or this operation was undone already.
};
std::string_view to_string(Kept kept) noexcept;

/// What a store knows of a document: enough to look before undoing.
struct Stamp {
  bool present = false;  ///< False: never written, or undone to nothing.
  std::int64_t version = std::numeric_limits<std::int64_t>::min();
  WriteTag tag;
  std::string hash;  ///< Of the write that is there.
  bool deleted = false;
  bool purged = false;
};

/// A document that a store holds, as list() tells of it.
struct Listed {
  std::string document_id;
  std::int64_t version = 0;
  bool deleted = false;
  bool purged = false;

  bool operator==(const Listed&) const = default;
};

/// One write to take back or to make final.
struct WriteRef {
  std::string document_id;
  std::string operation;
};

enum class Undone {
  kRestored,  ///< The state before the operation is back.
  kNotOurs,   ///< Another operation wrote last, or ours never arrived: nothing changed. The
              ///< operation is barred: should its write arrive late, it is kFenced.
  kFinal,     ///< A purge: there is no way back.
};

class AtomicSite;

/// What every store promises about writes; DocumentStore, VectorIndex and KnowledgeGraph add
/// their own reads. All calls are [any-thread] [blocking].
class Store {
 public:
  virtual ~Store() = default;

  /// For logs, metrics and dead letters: "documents/embedded".
  virtual std::string_view name() const = 0;

  /// Writes all or none, idempotently, one answer per write in order. Document ids are distinct.
  /// A document with `deleted` becomes a tombstone: its version stays, it is no longer found;
  /// with `purged` its content and the state before are gone for good, whatever its version, and
  /// every later write of the document is stale.
  virtual Result<std::vector<Kept>> put(std::span<const Write> writes,
                                        const CallOptions& options) = 0;

  /// One stamp per id, in order.
  virtual Result<std::vector<Stamp>> look(std::span<const std::string> document_ids,
                                          const CallOptions& options) const = 0;

  /// Takes writes back, all or none, one answer per ref; repeating it changes nothing.
  virtual Result<std::vector<Undone>> undo(std::span<const WriteRef> refs,
                                           const CallOptions& options) = 0;

  /// Forgets the states kept for undo; undo of these operations then finds kFinal.
  virtual Result<void> settle(std::span<const WriteRef> refs, const CallOptions& options) = 0;

  /// The documents that are there, tombstones and purges too, with ids above `after` in the order
  /// of their bytes; all from the first for an empty one. Fewer than `limit` are the last.
  /// kUnsupported where a store cannot tell.
  virtual Result<std::vector<Listed>> list(std::string_view after, std::size_t limit,
                                           const CallOptions& options) const;

  /// Stores of one site write together or not at all. nullptr: this one stands alone.
  virtual AtomicSite* site() { return nullptr; }
};

/// A place that several ports share and that can make their writes one.
class AtomicSite {
 public:
  virtual ~AtomicSite() = default;
  /// Runs `body` in one transaction; calls to ports of this site from inside join it. An error
  /// of `body` rolls everything back. Success means durable. `body` may run on another thread
  /// and must not wait for one. [any-thread] [blocking]
  virtual Result<void> atomically(const std::function<Result<void>()>& body) = 0;
};

}  // namespace gantry::stores
