#pragma once

#include <coroutine>
#include <memory>

#include "host/temporal/converter/convert.hpp"
#include "host/temporal/converter/failure.hpp"
#include "host/temporal/workflow/task.hpp"

namespace gantry::temporal::workflow {

namespace detail {

/// A node of a circular list that it leaves when it dies; a lone node is an empty list.
struct Link {
  Link* prev = this;
  Link* next = this;

  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { unlink(); }

  bool linked() const noexcept { return next != this; }
  void unlink() noexcept {
    prev->next = next;
    next->prev = prev;
    prev = next = this;
  }
  /// Appends `node` to the list whose head this is.
  void push_back(Link& node) noexcept {
    node.unlink();
    node.prev = prev;
    node.next = this;
    prev->next = &node;
    prev = &node;
  }
};

/// A suspended coroutine; linked while it is in the ready queue.
struct Waiter : Link {
  std::coroutine_handle<> handle;
  Strand* strand = nullptr;
};

class Op;

/// Keeps an operation's state, shared with the run until it has resolved.
using OpPtr = std::shared_ptr<Op>;

bool op_done(const Op& op) noexcept;
void op_cancel(Op& op);

/// One wait for an operation; lives in the frame that waits.
class OpAwaiter {
 public:
  explicit OpAwaiter(OpPtr op) noexcept : op_(std::move(op)) {}
  OpAwaiter(const OpAwaiter&) = delete;
  OpAwaiter& operator=(const OpAwaiter&) = delete;
  ~OpAwaiter();

  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiter);
  /// The result, or the failure thrown. An absent result is an empty payload.
  Payload take();

 private:
  OpPtr op_;
  Waiter waiter_;
};

}  // namespace detail

/// One durable step that is already under way: an activity, a timer, a child's result, a signal
/// to another workflow. Its command is issued when it is made, so two operations made before the
/// first `co_await` run side by side.
///
/// `co_await` gives the result once, or throws its Failure. Dropping it does not undo the step; its
/// outcome is then ignored. [workflow]
template <class T>
class [[nodiscard]] Operation {
 public:
  using WorkflowAwaitable = void;
  using Value = T;

  explicit Operation(detail::OpPtr op) noexcept : op_(std::move(op)) {}

  /// True once the outcome is known; `co_await` will then not wait.
  bool done() const noexcept { return detail::op_done(*op_); }
  /// Asks for cancellation of this step alone. No effect once it is done.
  void cancel() { detail::op_cancel(*op_); }

  auto operator co_await() const noexcept {
    struct Awaiter : detail::OpAwaiter {
      using OpAwaiter::OpAwaiter;
      T await_resume() { return from_payload<T>(take()); }
    };
    return Awaiter(op_);
  }

 private:
  detail::OpPtr op_;
};

/// A value or the Failure that stands in its place; what `attempt` gives.
template <class T>
class Outcome {
 public:
  explicit Outcome(T value) : value_(std::move(value)) {}
  explicit Outcome(std::shared_ptr<const Failure> failure) : failure_(std::move(failure)) {}

  explicit operator bool() const noexcept { return failure_ == nullptr; }
  /// The value; throws the failure where there is none.
  T& value() & {
    if (failure_) failure_->raise();
    return *value_;
  }
  T&& value() && { return std::move(value()); }
  /// The failure; only where there is no value.
  const Failure& failure() const noexcept { return *failure_; }

 private:
  std::optional<T> value_;
  std::shared_ptr<const Failure> failure_;
};

namespace detail {
/// True where `failure` is the news that the awaiting code itself has been cancelled.
bool cancels_me(const Failure& failure);
}  // namespace detail

/// Runs `step` and gives its failure as a value, since `co_await` may not stand in a `catch`.
/// Only failures: a bug still unwinds, and so does a cancellation of the workflow itself.
template <class Step>
Task<Outcome<std::conditional_t<std::is_void_v<typename Step::Value>, None, typename Step::Value>>>
attempt(Step step) {
  using T = typename Step::Value;
  using Result = std::conditional_t<std::is_void_v<T>, None, T>;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(step);
      co_return Outcome<Result>(None{});
    } else {
      co_return Outcome<Result>(co_await std::move(step));
    }
  } catch (const Failure& failure) {
    if (detail::cancels_me(failure)) throw;
    co_return Outcome<Result>(failure.share());
  }
}

}  // namespace gantry::temporal::workflow
