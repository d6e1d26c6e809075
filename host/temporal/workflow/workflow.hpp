#pragma once

#include <concepts>
#include <functional>
#include <type_traits>

#include "host/temporal/workflow/calls.hpp"
#include "host/temporal/workflow/concurrency.hpp"

/// What an author of workflows includes.
///
///     workflow::Task<Summary> ingest(workflow::Context ctx, DocumentRef ref) {
///       auto status = ctx.state(Status{ref});
///       ctx.on_query(kGetStatus, status);
///       const auto parsed = co_await ctx.activity(kParseDocument, ref);
///       status->stage = Stage::kParsed;
///       ...
///       co_return Summary{...};
///     }
///     registry.add(kDocumentIngestion, ingest);  // host/temporal/workflow/registry.hpp
///
/// The body must do the same on every replay: no I/O, no clock, no globals, no threads. Failures
/// (converter/failure.hpp) come as exceptions; a Failure that leaves the body fails the workflow,
/// anything else fails the workflow task, which the server tries again.
namespace gantry::temporal::workflow {

/// State that the run keeps until it leaves the worker: longer than the body's locals, so that
/// queries can read it after the workflow has ended, however it ended. Copying copies the handle.
template <class T>
class State {
 public:
  explicit State(T& value) noexcept : value_(&value) {}
  T& operator*() const noexcept { return *value_; }
  T* operator->() const noexcept { return value_; }

 private:
  T* value_;
};

/// Waits until `predicate` holds. Of several waits whose predicate holds, the oldest goes first
/// and the others are asked again after it ran, so what a predicate said is still true when its
/// waiter continues. The predicate only reads.
template <std::predicate P>
class [[nodiscard]] Wait final : detail::Condition {
 public:
  using WorkflowAwaitable = void;
  using Value = void;
  explicit Wait(P predicate) : predicate_(std::move(predicate)) {}
  bool await_ready() { return ready(); }
  void await_suspend(std::coroutine_handle<> waiter) { suspend(waiter); }
  void await_resume() { resume(); }

 private:
  bool holds() override { return predicate_(); }
  P predicate_;
};

/// A task that runs beside the one that made it. `co_await handle.join()` gives its value or
/// throws its Failure; a bug in it fails the workflow task at once. It ends with the body.
template <class T>
class Spawned {
 public:
  struct Shared : detail::SpawnBase {
    std::optional<std::conditional_t<std::is_void_v<T>, None, T>> value;
  };

  explicit Spawned(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  bool done() const noexcept { return shared_->done; }
  Task<T> join() const { return join(shared_); }

 private:
  static Task<T> join(std::shared_ptr<Shared> shared) {
    co_await Wait([&shared] { return shared->done; });
    if (shared->failure) shared->failure->raise();
    if constexpr (!std::is_void_v<T>) co_return std::move(*shared->value);
  }

  std::shared_ptr<Shared> shared_;
};

/// Signals of one name as a queue, oldest first; those from before it was made are in it.
template <class A>
class SignalChannel {
 public:
  SignalChannel(detail::Run& run, std::string_view name) : run_(&run), name_(name) {}

  std::size_t size() const { return detail::pending_signals(*run_, name_); }
  /// Waits for the next one. A payload that is not an A fails the task.
  Task<A> next() const { return next(*this); }
  std::optional<A> try_next() const {
    if (size() == 0) return std::nullopt;
    return from_payload<A>(detail::take_signal(*run_, name_));
  }

 private:
  static Task<A> next(SignalChannel self) {
    co_await Wait([&self] { return self.size() > 0; });
    co_return from_payload<A>(detail::take_signal(*self.run_, self.name_));
  }

  detail::Run* run_;
  std::string_view name_;
};

/// A child that was asked to start. Copying copies the handle.
template <class R>
class ChildHandle {
 public:
  ChildHandle(detail::Run& run, detail::ChildOps ops)
      : run_(&run), ops_(std::make_shared<const detail::ChildOps>(std::move(ops))) {}

