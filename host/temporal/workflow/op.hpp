#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host/temporal/workflow/scheduler.hpp"

namespace gantry::temporal::workflow::detail {

using FailurePtr = std::shared_ptr<const Failure>;

/// What a sequence number counts; Core tells the same kinds apart.
enum class Seq : std::uint32_t { kTimer, kActivity, kChildStart, kChild, kSignal, kCancel };
inline constexpr std::size_t kSeqKinds = 6;

/// The state of one durable step, from its command to its outcome. Known to the run by kind and
/// number while somebody holds it; an outcome that comes later is ignored.
class Op : public Cancellable {
 public:
  explicit Op(Run& run) noexcept : run_(run) {}
  virtual ~Op();

  /// Makes outcomes for `seq` of `kind` find this.
  void listen(Seq kind, std::uint32_t seq);
  /// Puts it into the running scope; where that is cancelled, it fails at once and gives false.
  bool enter_scope();

  void resolve(Payload value);
  void fail(FailurePtr failure);
  virtual void fired() { resolve({}); }
  /// Only for local activities: try again as `attempt` after a durable wait.
  virtual void back_off(std::uint32_t attempt, milliseconds wait, Instant first_scheduled);
  void cancelled() override {}

  bool done() const noexcept { return state_ != State::kPending; }
  std::uint32_t seq() const noexcept { return seq_; }

  /// Any number of waits get the value, not one.
  void share_value() noexcept { shared_ = true; }

 protected:
  Run& run_;

 private:
  friend class OpAwaiter;
  enum class State : std::uint8_t { kPending, kValue, kFailure, kTaken };

  void forget() noexcept;
  void settle(State state);

  std::uint32_t seq_ = 0;
  Seq kind_ = Seq::kTimer;
  bool listening_ = false;
  bool shared_ = false;
  State state_ = State::kPending;
  Waiter* waiter_ = nullptr;
  Payload value_;
  FailurePtr failure_;
};

FailurePtr cancelled_because(const std::string& reason);

}  // namespace gantry::temporal::workflow::detail
