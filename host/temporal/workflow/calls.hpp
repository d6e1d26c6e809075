#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/temporal/workflow/operation.hpp"
#include "host/temporal/workflow/options.hpp"
#include "host/temporal/workflow/scope.hpp"

/// What the typed Context calls: the same things with payloads. Not for authors. [workflow]
namespace gantry::temporal::workflow::detail {

/// What a cancellation scope can reach; links itself into its scope.
class Cancellable : public Link {
 public:
  virtual void cancelled() = 0;

 protected:
  ~Cancellable() = default;
  std::shared_ptr<Scope> scope_;
  friend class Scope;
};

/// A wait for a predicate; lives in the frame that awaits it.
struct ConditionLink : Link {};
class Condition : public ConditionLink, public Cancellable {
 public:
  virtual bool holds() = 0;

  bool ready();
  void suspend(std::coroutine_handle<> waiter);
  void resume();
  void cancelled() override;

 protected:
  ~Condition() = default;

 private:
  friend class Scheduler;
  Waiter waiter_;
  bool cancelled_ = false;
};

struct ChildOps {
  std::string id;
  OpPtr started;
  OpPtr result;
};

OpPtr start_activity(Run& run, std::string_view type, const ActivityPolicy& policy,
                     Payload argument, const ActivityOptions& options);
OpPtr start_local_activity(Run& run, std::string_view type, const ActivityPolicy& policy,
                           Payload argument, const LocalActivityOptions& options);
OpPtr start_timer(Run& run, milliseconds duration);
ChildOps start_child(Run& run, std::string_view type, Payload argument,
                     const ChildOptions& options);
OpPtr signal_child(Run& run, std::string_view child_id, std::string_view signal, Payload argument);
void cancel_child(Run& run, Op& result, std::string_view reason);
OpPtr signal_external(Run& run, const Execution& target, std::string_view signal, Payload argument);
OpPtr cancel_external(Run& run, const Execution& target, std::string_view reason);

using QueryHandler = std::function<Payload()>;
using SignalHandler = std::function<Task<void>(const Payload&)>;
using UpdateValidator = std::function<void(const Payload&)>;
using UpdateHandler = std::function<Task<Payload>(const Payload&)>;

/// Whether a query's handler reads the body's locals (and so is answered one last time when the
/// body returns) or only state that the run keeps.
enum class Reads { kLocals, kKept };

void on_query(Run& run, std::string_view name, Reads reads, QueryHandler handler);
void on_signal(Run& run, std::string_view name, SignalHandler handler);
void on_update(Run& run, std::string_view name, UpdateValidator validator, UpdateHandler handler);
/// The signals of `name` that nobody took yet.
std::size_t pending_signals(Run& run, std::string_view name);
Payload take_signal(Run& run, std::string_view name);

void spawn(Run& run, Task<void> body);
void begin_trace(Run& run, std::string_view name);
void end_trace(Run& run) noexcept;
bool patched(Run& run, std::string_view id, bool deprecated);
[[noreturn]] void continue_as_new(Run& run, std::string_view type, Payload argument,
                                  const ContinueAsNewOptions& options);
void upsert_memo(Run& run, const Fields& fields);
void upsert_search_attributes(Run& run, const Fields& fields);

Instant now(const Run& run);
std::uint64_t random(Run& run);
std::string uuid(Run& run);
const Info& info(const Run& run);
bool replaying(const Run& run);
bool cancel_requested(const Run& run);
bool handlers_finished(const Run& run);
using LogFields = std::vector<std::pair<std::string_view, std::string>>;
void log(Run& run, LogLevel level, std::string_view event, const LogFields& fields);

/// Something that lives until the run leaves the worker.
struct Kept {
  virtual ~Kept() = default;
};
template <class T>
struct KeptValue final : Kept {
  explicit KeptValue(T initial) : value(std::move(initial)) {}
  T value;
};
void keep(Run& run, std::unique_ptr<Kept> value);

/// What a spawned task and its handle share.
struct SpawnBase {
  bool done = false;
  std::shared_ptr<const Failure> failure;
};

}  // namespace gantry::temporal::workflow::detail
