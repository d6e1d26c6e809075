#include "host/ingress/dispatcher.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "host/base/assert.hpp"
#include "host/observe/log.hpp"
#include "host/observe/trace.hpp"

namespace gantry::ingress {
namespace {

using Time = std::chrono::steady_clock::time_point;

struct Item {
  PendingDelivery delivery;
  int attempts = 0;
  int waits = 0;
};

/// `first`, doubled each time.
std::chrono::milliseconds grown(std::chrono::milliseconds first, std::chrono::milliseconds most,
                                int times) {
  auto wait = first;
  for (int i = 1; i < times && wait < most; ++i) wait *= 2;
  return std::min(wait, most);
}

}  // namespace

struct Dispatcher::Impl {
  Impl(Inbox& inbox_, DeliveryStarter& starter_, DispatcherOptions options_)
      : inbox(inbox_), starter(starter_), options(std::move(options_)) {}

  Inbox& inbox;
  DeliveryStarter& starter;
  const DispatcherOptions options;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<Item> ready;             // In order of arrival.
  std::multimap<Time, Item> delayed;  // Failed by themselves, to be tried again.
  std::uint64_t read_to = 0;          // Everything up to this sequence was taken from the inbox.
  bool more_stored = true;
  bool refilling = false;
  bool stopping = false;
  std::optional<Time> paused_until;  // Set: the engine is away.
  std::chrono::milliseconds pause{0};
  bool probing = false;  // One delivery is being tried while paused.
  DispatchCounts counts;

  std::vector<std::thread> threads;

