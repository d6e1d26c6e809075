#include "host/app/poll_nudge.hpp"

#include <algorithm>

namespace gantry::app {
namespace {

/// The contract's word (plugin-api/include/gantry/webhook.h).
constexpr std::string_view kKeyUnknown = "key_unknown";

}  // namespace

void NudgeBook::ask(std::string_view source, Time now) {
  auto found = entries_.find(source);
  if (found == entries_.end()) found = entries_.emplace(source, Entry{false, now}).first;
  found->second.asked = true;
}

std::vector<std::string> NudgeBook::take(Time now) {
  std::vector<std::string> sources;
  for (auto& [source, entry] : entries_) {
    if (!entry.asked || now < entry.not_before) continue;
    entry = {false, now + rest_};
    sources.push_back(source);
  }
  return sources;
}

std::optional<NudgeBook::Time> NudgeBook::next() const {
  std::optional<Time> soonest;
  for (const auto& [source, entry] : entries_) {
    if (entry.asked) soonest = std::min(soonest.value_or(entry.not_before), entry.not_before);
  }
  return soonest;
}

PollNudge::PollNudge(Poll poll, const Clock& clock, std::chrono::milliseconds rest)
    : poll_(std::move(poll)), clock_(clock), book_(rest) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

PollNudge::~PollNudge() { stop(); }

void PollNudge::refused(std::string_view source, std::string_view reason) {
  if (reason != kKeyUnknown) return;
  {
    const std::lock_guard lock(mutex_);
    book_.ask(source, clock_.steady());
  }
  asked_.notify_one();
}

void PollNudge::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void PollNudge::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<std::string> due;
    {
      std::unique_lock lock(mutex_);
      due = book_.take(clock_.steady());
      if (due.empty()) {
        const auto next = book_.next();
        if (next) {  // another source's may come before it
          asked_.wait_for(lock, stop, *next - clock_.steady(), [&] { return book_.next() < next; });
        } else {
          asked_.wait(lock, stop, [this] { return book_.next().has_value(); });
        }
      }
    }
    for (const auto& source : due) poll_(source);
  }
}

}  // namespace gantry::app
