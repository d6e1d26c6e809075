#include "host/ingress/inbox.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "host/ingress/inbox_commit.hpp"
#include "host/ingress/inbox_rows.hpp"
#include "host/ingress/inbox_store.hpp"
#include "host/observe/here.hpp"

namespace gantry::ingress {
namespace {

using Op = std::variant<AppendOp, MarkOp, PurgeOp>;

constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kGroupMax = 512;
constexpr std::size_t kPurgeGroup = 256;
constexpr std::size_t kOverheadPerOp = 128;

std::size_t weight(const Op& op) {
  const auto* append = std::get_if<AppendOp>(&op);
  return kOverheadPerOp + (append ? append->request.size() : 0);
}

std::pair<std::string, std::string> split_key(const std::string& key) {
  const auto nul = key.find('\0');
  if (nul == std::string::npos) return {};
  return {key.substr(0, nul), key.substr(nul + 1)};
}

Error unknown_delivery(std::string_view source, std::string_view id) {
  return {ErrorKind::kNotFound, "inbox: no delivery " + std::string(id) + " of source " +
                                    std::string(source) + "; its retention may have passed"};
}

}  // namespace

struct Inbox::Impl {
  Impl(InboxOptions options_, std::unique_ptr<InboxStore> store_)
      : options(std::move(options_)), store(std::move(store_)) {}

  const InboxOptions options;
  const std::unique_ptr<InboxStore> store;

  std::mutex queue_mutex;
  std::condition_variable queue_filled;
  std::deque<Op> queue;
  std::size_t queue_bytes = 0;
  bool stopping = false;

  std::mutex wake_mutex;
  std::function<void(bool)> wake;

  std::uint64_t next_sequence = 1;  // The commit thread's, after open().
  bool broken = false;              // The commit thread's: recover() before the next write.
  Error last_failure;               // The commit thread's, like the next.
  std::chrono::steady_clock::time_point next_recovery{};
  bool rescan = false;       // The commit thread's: the next wake is from_start.
  bool healthy_told = true;  // The commit thread's: one log line per change.

  std::atomic<std::int64_t> pending{0};
  std::atomic<std::uint64_t> stored{0};
  std::atomic<std::uint64_t> duplicates{0};
  std::atomic<std::uint64_t> syncs{0};
  std::atomic<std::uint64_t> failures{0};
  // No pending delivery has a smaller sequence: spares scans over deleted rows.
  mutable std::atomic<std::uint64_t> first_pending{0};

  std::mutex sweep_mutex;
  std::condition_variable sweep_wake;
  bool sweep_stopping = false;

  std::thread commit_thread;
  std::thread sweep_thread;

  Result<void> restore();
  Result<void> push(Op op, bool bounded);
  void commit_loop();
  void commit(std::vector<Op> ops);
  void fail(std::vector<Op>& ops, const Error& error);
  void tell_health(const std::optional<Error>& failure);
  Result<void> mark(std::string_view source, std::string_view id, DeliveryState state,
                    std::string_view reason);
  Result<std::string> sequence_of(std::string_view source, std::string_view id) const;
  Result<std::uint64_t> sweep();
  void sweep_loop();
};

Result<void> Inbox::Impl::restore() {
  for (const Table table : {Table::kBodies, Table::kPending, Table::kStates}) {
    auto last = store->last_key(table);
    if (!last) return last.error();
    next_sequence = std::max(next_sequence, decode_sequence(*last) + 1);
  }
  std::int64_t count = 0;
  auto counted = store->scan(Table::kPending, "", [&](auto, auto) { return ++count > 0; });
  if (!counted) return counted.error();
  pending = count;
  return {};
}

Result<void> Inbox::Impl::push(Op op, bool bounded) {
  const std::size_t bytes = weight(op);
  bool first = false;
  {
    const std::lock_guard lock(queue_mutex);
    if (stopping) return Error(ErrorKind::kUnavailable, "inbox: it is closing");
    if (bounded && queue_bytes + bytes > options.queue_bytes_max) {
      return Error(ErrorKind::kExhausted,
                   "inbox: too many deliveries wait for the disk; try again later");
    }
    queue_bytes += bytes;
    first = queue.empty();
    queue.push_back(std::move(op));
  }
  if (first) queue_filled.notify_one();
  return {};
}

void Inbox::Impl::commit_loop() {
  std::unique_lock lock(queue_mutex);
  while (true) {
    queue_filled.wait(lock, [&] { return stopping || !queue.empty(); });
    if (queue.empty()) return;
    std::vector<Op> ops;
    while (!queue.empty() && ops.size() < kGroupMax) {
      queue_bytes -= weight(queue.front());
      ops.push_back(std::move(queue.front()));
      queue.pop_front();
    }
    lock.unlock();
    commit(std::move(ops));
    lock.lock();
  }
}

void Inbox::Impl::commit(std::vector<Op> ops) {
  if (broken) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_recovery) return fail(ops, last_failure);
    next_recovery = now + options.recovery_interval;
    auto recovered = store->recover();
    if (recovered) recovered = restore();
    if (!recovered) return fail(ops, recovered.error());
    broken = false;
    first_pending = 0;
    rescan = true;
  }
  if (options.probe) options.probe(InboxStep::kBeforeWrite);
  InboxCommit group(*store, next_sequence);
  for (auto& op : ops) {
    std::visit([&](auto& typed) { group.add(std::move(typed)); }, op);
  }
  const auto summary = group.write();
  if (options.probe) options.probe(InboxStep::kAfterSync);
  broken = summary.failure.has_value();
  if (broken) {
    ++failures;
    last_failure = *summary.failure;
  }
  tell_health(summary.failure);
  pending += summary.pending_change;
  stored += summary.stored;
  duplicates += summary.duplicates;
  if (summary.synced) ++syncs;
  group.finish();
  if (broken || (summary.stored == 0 && !rescan)) return;
  const std::lock_guard lock(wake_mutex);
  if (wake) wake(std::exchange(rescan, false));
}