  const std::string& id() const noexcept { return ops_->id; }
  /// Gives the child's run id once it runs. Throws ChildAlreadyStarted, or ChildFailure.
  Operation<std::string> started() const { return Operation<std::string>(ops_->started); }
  /// Waits for the child's end. Throws ChildFailure, or what `started` throws.
  Operation<R> result() const { return Operation<R>(ops_->result); }
  template <class A>
  Operation<None> signal(const SignalType<A>& type, const std::type_identity_t<A>& argument) const {
    return Operation<None>(
        detail::signal_child(*run_, ops_->id, type.name, to_payload<A>(argument)));
  }
  void cancel(std::string_view reason = {}) const {
    detail::cancel_child(*run_, *ops_->result, reason);
  }

 private:
  detail::Run* run_;
  std::shared_ptr<const detail::ChildOps> ops_;
};

/// A workflow that is no child of this one.
class ExternalHandle {
 public:
  ExternalHandle(detail::Run& run, Execution target) : run_(&run), target_(std::move(target)) {}

  /// Done once the server has delivered it; throws ApplicationFailure of type "ExternalNotFound"
  /// where there is no such running workflow.
  template <class A>
  Operation<None> signal(const SignalType<A>& type, const std::type_identity_t<A>& argument) const {
    return Operation<None>(
        detail::signal_external(*run_, target_, type.name, to_payload<A>(argument)));
  }
  Operation<None> cancel(std::string_view reason = {}) const {
    return Operation<None>(detail::cancel_external(*run_, target_, reason));
  }

 private:
  detail::Run* run_;
  Execution target_;
};

namespace detail {
template <class T>
inline constexpr bool kIsTask = false;
template <class T>
inline constexpr bool kIsTask<Task<T>> = true;

template <class T>
Task<void> report(Task<T> body, std::shared_ptr<typename Spawned<T>::Shared> shared) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(body);
    } else {
      shared->value.emplace(co_await std::move(body));
    }
  } catch (const Failure& failure) {
    shared->failure = failure.share();
  }
  shared->done = true;
}
}  // namespace detail

/// See Context::own_trace. Dies in the body that asked for it.
class OwnTrace {
 public:
  OwnTrace(detail::Run& run, std::string_view name) : run_(run) { detail::begin_trace(run, name); }
  OwnTrace(const OwnTrace&) = delete;
  OwnTrace& operator=(const OwnTrace&) = delete;
  ~OwnTrace() { detail::end_trace(run_); }

 private:
  detail::Run& run_;
};

/// Everything a workflow can do to the world, all of it through history. A handle of one pointer:
/// pass it by value. Valid until the run leaves the worker. In a query, a validator or a wait's
/// predicate only reading is allowed; in a destructor that runs while the worker drops the run,
/// calls do nothing. [workflow]
class Context {
 public:
  explicit Context(detail::Run& run) noexcept : run_(&run) {}

  /// Runs an activity on some worker. Throws ActivityFailure.
  template <class A, class R>
  Operation<R> activity(const ActivityType<A, R>& type, const std::type_identity_t<A>& argument,
                        const ActivityOptions& options = {}) const {
    return Operation<R>(
        detail::start_activity(*run_, type.name, type.policy, to_payload<A>(argument), options));
  }
  /// Runs an activity inside this workflow task: no event but a marker. For quick, idempotent work.
  template <class A, class R>
  Operation<R> local_activity(const ActivityType<A, R>& type,
                              const std::type_identity_t<A>& argument,
                              const LocalActivityOptions& options = {}) const {
    return Operation<R>(detail::start_local_activity(*run_, type.name, type.policy,
                                                     to_payload<A>(argument), options));
  }

  /// Asks the server to start a child.
  template <class A, class R>
  ChildHandle<R> start_child(const WorkflowType<A, R>& type,
                             const std::type_identity_t<A>& argument,
                             const ChildOptions& options = {}) const {
    return ChildHandle<R>(*run_,
                          detail::start_child(*run_, type.name, to_payload<A>(argument), options));
  }
  /// Starts a child and gives its result.
  template <class A, class R>
  Operation<R> execute_child(const WorkflowType<A, R>& type,
                             const std::type_identity_t<A>& argument,
                             const ChildOptions& options = {}) const {
    return start_child(type, argument, options).result();
  }
  ExternalHandle external(Execution target) const {
    return ExternalHandle(*run_, std::move(target));
  }

