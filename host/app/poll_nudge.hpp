#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "host/base/clock.hpp"

namespace gantry::app {

/// Which sources to poll at once, and when: each at most once in `rest`. What is asked for within a
/// rest is done at its end, so that no request for a poll is without one after it. Pure: the time
/// comes in. [strand]
class NudgeBook {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit NudgeBook(std::chrono::milliseconds rest) : rest_(rest) {}

  void ask(std::string_view source, Time now);
  /// The sources whose time has come; they count as polled now.
  std::vector<std::string> take(Time now);
  /// When take() gives something next.
  std::optional<Time> next() const;

 private:
  struct Entry {
    bool asked = false;
    Time not_before{};
  };
  const std::chrono::milliseconds rest_;
  std::map<std::string, Entry, std::less<>> entries_;
};

/// Polls a source at once after its connector refused a webhook as "key_unknown": the
/// poll fetches the key, so that the sender's next try is accepted. At most every 10 s for each
/// source, for a stranger can send any key's name.
class PollNudge {
 public:
  using Poll = std::function<void(const std::string& source)>;

  /// `poll` runs on a thread of this object and may block.
  explicit PollNudge(Poll poll, const Clock& clock = system_clock(),
                     std::chrono::milliseconds rest = std::chrono::seconds{10});
  ~PollNudge();
  PollNudge(const PollNudge&) = delete;
  PollNudge& operator=(const PollNudge&) = delete;

  /// A webhook of `source` was refused. Only notes it. [any-thread]
  void refused(std::string_view source, std::string_view reason);
  /// Waits for a poll in hand. [main]
  void stop();

 private:
  void run(const std::stop_token& stop);

  const Poll poll_;
  const Clock& clock_;
  std::mutex mutex_;  // guards the next
  NudgeBook book_;
  std::condition_variable_any asked_;
  std::jthread thread_;
};

}  // namespace gantry::app
