#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "host/contracts/ingestion.hpp"
#include "host/temporal/activity/registry.hpp"
#include "host/temporal/client/client.hpp"
#include "host/temporal/worker/worker.hpp"
#include "host/temporal/workflow/host.hpp"
#include "host/workflows/workflows.hpp"
#include "tests/support/temporal_server.hpp"

namespace gantry::testing {

using namespace std::chrono_literals;
using temporal::ApplicationFailure;
using temporal::activity::Context;

inline constexpr auto kPatience = 60'000ms;

/// The real workflows on a real server, over activities that do what the test says and count their
/// tries. Stages succeed unless told otherwise.
class IngestionRig {
 public:
  IngestionRig() : queue(TemporalServer::unique("ingestion")) {
    workflows::register_all(workflows_);
    activities_.add(kGreet, [this](Context& context, const std::string& name) {
      act("greet_activity", context);
      return "Hello, " + name + "!";
    });
    activities_.add(kParseWebhookPayload, [this](Context& context, const WebhookIngestionInput&) {
      act("parse_webhook_payload", context);
      return parsed;
    });
    stage(kParseDocument);
    stage(kExtractEntities);
    stage(kGenerateEmbeddings);
    for (const auto* type : {&kWriteToDatabases, &kIngestDirectly}) {
      activities_.add(*type, [this, type](Context& context, const DocumentIngestionInput& input) {
        act(std::string(type->name), context);
        IngestionSummary summary;
        for (const auto& record : input.records) {
          summary.records.push_back({record.document_id, record.version, "stored", {}});
        }
        return summary;
      });
    }
    activities_.add(kGiveUp, [this](Context& context, const GiveUpInput& input) {
      act("record_dead_letter", context);
      const std::lock_guard lock(mutex_);
      given_up.push_back(input);
      return StageResult{};
    });
  }
  ~IngestionRig() { stop(); }

  void start() {
    temporal::workflow::HostOptions host_options;
    host_options.task_queue = queue;
    host_ = temporal::workflow::make_host(workflows_, host_options);
    temporal::WorkerOptions options;
    options.core.task_queue = queue;
    options.core.graceful_shutdown = 5'000ms;
    worker_ =
        temporal::Worker::make(*connection, options, {host_.get(), &activities_, nullptr}).value();
    worker_->start();
  }
  void stop() {
    if (!worker_) return;
    worker_->request_stop();
    EXPECT_TRUE(worker_->wait());
    worker_.reset();
  }

  temporal::StartOptions options(std::string id = {}) const {
    temporal::StartOptions start;
    start.id = id.empty() ? TemporalServer::unique("workflow") : std::move(id);
    start.task_queue = queue;
    return start;
  }

  /// What an activity does on each try; a missing entry means that it succeeds.
  using Behaviour = std::function<void(Context&)>;
  void on(const std::string& activity, Behaviour behaviour) {
    const std::lock_guard lock(mutex_);
    behaviours_[activity] = std::move(behaviour);
  }
  int tries(const std::string& activity) {
    const std::lock_guard lock(mutex_);
    return tries_[activity];
  }

  std::string queue;
  std::unique_ptr<temporal::Connection> connection = TemporalServer::shared().connect();
  temporal::Client client{*connection};
  ParsedDelivery parsed;
  std::vector<GiveUpInput> given_up;

 protected:
  void act(const std::string& activity, Context& context) {
    Behaviour behaviour;
    {
      const std::lock_guard lock(mutex_);
      ++tries_[activity];
      if (const auto found = behaviours_.find(activity); found != behaviours_.end()) {
        behaviour = found->second;
      }
    }
    if (behaviour) behaviour(context);
  }
  void stage(const ActivityType<DocumentIngestionInput, StageResult>& type) {
    activities_.add(type, [this, name = std::string(type.name)](
                              Context& context, const DocumentIngestionInput& input) {
      act(name, context);
      return StageResult{static_cast<int>(input.records.size()), 1};
    });
  }

  std::mutex mutex_;
  std::map<std::string, Behaviour> behaviours_;
  std::map<std::string, int> tries_;
  temporal::workflow::Registry workflows_;
  temporal::activity::Registry activities_;
  std::unique_ptr<temporal::workflow::Host> host_;
  std::unique_ptr<temporal::Worker> worker_;
};

/// One record with an id nobody used before.
inline DocumentIngestionInput one_document(const std::string& source = "front") {
  DocumentIngestionInput input;
  input.source = source;
  const std::string id = source + ":message:" + TemporalServer::unique("msg");
  input.records = {{id, 1, "key-" + id}};
  return input;
}

}  // namespace gantry::testing
