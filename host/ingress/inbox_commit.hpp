#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/base/error.hpp"
#include "host/ingress/inbox.hpp"
#include "host/ingress/inbox_rows.hpp"
#include "host/ingress/inbox_store.hpp"

namespace gantry::ingress {

/// A delivery to store.
struct AppendOp {
  std::string key;
  std::string request;  ///< The encoded row.
  Instant received_at{};
  Inbox::AppendDone done;
  std::optional<observe::TraceContext> trace = {};
};

/// A step of a delivery's way.
struct MarkOp {
  std::string key;
  DeliveryState state;
  Instant at{};
  std::string reason;
  std::function<void(Result<void>)> done;
};

/// Deliveries past their retention, by sequence and key.
struct PurgeOp {
  std::vector<std::pair<std::uint64_t, std::string>> rows;
  std::function<void(Result<void>)> done;
};

/// One group commit: collects operations in order, seeing its own writes, then writes them at once.
///
/// Lives on the commit thread for one round; outcomes are reported only by finish(). [strand]
class InboxCommit {
 public:
  /// `next_sequence` goes on counting through this commit, also when it fails: a number is never
  /// used for two deliveries.
  InboxCommit(InboxStore& store, std::uint64_t& next_sequence)
      : store_(store), next_sequence_(next_sequence), batch_(store) {}

  void add(AppendOp op);
  void add(MarkOp op);
  void add(PurgeOp op);

  /// Writes; fsyncs where something was appended. The error of the write, if any, is every
  /// operation's. `after_write` runs between the write and the first callback.
  struct Summary {
    std::uint64_t stored = 0;
    std::uint64_t duplicates = 0;
    std::int64_t pending_change = 0;
    bool synced = false;
    std::optional<Error> failure;
  };
  Summary write();
  /// Tells everybody. Call after write(), once the summary is accounted for.
  void finish();

 private:
  Result<std::optional<std::uint64_t>> find(const std::string& key);
  Result<StateRow> state_of(std::uint64_t sequence, const std::string& key);

  InboxStore& store_;
  std::uint64_t& next_sequence_;
  InboxStore::Batch batch_;
  std::unordered_map<std::string, std::uint64_t> fresh_;
  std::unordered_map<std::uint64_t, StateRow> touched_;
  std::vector<std::pair<Inbox::AppendDone, Result<AppendResult>>> appended_;
  std::vector<std::pair<std::function<void(Result<void>)>, Result<void>>> marked_;
  Summary summary_;
};

}  // namespace gantry::ingress