  /// A durable timer. Zero or less is done at once.
  Operation<None> timer(milliseconds duration) const {
    return Operation<None>(detail::start_timer(*run_, duration));
  }
  Operation<None> sleep(milliseconds duration) const { return timer(duration); }
  template <std::predicate P>
  Wait<P> wait(P predicate) const {
    return Wait<P>(std::move(predicate));
  }
  /// True once the predicate holds, false after `timeout`.
  template <std::predicate P>
  Task<bool> wait_for(P predicate, milliseconds timeout) const {
    return wait_for(*this, std::move(predicate), timeout);
  }

  template <class T>
  State<T> state(T initial) const {
    auto kept = std::make_unique<detail::KeptValue<T>>(std::move(initial));
    State<T> state(kept->value);
    detail::keep(*run_, std::move(kept));
    return state;
  }

  /// Answers a query from kept state: right at any time.
  template <class R>
  void on_query(const QueryType<R>& type, State<R> state) const {
    detail::on_query(*run_, type.name, detail::Reads::kKept,
                     [state] { return to_payload<R>(*state); });
  }
  /// Answers a query with `fn(*state)`.
  template <class R, class S, class Fn>
  void on_query(const QueryType<R>& type, State<S> state, Fn fn) const {
    detail::on_query(*run_, type.name, detail::Reads::kKept, [state, fn = std::move(fn)] {
      return to_payload<R>(fn(std::as_const(*state)));
    });
  }
  /// Answers a query with `fn()`, which may read the body's locals. After the body has returned
  /// the last answer stands; after it threw there is none, so prefer kept state.
  template <class R, std::invocable Fn>
  void on_query(const QueryType<R>& type, Fn fn) const {
    detail::on_query(*run_, type.name, detail::Reads::kLocals,
                     [fn = std::move(fn)] { return to_payload<R>(fn()); });
  }

  /// Calls `handler(argument)`, a function or a coroutine, for every signal, the waiting ones
  /// first. A signal whose payload does not fit is dropped with a warning.
  template <class A, std::invocable<A> Fn>
  void on_signal(const SignalType<A>& type, Fn handler) const {
    detail::on_signal(*run_, type.name, [fn = share(std::move(handler))](const Payload& payload) {
      return handle(fn, from_payload<A>(payload));
    });
  }
  template <class A>
  SignalChannel<A> signals(const SignalType<A>& type) const {
    return SignalChannel<A>(*run_, type.name);
  }

  /// Calls `handler(argument)`, a function or a coroutine, for every update and answers with what
  /// it gives. Before that `validator(argument)` may refuse by throwing any exception; it only
  /// reads. A Failure of the handler fails the update, anything else the task.
  template <class A, class R, std::invocable<const A&> Validator, std::invocable<A> Fn>
  void on_update(const UpdateType<A, R>& type, Validator validator, Fn handler) const {
    detail::on_update(
        *run_, type.name,
        [validator = std::move(validator)](const Payload& payload) {
          validator(from_payload<A>(payload));
        },
        [fn = share(std::move(handler))](const Payload& payload) {
          return answer<R>(fn, from_payload<A>(payload));
        });
  }
  template <class A, class R, std::invocable<A> Fn>
  void on_update(const UpdateType<A, R>& type, Fn handler) const {
    on_update(type, [](const A&) {}, std::move(handler));
  }
  /// True while no signal or update handler is under way; wait for it before ending.
  bool handlers_finished() const { return detail::handlers_finished(*run_); }

