#include <stdexcept>
#include <utility>

#include "host/temporal/workflow/run.hpp"

namespace gantry::temporal::workflow::detail {
namespace {

template <class Map>
std::string names_of(const Map& map) {
  std::string names;
  for (const auto& [name, value] : map) names += names.empty() ? name : ", " + name;
  return names.empty() ? "none" : names;
}

ApplicationFailure as_failure(const std::exception& error) {
  return ApplicationFailure(type_name(error), error.what());
}

/// Counts a handler that is under way, in every way it can end.
class Count {
 public:
  explicit Count(int& count) : count_(count) { ++count_; }
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;
  ~Count() { --count_; }

 private:
  int& count_;
};

}  // namespace

// Queries.

void Run::set_query(std::string_view name, Reads reads, QueryHandler handler) {
  if (silent()) return;
  Query& query = queries_[std::string(name)];
  query.reads = reads;
  query.handler = std::move(handler);
}

void Run::freeze_queries() noexcept {
  for (auto& [name, query] : queries_) {
    if (query.reads != Reads::kLocals) continue;
    const std::string who = "query '" + name + "'";
    const auto guard = reading(who);
    try {
      query.last = query.handler();
    } catch (const std::exception& error) {
      write_log(LogLevel::kWarning, "workflow_query_failed",
                {{"query", name}, {"error", error.what()}});
    }
  }
}

Payload Run::answer_query(const std::string& name) {
  const auto found = queries_.find(name);
  if (found == queries_.end()) {
    throw std::logic_error("workflow '" + info.workflow_type + "' has no query '" + name +
                           "'; it answers: " + names_of(queries_));
  }
  Query& query = found->second;
  if (ended_ && query.reads == Reads::kLocals) {
    if (query.last) return *query.last;
    throw std::logic_error("query '" + name + "' reads variables of a workflow body that has " +
                           "failed; answer it from kept state (Context::state)");
  }
  const std::string who = "query '" + name + "'";
  const auto guard = reading(who);
  return query.handler();
}

// Signals.

std::deque<Payload>& Run::signal_queue(std::string_view name) {
  const auto found = signals_.find(name);
  if (found != signals_.end()) return found->second.waiting;
  return signals_[std::string(name)].waiting;
}

void Run::set_signal(std::string_view name, SignalHandler handler) {
  if (silent()) return;
  const std::string key(name);
  Signal& signal = signals_[key];
  signal.handler = std::move(handler);
  while (!signal.waiting.empty()) {
    Payload argument = std::move(signal.waiting.front());
    signal.waiting.pop_front();
    deliver_signal(key, signal.handler, std::move(argument));
  }
}

void Run::apply_signal(const std::string& name, Payload argument) {
  Signal& signal = signals_[name];
  if (!signal.handler) {
    signal.waiting.push_back(std::move(argument));
    return;
  }
  deliver_signal(name, signal.handler, std::move(argument));
}

void Run::deliver_signal(const std::string& name, const SignalHandler& handler, Payload argument) {
  try {
    spawn(run_signal(handler(argument)));
  } catch (const ConversionError& error) {
    // Anybody may send a signal: one that does not fit must not stop the workflow.
    write_log(LogLevel::kWarning, "workflow_signal_dropped",
              {{"signal", name}, {"error", error.what()}});
  }
}

Task<void> Run::run_signal(Task<void> body) {
  const Count count(handlers_running);
  co_await std::move(body);
}

// Updates.

void Run::set_update(std::string_view name, UpdateValidator validator, UpdateHandler handler) {
  if (silent()) return;
  const std::string key(name);
  Update& update = updates_[key];
  update.validator = std::move(validator);
  update.handler = std::move(handler);
  for (auto call = waiting_updates_.begin(); call != waiting_updates_.end();) {
    if (call->name != key) {
      ++call;
      continue;
    }
    accept_update(*call, update);
    call = waiting_updates_.erase(call);
  }
}

void Run::apply_update(UpdateCall call) {
  const auto found = updates_.find(call.name);
  if (found != updates_.end()) return accept_update(call, found->second);
  // The body may set its handler when it runs, later in this activation.
  waiting_updates_.push_back(std::move(call));
}

void Run::accept_update(const UpdateCall& call, const Update& update) {
  Task<Payload> body;
  try {
    if (call.validate) {
      const std::string who = "the validator of update '" + call.name + "'";
      const auto guard = reading(who);
      update.validator(call.argument);
    }
    body = update.handler(call.argument);
  } catch (const Failure& refusal) {
    return emit_update_rejected(call.protocol_id, refusal);
  } catch (const std::exception& refusal) {
    return emit_update_rejected(call.protocol_id, as_failure(refusal));
  }
  emit_update_accepted(call.protocol_id);
  spawn(run_update(call.protocol_id, std::move(body)));
}

Task<void> Run::run_update(std::string protocol_id, Task<Payload> body) {
  const Count count(handlers_running);
  try {
    const Payload result = co_await std::move(body);
    emit_update_completed(protocol_id, result);
  } catch (const Failure& failure) {
    emit_update_rejected(protocol_id, failure);
  }
}

void Run::refuse_waiting_updates() {
  for (const UpdateCall& call : waiting_updates_) {
    emit_update_rejected(
        call.protocol_id,
        ApplicationFailure("UnknownUpdate", "workflow '" + info.workflow_type +
                                                "' has no update '" + call.name +
                                                "'; it takes: " + names_of(updates_)));
  }
  waiting_updates_.clear();
}

void on_query(Run& run, std::string_view name, Reads reads, QueryHandler handler) {
  run.mutating("set a query handler");
  run.set_query(name, reads, std::move(handler));
}

void on_signal(Run& run, std::string_view name, SignalHandler handler) {
  run.mutating("set a signal handler");
  run.set_signal(name, std::move(handler));
}

void on_update(Run& run, std::string_view name, UpdateValidator validator, UpdateHandler handler) {
  run.mutating("set an update handler");
  run.set_update(name, std::move(validator), std::move(handler));
}

std::size_t pending_signals(Run& run, std::string_view name) {
  return run.signal_queue(name).size();
}

Payload take_signal(Run& run, std::string_view name) {
  run.mutating("take a signal");
  auto& waiting = run.signal_queue(name);
  Payload argument = std::move(waiting.front());
  waiting.pop_front();
  return argument;
}

}  // namespace gantry::temporal::workflow::detail
