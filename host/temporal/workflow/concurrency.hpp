#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "host/temporal/workflow/operation.hpp"
#include "host/temporal/workflow/scope.hpp"

namespace gantry::temporal::workflow {

/// Several things at once, structured: nothing started here outlives the call that started it.

namespace detail {

struct GroupState;

/// Strands that run side by side in one cancellation scope and are joined by one awaiter.
class Group {
 public:
  enum class Until { kAll, kFirst };

  explicit Group(Until until);
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group();

  /// Strands first run in the order of these calls, once the caller waits.
  void start(Task<void> body);

  /// Waits for all strands. The first failure, or under kFirst the first end, cancels the others;
  /// a bug ends the wait at once. Throws what came first.
  class Join {
   public:
    using WorkflowAwaitable = void;
    explicit Join(GroupState& state) : state_(state) {}
    bool await_ready();
    void await_suspend(std::coroutine_handle<> waiter);
    void await_resume();

   private:
    GroupState& state_;
  };
  Join join() { return Join(*state_); }
  /// Under kFirst: which strand ended first.
  std::size_t first() const noexcept;

 private:
  std::unique_ptr<GroupState> state_;
};

template <class T>
Task<void> store(Task<T> body, std::optional<T>* slot) {
  slot->emplace(co_await std::move(body));
}

template <class T>
std::vector<T> unwrap(std::vector<std::optional<T>> slots) {
  std::vector<T> values;
  values.reserve(slots.size());
  for (auto& slot : slots) values.push_back(std::move(*slot));
  return values;
}

template <class Item, class Fn>
struct Bounded {
  using Result = typename std::invoke_result_t<Fn&, const Item&>::Value;
  using Slot = std::conditional_t<std::is_void_v<Result>, None, Result>;

  std::vector<Item> items;
  Fn fn;
  std::size_t next = 0;
  std::vector<std::optional<Slot>> slots = {};
};

template <class Item, class Fn>
Task<void> take_turns(Bounded<Item, Fn>* work) {
  while (work->next < work->items.size()) {
    const std::size_t mine = work->next++;
    if constexpr (std::is_void_v<typename Bounded<Item, Fn>::Result>) {
      co_await work->fn(std::as_const(work->items[mine]));
    } else {
      work->slots[mine].emplace(co_await work->fn(std::as_const(work->items[mine])));
    }
  }
}

/// What unwinds a body that continues as new; the run knows the rest.
struct ContinueAsNew {};

}  // namespace detail

/// Runs all tasks side by side and gives their results in order. The first failure cancels the
/// rest, waits for them to end, and is thrown.
template <class T>
Task<std::vector<T>> all(std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> slots(tasks.size());
  detail::Group group(detail::Group::Until::kAll);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    group.start(detail::store(std::move(tasks[i]), &slots[i]));
  }
  co_await group.join();
  co_return detail::unwrap(std::move(slots));
}

inline Task<void> all(std::vector<Task<void>> tasks) {
  detail::Group group(detail::Group::Until::kAll);
  for (auto& task : tasks) group.start(std::move(task));
  co_await group.join();
}

/// Runs all tasks until the first ends; cancels the rest and waits for them to end. Gives the
/// index and value of the first, or throws its failure.
template <class T>
Task<std::pair<std::size_t, T>> any(std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> slots(tasks.size());
  detail::Group group(detail::Group::Until::kFirst);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    group.start(detail::store(std::move(tasks[i]), &slots[i]));
  }
  co_await group.join();
  const std::size_t first = group.first();
  co_return std::pair<std::size_t, T>(first, std::move(*slots[first]));
}

/// Calls `fn(item)`, which gives a Task, for every item with at most `limit` under way; results
/// keep the items' order. Failures as in `all`. `fn` and the items live until all is done, so `fn`
/// may capture what outlives this call.
template <class Item, class Fn>
auto for_each_bounded(std::vector<Item> items, std::size_t limit, Fn fn) {
  using Work = detail::Bounded<Item, Fn>;
  using Result = typename Work::Result;
  using Value = std::conditional_t<std::is_void_v<Result>, void, std::vector<typename Work::Slot>>;
  return [](Work work, std::size_t strands) -> Task<Value> {
    if constexpr (!std::is_void_v<Result>) work.slots.resize(work.items.size());
    detail::Group group(detail::Group::Until::kAll);
    const std::size_t count = std::min(std::max<std::size_t>(strands, 1), work.items.size());
    for (std::size_t i = 0; i < count; ++i) group.start(detail::take_turns(&work));
    co_await group.join();
    if constexpr (!std::is_void_v<Result>) co_return detail::unwrap(std::move(work.slots));
  }(Work{std::move(items), std::move(fn)}, limit);
}

/// `body`, then `cleanup` however `body` ended, out of reach of cancellation; then `body`'s result
/// or exception. A bug skips the cleanup: the task is tried again from history.
template <class T>
Task<T> with_cleanup(Task<T> body, Task<void> cleanup) {
  std::exception_ptr thrown;
  std::optional<std::conditional_t<std::is_void_v<T>, None, T>> value;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(body);
    } else {
      value.emplace(co_await std::move(body));
    }
  } catch (const Failure&) {
    thrown = std::current_exception();
  } catch (const detail::ContinueAsNew&) {
    thrown = std::current_exception();
  }
  co_await shielded(std::move(cleanup));
  if (thrown) std::rethrow_exception(thrown);
  if constexpr (!std::is_void_v<T>) co_return std::move(*value);
}

/// `body`; where it throws a Failure (a cancellation too), `undo` out of reach of cancellation,
/// and then the failure.
template <class T>
Task<T> with_compensation(Task<T> body, Task<void> undo) {
  std::exception_ptr thrown;
  try {
    co_return co_await std::move(body);
  } catch (const Failure&) {
    thrown = std::current_exception();
  }
  co_await shielded(std::move(undo));
  std::rethrow_exception(thrown);
}

}  // namespace gantry::temporal::workflow