  /// Runs `body` beside the caller, in the caller's cancellation scope.
  template <class T>
  Spawned<T> spawn(Task<T> body) const {
    auto shared = std::make_shared<typename Spawned<T>::Shared>();
    detail::spawn(*run_, detail::report(std::move(body), shared));
    return Spawned<T>(std::move(shared));
  }
  /// The same for `fn()`, which gives a Task and is kept until that has ended: captures are safe.
  template <std::invocable Fn>
  auto spawn(Fn fn) const {
    auto kept = std::make_unique<Fn>(std::move(fn));
    auto body = (*kept)();
    return spawn(held(std::move(kept), std::move(body)));
  }

  /// A trace of its own, and a span of this name in it, until the answer dies: for one round of a
  /// run that goes on for ever. What the whole run starts meanwhile belongs to it; one at a time.
  /// Nothing of it is in history.
  [[nodiscard]] OwnTrace own_trace(std::string_view name) const { return OwnTrace(*run_, name); }

  /// True where this run has, or from now on records, the change `id`; false where it was past
  /// this place before the change was made.
  bool patched(std::string_view id) const { return detail::patched(*run_, id, false); }
  /// For the release after which no run without the change is left.
  void deprecate_patch(std::string_view id) const { detail::patched(*run_, id, true); }

  /// Ends this run and starts the next with an empty history. Unwinds the body.
  template <class A, class R>
  [[noreturn]] void continue_as_new(const WorkflowType<A, R>& type,
                                    const std::type_identity_t<A>& argument,
                                    const ContinueAsNewOptions& options = {}) const {
    detail::continue_as_new(*run_, type.name, to_payload<A>(argument), options);
  }

  /// Adds fields; an empty payload removes one.
  void upsert_memo(const Fields& fields) const { detail::upsert_memo(*run_, fields); }
  void upsert_search_attributes(const Fields& fields) const {
    detail::upsert_search_attributes(*run_, fields);
  }

  /// The time of the workflow task: stands still while code runs, the same on every replay.
  Instant now() const { return detail::now(*run_); }
  /// 64 bits from the run's seed; not for secrets.
  std::uint64_t random() const { return detail::random(*run_); }
  /// A version 4 UUID from the run's seed.
  std::string uuid() const { return detail::uuid(*run_); }
  const Info& info() const { return detail::info(*run_); }
  bool is_replaying() const { return detail::replaying(*run_); }
  bool cancel_requested() const { return detail::cancel_requested(*run_); }
  /// An event and its fields for the host's log; silent while history is replayed.
  void log(LogLevel level, std::string_view event, const detail::LogFields& fields = {}) const {
    detail::log(*run_, level, event, fields);
  }

 private:
  template <std::predicate P>
  static Task<bool> wait_for(Context ctx, P predicate, milliseconds timeout) {
    if (predicate()) co_return true;
    auto timer = ctx.timer(timeout);
    bool met = false;
    co_await Wait([&] { return (met = predicate()) || timer.done(); });
    if (!timer.done()) timer.cancel();
    co_return met;
  }

  template <class Fn>
  static std::shared_ptr<Fn> share(Fn fn) {
    return std::make_shared<Fn>(std::move(fn));
  }
  template <class Fn, class A>
  static Task<void> handle(std::shared_ptr<Fn> fn, A argument) {
    if constexpr (kIsCoroutine<Fn, A>) {
      co_await std::invoke(*fn, std::move(argument));
    } else {
      std::invoke(*fn, std::move(argument));
      co_return;
    }
  }
  template <class R, class Fn, class A>
  static Task<Payload> answer(std::shared_ptr<Fn> fn, A argument) {
    if constexpr (kIsCoroutine<Fn, A>) {
      co_return to_payload<R>(co_await std::invoke(*fn, std::move(argument)));
    } else {
      co_return to_payload<R>(std::invoke(*fn, std::move(argument)));
    }
  }
  template <class Fn, class T>
  static Task<T> held(std::unique_ptr<Fn>, Task<T> body) {
    co_return co_await std::move(body);
  }
  template <class Fn, class A>
  static constexpr bool kIsCoroutine = detail::kIsTask<std::invoke_result_t<Fn&, A>>;

  detail::Run* run_;
};

}  // namespace gantry::temporal::workflow
