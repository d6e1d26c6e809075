#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace gantry::temporal::workflow {

namespace detail {

class Run;
struct Strand;

/// [workflow] The last thing a strand's root task does.
void strand_finished(Strand& strand) noexcept;
/// [workflow] Answers every query once more while the body's locals still live.
void body_returns(Run& run);

/// What a workflow may await: only what this library made. An awaitable of another library would
/// wait for a thread, which no replay can repeat; awaiting it does not compile.
template <class A>
concept Awaitable = requires { typename std::remove_cvref_t<A>::WorkflowAwaitable; };

struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::exception_ptr error;
  Strand* root_of = nullptr;  // Set on the root task of a strand.
  Run* body_of = nullptr;     // Set on a workflow's own body.

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
      PromiseBase& promise = self.promise();
      if (promise.continuation) return promise.continuation;
      if (promise.root_of != nullptr) strand_finished(*promise.root_of);
      return std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };

  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }

  template <Awaitable A>
  A&& await_transform(A&& awaitable) noexcept {
    return std::forward<A>(awaitable);
  }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;

  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
    if (body_of != nullptr) body_returns(*body_of);
  }
  T take() {
    if (error) std::rethrow_exception(std::exchange(error, nullptr));
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  void return_void() {
    if (body_of != nullptr) body_returns(*body_of);
  }
  void take() {
    if (error) std::rethrow_exception(std::exchange(error, nullptr));
  }
};

}  // namespace detail

/// A lazy coroutine: it starts when it is awaited and hands its value or exception to the awaiter.
///
/// Owns its frame: destroying a task that has not finished destroys the frames below it, innermost
/// first. Write parameters by value, because a frame outlives the call that made it; a lambda with
/// captures may be a coroutine only where `co_await` stands in the same expression. [workflow]
template <class T>
class [[nodiscard]] Task {
 public:
  using WorkflowAwaitable = void;
  using Value = T;

  struct promise_type : detail::Promise<T> {
    Task get_return_object() noexcept {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
  };

  Task() = default;
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      std::coroutine_handle<promise_type> frame;
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
        frame.promise().continuation = parent;
        return frame;
      }
      T await_resume() { return frame.promise().take(); }
    };
    return Awaiter{frame_};
  }

  /// For the library.
  std::coroutine_handle<promise_type> frame() const noexcept { return frame_; }

 private:
  explicit Task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

}  // namespace gantry::temporal::workflow
