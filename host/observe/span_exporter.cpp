#include "host/observe/span_exporter.hpp"

#include <algorithm>
#include <random>

namespace gantry::observe {
namespace {

using std::chrono::steady_clock;

/// Many hosts that lost one collector must not come back in step.
std::chrono::nanoseconds with_jitter(std::chrono::nanoseconds time) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return time + time * std::uniform_int_distribution<int>(0, 250)(random) / 1'000;
}

}  // namespace

SpanExporter::SpanExporter(SpanExporterOptions options, SendSpans send, Log& log)
    : options_(std::move(options)), send_(std::move(send)), log_(log.module("tracing")) {
  thread_ = std::thread([this] { run(); });
}

SpanExporter::~SpanExporter() { stop(); }

void SpanExporter::take(SpanRecord&& span) noexcept {
  const std::lock_guard lock(mutex_);
  if (stopping_ || queue_.size() >= options_.queue_max) {
    ++counts_.dropped;
    return;
  }
  queue_.push_back(std::move(span));
  // The thread looks by itself every period; only a full batch is news.
  if (queue_.size() == options_.batch_max) changed_.notify_one();
}

void SpanExporter::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) stop_by_ = steady_clock::now() + options_.stop_patience;
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

SpanCounts SpanExporter::counts() const {
  const std::lock_guard lock(mutex_);
  SpanCounts counts = counts_;
  counts.waiting = queue_.size();
  return counts;
}

void SpanExporter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, options_.period,
                      [this] { return stopping_ || queue_.size() >= options_.batch_max; });
    if (queue_.empty()) {
      if (stopping_) return;
      continue;
    }
    const std::vector<SpanRecord> batch = next();
    lock.unlock();
    const bool taken = deliver(otlp::encode(options_.resource, batch), batch.size());
    lock.lock();
    if (!taken) counts_.dropped += batch.size();
    if (stopping_ && steady_clock::now() >= stop_by_) {
      counts_.dropped += queue_.size();
      queue_.clear();
    }
  }
}

/// Under the lock.
std::vector<SpanRecord> SpanExporter::next() {
  const auto end =
      queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), options_.batch_max));
  std::vector<SpanRecord> batch(std::make_move_iterator(queue_.begin()),
                                std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return batch;
}

bool SpanExporter::deliver(const std::string& request, std::size_t spans) {
  const auto give_up_at = steady_clock::now() + options_.batch_patience;
  std::chrono::nanoseconds backoff = options_.backoff_initial;
  while (true) {
    const Sent sent = send_(request, [this] { return out_of_time(); });
    tell(sent);
    switch (sent.outcome) {
      case Sent::Outcome::kTaken: {
        const std::lock_guard lock(mutex_);
        const std::uint64_t rejected = std::min<std::uint64_t>(sent.rejected_spans, spans);
        counts_.exported += spans - rejected;
        counts_.dropped += rejected;
        return true;
      }
      case Sent::Outcome::kRefused:
        return false;
      case Sent::Outcome::kLater:
        break;
    }
    const auto wait = sent.retry_after.count() > 0 ? sent.retry_after : with_jitter(backoff);
    backoff = std::min<std::chrono::nanoseconds>(backoff * 2, options_.backoff_max);
    if (steady_clock::now() + wait > give_up_at || !pause(wait)) return false;
  }
}

bool SpanExporter::pause(std::chrono::nanoseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopping_; });
}

bool SpanExporter::out_of_time() const {
  const std::lock_guard lock(mutex_);
  return stopping_ && steady_clock::now() >= stop_by_;
}

void SpanExporter::tell(const Sent& sent) {
  if (sent.outcome == Sent::Outcome::kRefused || sent.rejected_spans > 0) {
    log_.warn("spans_refused", {{"reason", sent.reason}});
  }
  const bool healthy = sent.outcome != Sent::Outcome::kLater;
  if (healthy == healthy_) return;
  healthy_ = healthy;
  if (healthy) {
    log_.info("spans_exported_again");
  } else {
    log_.warn("spans_not_exported", {{"reason", sent.reason}});
  }
}

}  // namespace gantry::observe
