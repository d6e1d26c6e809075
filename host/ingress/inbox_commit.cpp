#include "host/ingress/inbox_commit.hpp"

#include <utility>

namespace gantry::ingress {
namespace {

bool is_final(DeliveryState state) {
  return state == DeliveryState::kDone || state == DeliveryState::kDead;
}

/// A step back, or the same step again, is a late or repeated mark. A dead delivery that was tried
/// again by hand may still become done.
bool moves_on(DeliveryState from, DeliveryState to) {
  if (from == DeliveryState::kDead && to == DeliveryState::kDone) return true;
  return !is_final(from) && to > from;
}

}  // namespace

Result<std::optional<std::uint64_t>> InboxCommit::find(const std::string& key) {
  if (const auto known = fresh_.find(key); known != fresh_.end())
    return std::optional(known->second);
  auto row = store_.get(Table::kKeys, key);
  if (!row) return row.error();
  if (!*row) return std::optional<std::uint64_t>();
  return std::optional(decode_sequence(**row));
}

Result<StateRow> InboxCommit::state_of(std::uint64_t sequence, const std::string& key) {
  if (const auto known = touched_.find(sequence); known != touched_.end()) return known->second;
  auto state = store_.get(Table::kStates, encode_sequence(sequence));
  if (!state) return state.error();
  if (*state) return decode_state(**state);
  auto waiting = store_.get(Table::kPending, encode_sequence(sequence));
  if (!waiting) return waiting.error();
  if (!*waiting) return Error(ErrorKind::kInternal, "inbox: a delivery without a state");
  const auto row = decode_waiting(**waiting);
  if (!row) return row.error();
  StateRow fresh;
  fresh.status.received_at = row->received_at;
  fresh.key = key;
  return fresh;
}

void InboxCommit::add(AppendOp op) {
  const auto known = find(op.key);
  if (!known) return appended_.emplace_back(std::move(op.done), known.error()), void();
  if (*known) {
    ++summary_.duplicates;
    return appended_.emplace_back(std::move(op.done), AppendResult::kDuplicate), void();
  }
  const std::uint64_t sequence = next_sequence_++;
  const std::string number = encode_sequence(sequence);
  batch_.put(Table::kKeys, op.key, number);
  batch_.put(Table::kBodies, number, op.request);
  batch_.put(Table::kPending, number, encode_waiting({op.received_at, op.key, op.trace}));
  StateRow row;
  row.status.received_at = op.received_at;
  row.key = op.key;
  touched_.emplace(sequence, std::move(row));
  fresh_.emplace(std::move(op.key), sequence);
  ++summary_.stored;
  ++summary_.pending_change;
  appended_.emplace_back(std::move(op.done), AppendResult::kStored);
}

void InboxCommit::add(MarkOp op) {
  const auto known = find(op.key);
  if (!known) return marked_.emplace_back(std::move(op.done), known.error()), void();
  if (!*known) {
    Error unknown(ErrorKind::kNotFound, "inbox: no such delivery to mark");
    return marked_.emplace_back(std::move(op.done), std::move(unknown)), void();
  }
  const std::uint64_t sequence = **known;
  auto row = state_of(sequence, op.key);
  if (!row) return marked_.emplace_back(std::move(op.done), row.error()), void();
  if (moves_on(row->status.state, op.state)) {
    const std::string number = encode_sequence(sequence);
    if (row->status.state == DeliveryState::kReceived) {
      batch_.erase(Table::kPending, number);
      --summary_.pending_change;
    }
    row->status.state = op.state;
    (is_final(op.state) ? row->status.finished_at : row->status.started_at) = op.at;
    row->status.reason = std::move(op.reason);
    batch_.put(Table::kStates, number, encode_state(*row));
    touched_.insert_or_assign(sequence, std::move(*row));
  }
  marked_.emplace_back(std::move(op.done), Result<void>());
}

void InboxCommit::add(PurgeOp op) {
  for (const auto& [sequence, key] : op.rows) {
    const std::string number = encode_sequence(sequence);
    batch_.erase(Table::kKeys, key);
    batch_.erase(Table::kBodies, number);
    batch_.erase(Table::kStates, number);
  }
  marked_.emplace_back(std::move(op.done), Result<void>());
}

InboxCommit::Summary InboxCommit::write() {
  if (batch_.empty()) return summary_;
  summary_.synced = summary_.stored > 0;
  auto written = store_.write(batch_, summary_.synced);
  if (written) return summary_;
  summary_ = Summary{};
  summary_.failure = written.error();
  for (auto& [done, outcome] : appended_) {
    if (outcome) outcome = written.error();
  }
  for (auto& [done, outcome] : marked_) {
    if (outcome) outcome = written.error();
  }
  return summary_;
}

void InboxCommit::finish() {
  for (auto& [done, outcome] : appended_) done(std::move(outcome));
  for (auto& [done, outcome] : marked_) done(std::move(outcome));
}

}  // namespace gantry::ingress
