#include <string>
#include <utility>

#include "host/temporal/workflow/messages.hpp"
#include "host/temporal/workflow/run.hpp"
#include "temporal/sdk/core/workflow_completion/workflow_completion.pb.h"

/// Commands about the run itself: how it ends, what its updates answer, patches, fields.
namespace gantry::temporal::workflow::detail {
namespace {

/// The run's own view after an upsert: an empty payload removes.
void merge(const Fields& changes, Fields& fields) {
  for (const auto& [name, payload] : changes) {
    if (payload == Payload{}) {
      fields.erase(name);
    } else {
      fields[name] = payload;
    }
  }
}

}  // namespace

bool patched(Run& run, std::string_view id, bool deprecated) {
  run.mutating("ask for patch '" + std::string(id) + "'");
  const auto known = run.patches.find(id);
  if (known != run.patches.end()) return known->second;
  const bool use = !run.replaying || run.notified_patches.contains(id);
  if (run.silent()) return use;
  run.patches.emplace(id, use);
  if (use) {
    auto& message = *run.command()->mutable_set_patch_marker();
    message.set_patch_id(std::string(id));
    message.set_deprecated(deprecated);
  }
  return use;
}

void continue_as_new(Run& run, std::string_view type, Payload argument,
                     const ContinueAsNewOptions& options) {
  run.mutating("continue as new");
  if (!run.silent()) {
    run.freeze_queries();
    run.continued = Ending{.kind = Ending::Kind::kContinued,
                           .value = std::move(argument),
                           .next_type = std::string(type),
                           .next = options};
  }
  throw ContinueAsNew{};
}

void upsert_memo(Run& run, const Fields& fields) {
  run.mutating("change the memo");
  auto* command = run.command();
  if (command == nullptr || fields.empty()) return;
  to_wire(
      fields,
      *command->mutable_modify_workflow_properties()->mutable_upserted_memo()->mutable_fields());
  merge(fields, run.info.memo);
}

void upsert_search_attributes(Run& run, const Fields& fields) {
  run.mutating("change search attributes");
  auto* command = run.command();
  if (command == nullptr || fields.empty()) return;
  to_wire(fields, *command->mutable_upsert_workflow_search_attributes()
                       ->mutable_search_attributes()
                       ->mutable_indexed_fields());
  merge(fields, run.info.search_attributes);
}

void Run::emit(const Ending& ending) {
  auto* command = this->command();
  if (command == nullptr) return;
  switch (ending.kind) {
    case Ending::Kind::kCompleted:
      to_wire(ending.value, *command->mutable_complete_workflow_execution()->mutable_result());
      return;
    case Ending::Kind::kFailed:
      to_wire(*ending.failure, *command->mutable_fail_workflow_execution()->mutable_failure());
      return;
    case Ending::Kind::kCancelled:
      command->mutable_cancel_workflow_execution();
      return;
    case Ending::Kind::kContinued:
      break;
  }
  auto& message = *command->mutable_continue_as_new_workflow_execution();
  const ContinueAsNewOptions& next = ending.next;
  message.set_workflow_type(ending.next_type);
  message.set_task_queue(next.task_queue.empty() ? info.task_queue : next.task_queue);
  put_argument(ending.value, *message.mutable_arguments());
  put_trace(trace.inherited(), *message.mutable_headers());
  if (next.run_timeout.count() > 0)
    to_wire(next.run_timeout, *message.mutable_workflow_run_timeout());
  if (next.task_timeout.count() > 0) {
    to_wire(next.task_timeout, *message.mutable_workflow_task_timeout());
  }
  if (next.retry) to_wire(*next.retry, *message.mutable_retry_policy());
  to_wire(next.memo, *message.mutable_memo());
  if (!next.search_attributes.empty()) {
    to_wire(next.search_attributes, *message.mutable_search_attributes()->mutable_indexed_fields());
  }
}

void Run::emit_update_accepted(const std::string& protocol_id) {
  if (auto* command = this->command()) {
    auto& response = *command->mutable_update_response();
    response.set_protocol_instance_id(protocol_id);
    response.mutable_accepted();
  }
}

void Run::emit_update_rejected(const std::string& protocol_id, const Failure& failure) {
  if (auto* command = this->command()) {
    auto& response = *command->mutable_update_response();
    response.set_protocol_instance_id(protocol_id);
    to_wire(failure, *response.mutable_rejected());
  }
}

void Run::emit_update_completed(const std::string& protocol_id, const Payload& result) {
  if (auto* command = this->command()) {
    auto& response = *command->mutable_update_response();
    response.set_protocol_instance_id(protocol_id);
    to_wire(result, *response.mutable_completed());
  }
}

}  // namespace gantry::temporal::workflow::detail