void Inbox::Impl::fail(std::vector<Op>& ops, const Error& error) {
  ++failures;
  last_failure = error;
  tell_health(error);
  for (auto& op : ops) std::visit([&](auto& typed) { typed.done(error); }, op);
}

void Inbox::Impl::tell_health(const std::optional<Error>& failure) {
  if (healthy_told == !failure.has_value()) return;
  healthy_told = !failure.has_value();
  if (!options.log) return;
  if (failure) {
    options.log(LogLevel::kError, "inbox_write_failed", {{"error", failure->message()}});
  } else {
    options.log(LogLevel::kInfo, "inbox_writes_again", {});
  }
}

Result<void> Inbox::Impl::mark(std::string_view source, std::string_view id, DeliveryState state,
                               std::string_view reason) {
  std::promise<Result<void>> told;
  auto outcome = told.get_future();
  MarkOp op{delivery_key(source, id), state, options.clock->now(), std::string(reason),
            [&told](Result<void> result) { told.set_value(std::move(result)); }};
  if (auto pushed = push(std::move(op), false); !pushed) return pushed.error();
  return outcome.get();
}

Result<std::string> Inbox::Impl::sequence_of(std::string_view source, std::string_view id) const {
  auto row = store->get(Table::kKeys, delivery_key(source, id));
  if (!row) return row.error();
  if (!*row) return unknown_delivery(source, id);
  return std::move(**row);
}

Result<std::uint64_t> Inbox::Impl::sweep() {
  const Instant now = options.clock->now();
  std::uint64_t removed = 0;
  std::string from;
  bool more = true;
  while (more) {
    PurgeOp op;
    more = false;
    auto scanned = store->scan(Table::kStates, from, [&](auto number, auto bytes) {
      // Rows are in order of arrival: nothing behind a young one is old.
      const auto row = decode_state(bytes);
      if (!row) return true;
      const auto age = now - row->status.received_at;
      if (age < options.retention) return false;
      const bool done = row->status.state == DeliveryState::kDone;
      if (done || age >= options.unfinished_retention) {
        op.rows.emplace_back(decode_sequence(number), row->key);
      }
      if (op.rows.size() < kPurgeGroup) return true;
      from = encode_sequence(decode_sequence(number) + 1);
      more = true;
      return false;
    });
    if (!scanned) return scanned.error();
    if (op.rows.empty()) break;
    removed += op.rows.size();
    std::promise<Result<void>> told;
    auto outcome = told.get_future();
    op.done = [&told](Result<void> result) { told.set_value(std::move(result)); };
    if (auto pushed = push(std::move(op), false); !pushed) return pushed.error();
    if (auto written = outcome.get(); !written) return written.error();
  }
  return removed;
}

void Inbox::Impl::sweep_loop() {
  std::unique_lock lock(sweep_mutex);
  while (!sweep_wake.wait_for(lock, options.sweep_interval, [this] { return sweep_stopping; })) {
    const auto removed = sweep();
    if (!options.log) continue;
    if (!removed) {
      options.log(LogLevel::kWarn, "inbox_sweep_failed", {{"error", removed.error().message()}});
    } else if (*removed > 0) {
      options.log(LogLevel::kInfo, "inbox_swept", {{"removed", std::to_string(*removed)}});
    }
  }
}

Inbox::Inbox(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->commit_thread = std::thread([impl = impl_.get()] { impl->commit_loop(); });
  impl_->sweep_thread = std::thread([impl = impl_.get()] { impl->sweep_loop(); });
}

Inbox::~Inbox() {
  {
    const std::lock_guard lock(impl_->sweep_mutex);
    impl_->sweep_stopping = true;
  }
  impl_->sweep_wake.notify_all();
  impl_->sweep_thread.join();
  {
    const std::lock_guard lock(impl_->queue_mutex);
    impl_->stopping = true;
  }
  impl_->queue_filled.notify_all();
  impl_->commit_thread.join();
}

Result<std::unique_ptr<Inbox>> Inbox::open(InboxOptions options) {
  auto store = InboxStore::open(options.directory, options.env);
  if (!store) return store.error();
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*store));
  if (auto restored = impl->restore(); !restored) return restored.error();
  return std::unique_ptr<Inbox>(new Inbox(std::move(impl)));
}

