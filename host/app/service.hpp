#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "host/activities/activities.hpp"
#include "host/activities/flows.hpp"
#include "host/app/dead_letter_desk.hpp"
#include "host/app/deliveries.hpp"
#include "host/app/file_schedules.hpp"
#include "host/app/file_watch.hpp"
#include "host/app/flow_keeper.hpp"
#include "host/app/poll_nudge.hpp"
#include "host/app/queue_watch.hpp"
#include "host/app/reconciler.hpp"
#include "host/app/rollout.hpp"
#include "host/app/source_metrics.hpp"
#include "host/app/source_report.hpp"
#include "host/app/sources.hpp"
#include "host/app/status.hpp"
#include "host/app/temporal_link.hpp"
#include "host/app/tracing.hpp"
#include "host/config/config.hpp"
#include "host/console/admin_server.hpp"
#include "host/direct/direct_path.hpp"
#include "host/ingress/dispatcher.hpp"
#include "host/ingress/inbox.hpp"
#include "host/ingress/listener.hpp"
#include "host/models/open.hpp"
#include "host/observe/log.hpp"
#include "host/observe/metrics.hpp"
#include "host/pipeline/rules_extractor.hpp"
#include "host/stores/open.hpp"
#include "host/stores/saga/saga.hpp"
#include "host/stores/search.hpp"
#include "host/temporal/converter/file_payload_store.hpp"

namespace gantry::app {

/// The running host: every room of the house, made in the order in which they need each other and
/// ended in the reverse one.
///
/// The door opens as soon as the inbox and the connectors are there; Temporal may come later, and
/// go, while deliveries are accepted.
class Service {
 public:
  /// Opens what is on disk and loads the connectors. `config` and `log` outlive it. [blocking]
  static Result<std::unique_ptr<Service>> open(const config::Config& config, observe::Log& log);
  /// Ends what still runs, draining.
  ~Service();

  /// Opens both doors and begins to connect. [blocking] [main]
  Result<void> start();
  /// Waits until Temporal serves, or the time has passed: then kTimeout, or what failed. [blocking]
  Result<void> wait_serving(std::chrono::milliseconds patience);
  /// Called from any thread once Temporal cannot be had at all. Set before start().
  void on_failed(std::function<void(const Error&)> failed) { failed_ = std::move(failed); }

  /// Takes the sources and the log levels of a new configuration over, as a whole or not at all;
  /// says what changed and names settings that wait for a restart. [main] [blocking]
  Result<void> reload(const config::Config& after);
  /// Ends connectors that a reload replaced, as soon as no call is inside them; true once none is
  /// left. [main]
  bool tidy() { return sources_->reap() == 0; }

  /// One line for operators: is Temporal there, how many sources. [main]
  std::string headline() const;
  /// The server, "ingress" or "admin", whose event loops do not turn; empty where all do. [main]
  std::string stuck() const;

  /// Closes the door, finishes what has begun, drains the worker. [main] [blocking]
  void stop();
  /// Ends a drain that takes too long. [any-thread]
  void hurry() noexcept {
    models_->stop();
    direct_->hurry();
    link_->request_stop();
  }

  std::uint16_t ingress_port() const { return listener_->port(); }
  std::uint16_t admin_port() const { return admin_->port(); }
  const Sources& sources() const { return *sources_; }
  temporal::Client* client() const { return link_->client(); }
  std::string temporal_address() const { return link_->address(); }

