#pragma once

#include <atomic>

#include "host/app/rollout.hpp"
#include "host/app/sources.hpp"
#include "host/contracts/delivery.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/direct/direct_path.hpp"
#include "host/ingress/inbox.hpp"
#include "host/temporal/client/client.hpp"

namespace gantry::app {

/// The inbox as activities see it.
class InboxLedger final : public DeliveryLedger {
 public:
  explicit InboxLedger(ingress::Inbox& inbox) : inbox_(inbox) {}
  Result<Delivery> load(std::string_view source, std::string_view delivery_id) const override {
    return inbox_.load(source, delivery_id);
  }
  Result<void> mark_done(std::string_view source, std::string_view delivery_id) override {
    return inbox_.mark_done(source, delivery_id);
  }
  Result<void> mark_dead(std::string_view source, std::string_view delivery_id,
                         std::string_view reason) override {
    return inbox_.mark_dead(source, delivery_id, reason);
  }

 private:
  ingress::Inbox& inbox_;
};

/// Configuration's word for the contracts'. [any-thread]
Fanout fanout_of(config::Fanout configured);

/// How a delivery of a source is read, and where its records go. [any-thread]
WebhookIngestionInput webhook_input(const Sources& sources, Placement placement,
                                    std::string_view source, std::string_view delivery_id);

/// Starts DocumentIngestionWorkflow for one record under the id of its version; one that runs
/// already is joined. [any-thread] [blocking]
Result<temporal::WorkflowHandle> start_document(temporal::Client& client,
                                                const std::string& task_queue,
                                                const DocumentIngestionInput& input,
                                                temporal::ClosedPolicy closed);

/// Starts WebhookIngestionWorkflow for a delivery. Its id is the delivery's, so that a start that
/// is repeated after a crash finds the first one. [any-thread]
class WorkflowStarter final : public DeliveryStarter {
 public:
  /// All outlive it.
  WorkflowStarter(temporal::Client& client, const Sources& sources, const std::string& home,
                  std::string task_queue, const Placement& placement)
      : client_(client),
        sources_(sources),
        home_(home),
        task_queue_(std::move(task_queue)),
        placement_(placement) {}
  Result<Start> start(std::string_view source, std::string_view delivery_id) override;
  /// The same for a delivery that was given up on, on behalf of that dead letter; also where its
  /// workflow has ended. Gives the workflow's id.
  Result<std::string> start_again(std::string_view source, std::string_view delivery_id,
                                  std::string_view letter);

 private:
  Result<std::string> start(const WebhookIngestionInput& input, temporal::ClosedPolicy closed);

  temporal::Client& client_;
  const Sources& sources_;
  const std::string& home_;
  const std::string task_queue_;
  const Placement placement_;
};

/// Takes each delivery to its path: with a rollout of 100 its workflow, which reads it; with less
/// the direct path, which reads it and routes each record, for a document's path is not known
/// before. [any-thread]
class PathStarter final : public DeliveryStarter {
 public:
  /// `workflows` gives null while Temporal is not connected. All outlive it.
  PathStarter(Rollout& rollout, direct::DirectPath& direct,
              std::function<WorkflowStarter*()> workflows)
      : rollout_(rollout), direct_(direct), workflows_(std::move(workflows)) {}
  Result<Start> start(std::string_view source, std::string_view delivery_id) override;

 private:
  Result<Start> start_workflow(std::string_view source, std::string_view delivery_id);

  Rollout& rollout_;
  direct::DirectPath& direct_;
  const std::function<WorkflowStarter*()> workflows_;
};

}  // namespace gantry::app