  void work();
  std::optional<Item> next(std::unique_lock<std::mutex>& lock);
  void refill(std::unique_lock<std::mutex>& lock);
  std::optional<Item> take(Time now);
  Result<Start> attempt(Item& item);
  void settle(Item item, const Result<Start>& outcome);
  void outage(Item item, const Error& error);
  void recovered();
  void put_off(Item item, std::chrono::milliseconds wait);
  void put_back(Item item);
};

/// Takes what the inbox has behind `read_to`. One worker at a time, and not under the lock: the
/// commit thread must not wait for a read.
void Dispatcher::Impl::refill(std::unique_lock<std::mutex>& lock) {
  refilling = true;
  more_stored = false;
  const std::uint64_t after = read_to;
  lock.unlock();
  auto found = inbox.pending(after, options.read_ahead);
  lock.lock();
  refilling = false;
  if (!found) {
    // As good as an engine that is away: ask again later.
    more_stored = true;
    paused_until = std::chrono::steady_clock::now() + options.backoff_initial;
  } else if (read_to == after) {
    if (found->size() == options.read_ahead) more_stored = true;
    for (auto& delivery : *found) {
      read_to = delivery.sequence;
      ready.push_back({std::move(delivery)});
    }
  }
  changed.notify_all();
}

/// The next delivery whose time has come, or nothing.
std::optional<Item> Dispatcher::Impl::take(Time now) {
  std::optional<Item> item;
  if (!delayed.empty() && delayed.begin()->first <= now) {
    item = std::move(delayed.begin()->second);
    delayed.erase(delayed.begin());
  } else if (!ready.empty()) {
    item = std::move(ready.front());
    ready.pop_front();
  }
  return item;
}

std::optional<Item> Dispatcher::Impl::next(std::unique_lock<std::mutex>& lock) {
  while (!stopping) {
    const Time now = std::chrono::steady_clock::now();
    Time wake = Time::max();
    if (!paused_until || (!probing && now >= *paused_until)) {
      if (auto item = take(now)) {
        probing = paused_until.has_value();
        ++counts.in_flight;
        // A commit wakes one worker; each passes it on while there is more.
        if (!ready.empty() && !probing) changed.notify_one();
        return item;
      }
      if (more_stored && !refilling && delayed.size() < options.delayed_max) {
        refill(lock);
        continue;
      }
      if (!delayed.empty()) wake = delayed.begin()->first;
    } else if (!probing) {
      wake = *paused_until;
    }
    if (wake == Time::max()) {
      changed.wait(lock);
    } else {
      changed.wait_until(lock, wake);
    }
  }
  return std::nullopt;
}

void Dispatcher::Impl::work() {
  std::unique_lock lock(mutex);
  while (auto item = next(lock)) {
    lock.unlock();
    const auto outcome = attempt(*item);
    lock.lock();
    --counts.in_flight;
    settle(std::move(*item), outcome);
  }
}

/// Never under the lock: a mark waits for the commit thread, and that one takes the lock to wake
/// us.
Result<Start> Dispatcher::Impl::attempt(Item& item) {
  const auto& delivery = item.delivery;
  const observe::LogScope ids(
      {{observe::kSource, delivery.source}, {observe::kDelivery, delivery.id}});
  std::optional<observe::Adopt> trace;  // the workflow's parent is the request that brought it
  if (delivery.trace) trace.emplace(options.tracer, *delivery.trace);
  auto outcome = starter.start(delivery.source, delivery.id);
  if (outcome && *outcome == Start::kDone) {
    if (auto marked = inbox.mark_started(delivery.source, delivery.id); !marked) {
      outcome = marked.error();
    }
  }
  if (outcome || outcome.error().retryable()) return outcome;
  if (++item.attempts < options.attempts_max) return outcome;
  const std::string reason = outcome.error().message();
  const auto marked = inbox.mark_dead(delivery.source, delivery.id, reason);
  if (options.log) {
    options.log(LogLevel::kError, "delivery_dead",
                {{"source", delivery.source},
                 {"delivery", delivery.id},
                 {"error", reason},
                 {"marked", marked ? "yes" : marked.error().message()}});
  }
  return outcome;
}

void Dispatcher::Impl::settle(Item item, const Result<Start>& outcome) {
  if (outcome && *outcome == Start::kDone) {
    ++counts.started;
    return recovered();
  }
  if (outcome) {
    recovered();
    const auto wait = grown(options.later_initial, options.later_max, ++item.waits);
    return put_off(std::move(item), wait);
  }
  ++counts.failed_attempts;
  if (outcome.error().retryable()) return outage(std::move(item), outcome.error());
  recovered();
  if (item.attempts >= options.attempts_max) {
    ++counts.dead;
    return;
  }
  const auto wait = grown(options.backoff_initial, options.backoff_max, item.attempts);
  put_off(std::move(item), wait);
}

void Dispatcher::Impl::put_off(Item item, std::chrono::milliseconds wait) {
  delayed.emplace(std::chrono::steady_clock::now() + wait, std::move(item));
  changed.notify_one();
}

void Dispatcher::Impl::outage(Item item, const Error& error) {
  const bool news = !counts.paused;
  // Failures of starts that were under way together are one failure.
  if (news || probing) {
    pause = news ? options.backoff_initial : std::min(pause * 2, options.backoff_max);
    paused_until = std::chrono::steady_clock::now() + pause;
  }
  probing = false;
  counts.paused = true;
  put_back(std::move(item));
  changed.notify_all();
  if (news && options.log) {
    options.log(LogLevel::kWarn, "dispatch_paused", {{"error", error.message()}});
  }
}

void Dispatcher::Impl::recovered() {
  probing = false;
  if (!paused_until) return;
  paused_until.reset();
  changed.notify_all();
  if (std::exchange(counts.paused, false) && options.log) {
    options.log(LogLevel::kInfo, "dispatch_resumed", {});
  }
}

/// Keeps the order of arrival: several that were under way may come back in any order.
void Dispatcher::Impl::put_back(Item item) {
  const auto place = std::find_if(ready.begin(), ready.end(), [&](const Item& other) {
    return other.delivery.sequence > item.delivery.sequence;
  });
  ready.insert(place, std::move(item));
}

Dispatcher::Dispatcher(Inbox& inbox, DeliveryStarter& starter, DispatcherOptions options)
    : impl_(std::make_unique<Impl>(inbox, starter, std::move(options))) {}

Dispatcher::~Dispatcher() { GANTRY_ASSERT(impl_->threads.empty()); }

void Dispatcher::start() {
  GANTRY_ASSERT(impl_->threads.empty());
  impl_->stopping = false;
  impl_->inbox.on_stored([impl = impl_.get()](bool from_start) {
    const std::lock_guard lock(impl->mutex);
    impl->more_stored = true;
    // What is under way may be started once more, which changes nothing.
    if (from_start) {
      impl->read_to = 0;
      impl->ready.clear();
    }
    impl->changed.notify_one();
  });
  for (std::size_t i = 0; i < std::max<std::size_t>(1, impl_->options.concurrency); ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] { impl->work(); });
  }
}

void Dispatcher::stop() {
  impl_->inbox.on_stored({});
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  for (auto& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

void Dispatcher::retry_now() {
  const std::lock_guard lock(impl_->mutex);
  const Time now = std::chrono::steady_clock::now();
  if (impl_->paused_until) impl_->paused_until = now;
  std::multimap<Time, Item> due;
  for (auto& [at, item] : impl_->delayed) due.emplace(now, std::move(item));
  impl_->delayed = std::move(due);
  impl_->changed.notify_all();
}

DispatchCounts Dispatcher::counts() const {
  const std::lock_guard lock(impl_->mutex);
  DispatchCounts counts = impl_->counts;
  counts.delayed = impl_->delayed.size();
  return counts;
}

}  // namespace gantry::ingress