 private:
  Service(const config::Config& config, observe::Log& log)
      : config_(config), running_(config), log_(log) {}
  Result<void> open_parts();
  Result<void> open_tracing();
  /// Null where nothing is traced.
  observe::Tracer* tracer() const { return tracing_ ? &tracing_->tracer() : nullptr; }
  Result<void> open_stores();
  Result<void> open_models();
  Result<void> check_vectors();
  Result<void> make_doors();
  void add_routes();
  void add_letter_routes();
  void add_reconcile_routes();
  void add_workflow_routes();
  Result<Json> find_workflows(const console::AdminRequest& request) const;
  void open_rollout();
  direct::DirectPorts direct_ports(activities::Counters counters);
  void add_rollout_routes();
  ReconcilePorts reconcile_ports();
  void add_metrics();
  void add_source_metrics();
  void serving(temporal::Client& client);
  Result<temporal::Backlog> backlog(temporal::TaskKind kind);
  /// The worker polls a Temporal that answers. [any-thread]
  bool temporal_serves() const;
  /// Ends the host: it cannot serve. [any-thread]
  void fail(const Error& error);
  /// Null before Temporal serves, and while the host ends.
  WorkflowStarter* workflow_starter();
  /// A record's own workflow. kUnavailable while Temporal is not connected or does not answer.
  Result<std::string> start_record(const DocumentIngestionInput& input,
                                   temporal::ClosedPolicy closed);
  /// Records of one document on the path that is theirs: gives the workflow's id, or nothing where
  /// they take the direct one. Durable on return.
  Result<std::optional<std::string>> bring(const DocumentIngestionInput& input,
                                           temporal::ClosedPolicy closed);
  void sweep(const std::stop_token& stop);
  /// For a key that its verifier misses.
  void poll_for_key(const std::string& source) const;
  void poll_now(const std::string& source) const;
  std::chrono::milliseconds call_timeout(std::string_view source) const;
  /// How the sources that take files are read.
  struct FilePlan {
    FileSettings watched;
    SchedulePlan scheduled;
  };
  /// Opens their rooms.
  FilePlan apply_rooms();
  std::shared_ptr<FlowKeeper> flows() const;
  Placement placement() const;
  std::shared_ptr<FileSchedules> schedules() const;
  SourceFacts source_facts(const SourceSet& sources, std::vector<FlowView> views) const;

  /// Over this host's stores and Temporal.
  DeadLetterDesk desk();
  StatusPorts status_ports() const;
  console::AdminResponse ready_page() const;
  console::AdminResponse sources_page() const;
  console::AdminResponse tell_source(const console::AdminRequest& request) const;
  console::AdminResponse search_page(const console::AdminRequest& request) const;
  console::AdminResponse document_page(const console::AdminRequest& request) const;
  console::AdminResponse upload_page(const console::AdminRequest& request);
  console::AdminResponse rollout_page(const console::AdminRequest& request);
  console::AdminResponse set_rollout(const console::AdminRequest& request);

  const config::Config& config_;  ///< As the host was started.
  config::Config running_;        ///< The same with what reloads changed. [main]
  observe::Log& log_;
  observe::Metrics metrics_;
  SourceMetrics source_metrics_{metrics_};
  const Instant began_ = system_clock().now();
  std::function<void(const Error&)> failed_;
  std::unique_ptr<Tracing> tracing_;  // before all that make spans

  std::optional<Rollout> rollout_;
  std::unique_ptr<stores::OpenedStores> stores_;
  std::unique_ptr<stores::saga::Saga> saga_;
  std::unique_ptr<models::Models> models_;
  pipeline::RulesExtractor query_reader_;  // of what a search names: no model is asked for that
  std::optional<temporal::FilePayloadStore> payloads_;
  std::optional<temporal::ClaimCheck> claim_check_;
  std::unique_ptr<ingress::Inbox> inbox_;
  std::optional<InboxLedger> ledger_;
  std::unique_ptr<Sources> sources_;

  std::optional<activities::Stages> stages_;
  std::optional<activities::WebhookParser> webhooks_;
  std::optional<direct::DirectPath> direct_;
  std::optional<PathStarter> paths_;
  std::optional<ingress::Dispatcher> dispatcher_;
  std::unique_ptr<files::Rooms> rooms_;
  std::optional<activities::Poller> poller_;
  std::optional<activities::StreamCollector> streams_;
  std::optional<activities::FileReader> file_reader_;
  temporal::workflow::Registry workflows_;
  temporal::activity::Registry activities_;
  std::optional<TemporalLink> link_;

  mutable std::mutex serving_mutex_;  // guards the next ten
  bool stopping_ = false;
  bool serving_ = false;
  std::condition_variable serving_changed_;
  std::optional<Error> failure_;
  std::optional<WorkflowStarter> starter_;
  std::optional<TemporalFlows> flow_engine_;
  std::shared_ptr<FlowKeeper> flows_;  // shared: a page may ask while the host stops
  std::optional<TemporalSchedules> schedule_engine_;
  std::shared_ptr<FileSchedules> schedules_;  // likewise
  std::optional<FileWatch> file_watch_;

  std::optional<PollNudge> nudge_;
  std::optional<ingress::WebhookListener> listener_;
  std::optional<console::AdminServer> admin_;
  bool started_ = false;
  bool vectors_checked_ = false;  ///< The janitor's once it runs.
  std::optional<Reconciler> reconciler_;
  std::optional<QueueWatch> queue_watch_;
  std::jthread janitor_;  // last: ends before what it sweeps
};

}  // namespace gantry::app
