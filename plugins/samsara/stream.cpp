#include "stream.hpp"

#include <algorithm>

namespace gantry::samsara {
namespace {

std::string cursor_of(const std::vector<std::unique_ptr<Reader>>& readers) {
  Positions positions;
  for (const auto& reader : readers) {
    positions[std::string(reader->feed().name)] = reader->position();
  }
  return write_positions(positions);
}

std::uint64_t size_of(const Queued& queued) {
  const auto& record = queued.record;
  return queued.raw.size() + record.text.size() + record.metadata.size() + record.title.size() +
         record.key.size() + record.participants.size();
}

}  // namespace

Stream::Stream(const sdk::Host& host, const Settings& settings, std::string_view cursor)
    : host_(host) {
  Positions positions = read_positions(cursor);
  for (const FeedKind* feed : settings.feeds) {
    readers_.push_back(std::make_unique<Reader>(host, settings, *feed,
                                                std::move(positions[std::string(feed->name)])));
  }
}

/// False once the batch is full or the host has enough.
bool Stream::hand_over(const sdk::StreamLimits& limits, sdk::Sink& sink) {
  for (const auto& reader : readers_) {
    while (reader->has_next()) {
      if (records_ >= limits.records_max) return false;
      Queued& next = reader->next();
      const std::uint64_t size = size_of(next);
      // The first one goes however large it is: it would never fit later either.
      if (records_ > 0 && bytes_ + size > limits.bytes_max) return false;
      ++records_;
      bytes_ += size;
      next.record.raw = next.raw;
      const bool more = next.reject ? sink.reject(next.raw, *next.reject) : sink.emit(next.record);
      reader->pop();
      if (!more) return false;
    }
  }
  return records_ < limits.records_max;
}

/// The one that has waited longest; among equals the next in turn.
Reader& Stream::next_due() {
  Reader* best = nullptr;
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    Reader& reader = *readers_[(turn_ + i) % readers_.size()];
    if (best == nullptr || reader.due_ns() < best->due_ns()) best = &reader;
  }
  ++turn_;
  return *best;
}

void Stream::next(const sdk::StreamLimits& limits, sdk::Sink& sink) {
  if (broken_) throw sdk::Failure(sdk::Status::kNotConnected, "to be read again from the cursor");
  records_ = 0;
  bytes_ = 0;
  try {
    collect(limits, sink);
  } catch (const sdk::Failure& failure) {
    // What was handed over in a failed call may not be stored. So it is either covered by a
    // checkpoint, and the next call meets the failure again, or read again from the cursor.
    broken_ = records_ > 0 && failure.status() == sdk::Status::kCancelled;
    if (records_ == 0 || broken_) throw;
  }
  sink.checkpoint(cursor_of(readers_));
}

void Stream::collect(const sdk::StreamLimits& limits, sdk::Sink& sink) {
  const std::int64_t deadline = host_.now_ns() + limits.wait.count();
  std::optional<sdk::Failure> throttled;
  bool answered = false;
  bool room = hand_over(limits, sink);
  while (room) {
    sink.call().throw_if_cancelled();
    Reader& reader = next_due();
    const std::int64_t now = host_.now_ns();
    if (reader.due_ns() > now) {
      if (records_ > 0) return;
      if (reader.due_ns() > deadline) break;
      host_.wait(sink.call(), std::chrono::nanoseconds(reader.due_ns() - now));
      continue;
    }
    try {
      reader.ask(sink.call());
      answered = true;
    } catch (const sdk::Failure& failure) {
      if (failure.status() != sdk::Status::kRateLimited) throw;
      // 0.4 s is worth waiting for here, while the other feeds go on.
      reader.pause_until(host_.now_ns() + std::max<std::int64_t>(failure.abi().retry_after_ns, 1));
      throttled = failure;
      continue;
    }
    sink.call().progress();
    room = hand_over(limits, sink);
    if (host_.now_ns() > deadline) return;
  }
  // A longer wait is the host's business, where no feed said anything.
  if (throttled && !answered && records_ == 0) throw *throttled;
}

}  // namespace gantry::samsara
