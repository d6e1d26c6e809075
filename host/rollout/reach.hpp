#pragma once

#include <chrono>
#include <mutex>
#include <optional>

namespace gantry::rollout {

/// Whether Temporal answers, as those who ask it tell: so that an outage can send documents the
/// direct way (`rollout_when_away`), and their end brings them back.
///
/// A failure alone is a hiccup; from `grace` after the first failure of a row on Temporal is away.
/// Then one document per `pause` asks again, and the first answer ends it. [any-thread]
class Reach {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Reach(std::chrono::milliseconds grace = std::chrono::seconds{10},
                 std::chrono::milliseconds pause = std::chrono::seconds{5})
      : grace_(grace), pause_(pause) {}

  /// Temporal did not answer. True where it is away from now on.
  bool failed(Time now);
  /// It did. True where it was away until now.
  bool answered();

  bool away(Time now) const;
  /// True where Temporal should be asked: it is not away, or this caller's turn has come to look.
  bool ask(Time now);

 private:
  bool is_away(Time now) const { return since_ && now - *since_ >= grace_; }

  const std::chrono::milliseconds grace_;
  const std::chrono::milliseconds pause_;
  mutable std::mutex mutex_;  // guards the next
  std::optional<Time> since_;
  bool told_ = false;
  Time next_{};
};

}  // namespace gantry::rollout
