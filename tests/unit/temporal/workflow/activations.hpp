#pragma once

#include <string>
#include <vector>

#include "host/temporal/converter/wire.hpp"
#include "host/temporal/workflow/host.hpp"
#include "temporal/sdk/core/workflow_activation/workflow_activation.pb.h"
#include "temporal/sdk/core/workflow_completion/workflow_completion.pb.h"

namespace gantry::temporal::workflow::testing {

using coresdk::workflow_activation::WorkflowActivation;
using coresdk::workflow_activation::WorkflowActivationJob;
using coresdk::workflow_commands::WorkflowCommand;
using coresdk::workflow_completion::WorkflowActivationCompletion;

inline constexpr char kRun[] = "run-1";
inline constexpr std::int64_t kNowSeconds = 1'700'000'000;

/// One activation, built job by job as Core would send it.
class Activation {
 public:
  explicit Activation(std::string run_id = kRun);

  Activation& start(const std::string& type, const Payload& argument = null_payload());
  Activation& replaying();
  Activation& at(std::int64_t seconds);
  Activation& fire_timer(std::uint32_t seq);
  Activation& activity_done(std::uint32_t seq, const Payload& result);
  Activation& activity_failed(std::uint32_t seq, const Failure& cause);
  Activation& activity_cancelled(std::uint32_t seq);
  Activation& activity_backs_off(std::uint32_t seq, std::uint32_t attempt, int seconds);
  Activation& child_started(std::uint32_t seq, const std::string& run_id);
  Activation& child_exists(std::uint32_t seq, const std::string& type, const std::string& id);
  Activation& child_done(std::uint32_t seq, const Payload& result);
  Activation& child_failed(std::uint32_t seq, const Failure& cause);
  Activation& signal_sent(std::uint32_t seq);
  Activation& signal_not_sent(std::uint32_t seq);
  Activation& cancel_sent(std::uint32_t seq);
  Activation& signal(const std::string& name, const Payload& argument);
  Activation& update(const std::string& id, const std::string& name, const Payload& argument,
                     bool validate = true);
  Activation& query(const std::string& id, const std::string& name);
  Activation& cancel(const std::string& reason = "");
  Activation& patch(const std::string& id);
  Activation& seed(std::uint64_t seed);
  /// Of the start that stands last.
  Activation& header(const std::string& name, const Payload& value);
  Activation& evict(Eviction reason = Eviction::kUnspecified);

  WorkflowActivation message;

 private:
  WorkflowActivationJob& job() { return *message.add_jobs(); }
};

/// What one activation gave.
struct Completion {
  WorkflowActivationCompletion message;

  bool ok() const { return message.has_successful(); }
  /// The task's failure; empty where there is none.
  std::string failure() const { return message.failed().failure().message(); }
  int size() const { return message.successful().commands_size(); }
  const WorkflowCommand& operator[](int at) const { return message.successful().commands(at); }
  /// The only command; fails the test where there is not exactly one.
  const WorkflowCommand& only() const;
  /// Kinds of all commands in order, as proto field names.
  std::vector<std::string> kinds() const;
  /// What the workflow completed with.
  template <class T>
  T result() const {
    return from_payload<T>(from_wire(only().complete_workflow_execution().result()));
  }
  std::string bytes() const;
};

/// Collects log lines as "event key=value".
struct LogLines final : LogSink {
  void write(const LogRecord& record) noexcept override;
  std::vector<std::string> lines;
};

/// A host with one registry, driven by hand.
class Driver {
 public:
  Driver() = default;

  template <class A, class R>
  void add(const WorkflowType<A, R>& type, std::type_identity_t<Task<R> (*)(Context, A)> body,
           Versioning versioning = Versioning::kUnset) {
    registry.add(type, body, versioning);
  }
  Completion run(const Activation& activation);

  Registry registry;
  LogLines log;
  observe::Tracer* tracer = nullptr;
  bool versioned = false;

 private:
  std::unique_ptr<Host> host_;
};

}  // namespace gantry::temporal::workflow::testing