void Inbox::append(Delivery delivery, AppendDone done) {
  if (delivery.source.empty() || delivery.source.size() > kNameBytesMax || delivery.id.empty() ||
      delivery.id.size() > kNameBytesMax || delivery.source.find('\0') != std::string::npos) {
    return done(Error(ErrorKind::kInvalid, "inbox: a source and an id are 1 to 256 bytes each"));
  }
  AppendOp op{delivery_key(delivery.source, delivery.id), encode_request(delivery.request),
              delivery.request.received_at, done};
  if (observe::here().tracer != nullptr) op.trace = *observe::here().trace;
  if (auto pushed = impl_->push(std::move(op), true); !pushed) done(pushed.error());
}

Result<Delivery> Inbox::load(std::string_view source, std::string_view delivery_id) const {
  auto number = impl_->sequence_of(source, delivery_id);
  if (!number) return number.error();
  auto row = impl_->store->get(Table::kBodies, *number);
  if (!row) return row.error();
  // The sweep may have taken it between the two reads.
  if (!*row) return unknown_delivery(source, delivery_id);
  auto request = decode_request(**row);
  if (!request) return request.error();
  return Delivery{std::string(source), std::string(delivery_id), std::move(*request)};
}

Result<DeliveryStatus> Inbox::status(std::string_view source, std::string_view delivery_id) const {
  auto number = impl_->sequence_of(source, delivery_id);
  if (!number) return number.error();
  // Pending first: a start that is marked between the two reads is then found by the second.
  auto waiting = impl_->store->get(Table::kPending, *number);
  if (!waiting) return waiting.error();
  auto state = impl_->store->get(Table::kStates, *number);
  if (!state) return state.error();
  if (*state) {
    auto row = decode_state(**state);
    if (!row) return row.error();
    return std::move(row->status);
  }
  if (!*waiting) return unknown_delivery(source, delivery_id);
  const auto row = decode_waiting(**waiting);
  if (!row) return row.error();
  DeliveryStatus status;
  status.received_at = row->received_at;
  return status;
}

Result<std::vector<PendingDelivery>> Inbox::pending(std::uint64_t after, std::size_t limit) const {
  std::vector<PendingDelivery> found;
  if (limit == 0) return found;
  auto scanned =
      impl_->store->scan(Table::kPending, encode_sequence(after + 1), [&](auto number, auto bytes) {
        if (const auto row = decode_waiting(bytes)) {
          auto [source, id] = split_key(row->key);
          found.push_back({decode_sequence(number), std::move(source), std::move(id), row->trace});
        }
        return found.size() < limit;
      });
  if (!scanned) return scanned.error();
  return found;
}

Result<std::vector<KnownDelivery>> Inbox::known(std::uint64_t after, std::size_t limit) const {
  std::vector<KnownDelivery> found;
  if (limit == 0) return found;
  auto scanned =
      impl_->store->scan(Table::kStates, encode_sequence(after + 1), [&](auto number, auto bytes) {
        auto row = decode_state(bytes);
        if (!row) return true;
        auto [source, id] = split_key(row->key);
        found.push_back(
            {decode_sequence(number), std::move(source), std::move(id), std::move(row->status)});
        return found.size() < limit;
      });
  if (!scanned) return scanned.error();
  return found;
}

Result<void> Inbox::mark_started(std::string_view source, std::string_view delivery_id) {
  return impl_->mark(source, delivery_id, DeliveryState::kStarted, {});
}

Result<void> Inbox::mark_done(std::string_view source, std::string_view delivery_id,
                              std::string_view account) {
  return impl_->mark(source, delivery_id, DeliveryState::kDone, account);
}

Result<void> Inbox::mark_dead(std::string_view source, std::string_view delivery_id,
                              std::string_view reason) {
  return impl_->mark(source, delivery_id, DeliveryState::kDead, reason);
}

void Inbox::on_stored(std::function<void(bool)> wake) {
  const std::lock_guard lock(impl_->wake_mutex);
  impl_->wake = std::move(wake);
}

Result<std::uint64_t> Inbox::sweep() { return impl_->sweep(); }

InboxCounts Inbox::counts() const {
  InboxCounts counts;
  counts.pending = static_cast<std::uint64_t>(std::max<std::int64_t>(0, impl_->pending));
  counts.stored = impl_->stored;
  counts.duplicates = impl_->duplicates;
  counts.syncs = impl_->syncs;
  counts.failures = impl_->failures;
  if (counts.pending == 0) return counts;
  std::uint64_t first = 0;
  Instant received{};
  auto scanned = impl_->store->scan(Table::kPending, encode_sequence(impl_->first_pending),
                                    [&](auto number, auto bytes) {
                                      const auto row = decode_waiting(bytes);
                                      if (!row) return true;
                                      first = decode_sequence(number);
                                      received = row->received_at;
                                      return false;
                                    });
  if (scanned && first > 0) {
    impl_->first_pending = first;
    counts.oldest_pending_age =
        std::max(std::chrono::nanoseconds{0}, impl_->options.clock->now() - received);
  }
  return counts;
}

}  // namespace gantry::ingress
