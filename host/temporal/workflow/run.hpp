#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/temporal/workflow/host.hpp"
#include "host/temporal/workflow/op.hpp"
#include "host/temporal/workflow/run_trace.hpp"

namespace coresdk::workflow_activation {
class WorkflowActivation;
class WorkflowActivationJob;
}  // namespace coresdk::workflow_activation
namespace coresdk::workflow_completion {
class Success;
class WorkflowActivationCompletion;
}  // namespace coresdk::workflow_completion
namespace coresdk::workflow_commands {
class WorkflowCommand;
}  // namespace coresdk::workflow_commands

namespace gantry::temporal::workflow::detail {

/// How a body ended, before it became a command.
struct Ending {
  enum class Kind { kCompleted, kFailed, kCancelled, kContinued } kind;
  Payload value = {};          // kCompleted, kContinued.
  FailurePtr failure = {};     // kFailed.
  std::string next_type = {};  // kContinued.
  ContinueAsNewOptions next = {};
};

/// One run of a workflow: its code, what that waits for and what it may be asked.
///
/// Parts: `Scheduler` says who runs, inbound.cpp turns jobs into calls here, outbound.cpp turns
/// the author's calls into commands, handlers.cpp holds queries, signals and updates.
class Run final : public StrandOwner {
 public:
  Run(const Registry& registry, const HostOptions& options, std::string run_id);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  /// Tears frames down, last in, first out; what their destructors ask for is dropped.
  ~Run();

  /// inbound.cpp: one activation to one completion. Never throws.
  void activate(coresdk::workflow_activation::WorkflowActivation& activation,
                coresdk::workflow_completion::WorkflowActivationCompletion& completion);

  // For the author's calls.

  Scheduler& scheduler() noexcept { return scheduler_; }
  const ScopePtr& scope() const noexcept { return scope_; }
  bool closing() const noexcept { return closing_; }
  /// True where commands go nowhere: the body has ended or frames are torn down.
  bool silent() const noexcept { return closing_ || ended_; }
  /// Throws std::logic_error where `what` would change something and only reading is allowed, or
  /// where another run's code asks.
  void mutating(std::string_view what) const;
  void require_current(std::string_view what) const;

  /// Until it dies, only reading is allowed: `who` may only read.
  class Reading {
   public:
    Reading(Run& run, std::string_view who) : run_(run), outer_(std::exchange(run.reader_, who)) {}
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading() { run_.reader_ = outer_; }

   private:
    Run& run_;
    std::string_view outer_;
  };
  Reading reading(std::string_view who) { return Reading(*this, who); }

  /// outbound.cpp: the next command of this activation; null where `silent`.
  coresdk::workflow_commands::WorkflowCommand* command();
  std::uint32_t next_seq(Seq kind) noexcept { return ++seqs_[static_cast<std::size_t>(kind)]; }
  static std::uint64_t key(Seq kind, std::uint32_t seq) noexcept {
    return static_cast<std::uint64_t>(kind) << 32 | seq;
  }
  std::unordered_map<std::uint64_t, Op*>& listeners() noexcept { return listeners_; }

  void spawn(Task<void> body);
  void strand_ended(Strand& strand, std::exception_ptr error) override;
  void write_log(LogLevel level, std::string_view event, const LogFields& fields) const noexcept;

  // handlers.cpp

  void set_query(std::string_view name, Reads reads, QueryHandler handler);
  void set_signal(std::string_view name, SignalHandler handler);
  void set_update(std::string_view name, UpdateValidator validator, UpdateHandler handler);
  std::deque<Payload>& signal_queue(std::string_view name);
  /// Evaluates what reads locals one last time.
  void freeze_queries() noexcept;

  Info info;
  RunTrace trace;
  Instant now{};
  bool replaying = false;
  bool cancel_requested = false;
  std::uint64_t random_state = 0;
  std::map<std::string, bool, std::less<>> patches;  // Asked for, and what was said.
  std::set<std::string, std::less<>> notified_patches;
  std::optional<Ending> continued;  // Set by continue_as_new, before it unwinds.
  std::vector<std::unique_ptr<Kept>> kept;
  int handlers_running = 0;

 private:
  struct Query {
    Reads reads = Reads::kKept;
    QueryHandler handler;
    std::optional<Payload> last;  // The answer that stands once the body's locals are gone.
  };
  struct Signal {
    SignalHandler handler;
    std::deque<Payload> waiting;
  };
  struct Update {
    UpdateValidator validator;
    UpdateHandler handler;
  };
  struct UpdateCall {
    std::string protocol_id;
    std::string name;
    Payload argument;
    bool validate = false;
  };

  // inbound.cpp
  void apply(coresdk::workflow_activation::WorkflowActivationJob& job);
  void apply_child_start(coresdk::workflow_activation::WorkflowActivationJob& job);
  void apply_query(coresdk::workflow_activation::WorkflowActivationJob& job);
  Op* listener(Seq kind, std::uint32_t seq) const;

  // run.cpp
  void start_body();
  Task<void> run_body(const Registry::Entry& entry);
  void tell_versioning(coresdk::workflow_completion::Success& success) const;
  void end(Ending ending);
  void note_ending(const Ending& ending);
  std::optional<Ending> ending_of(const std::exception_ptr& error) const;

  // handlers.cpp
  Payload answer_query(const std::string& name);
  void apply_signal(const std::string& name, Payload argument);
  void apply_update(UpdateCall call);
  void accept_update(const UpdateCall& call, const Update& update);
  void deliver_signal(const std::string& name, const SignalHandler& handler, Payload argument);
  Task<void> run_signal(Task<void> body);
  Task<void> run_update(std::string protocol_id, Task<Payload> body);
  void refuse_waiting_updates();

  // outbound.cpp
  void emit(const Ending& ending);
  void emit_update_accepted(const std::string& protocol_id);
  void emit_update_rejected(const std::string& protocol_id, const Failure& failure);
  void emit_update_completed(const std::string& protocol_id, const Payload& result);

  const Registry& registry_;
  const HostOptions& options_;
  coresdk::workflow_completion::Success* success_ = nullptr;  // Of the activation under way.
  std::string_view reader_;  // Who may only read at the moment; empty for nobody.
  bool closing_ = false;
  bool ended_ = false;
  bool started_ = true;  // False from the first job to the first step of the body.
  Payload argument_;
  Payload result_;
  std::uint32_t seqs_[kSeqKinds] = {};
  std::unordered_map<std::uint64_t, Op*> listeners_;
  std::map<std::string, Query, std::less<>> queries_;
  std::map<std::string, Signal, std::less<>> signals_;
  std::map<std::string, Update, std::less<>> updates_;
  std::vector<UpdateCall> waiting_updates_;
  ScopePtr scope_;
  Scheduler scheduler_;
  Strand* body_ = nullptr;
  Link strands_;  // The body's first, then handlers' and spawned ones.
};

/// Puts `run` on this thread for its lifetime.
class Current {
 public:
  explicit Current(Run& run) noexcept;
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;
  ~Current();

 private:
  Run* outer_;
};

/// The name of an exception's type, as a person writes it.
std::string type_name(const std::exception& error);

}  // namespace gantry::temporal::workflow::detail
