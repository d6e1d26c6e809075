// What of the service is about the rollout: its room, its path without Temporal, its pages.

#include <nlohmann/json.hpp>

#include "host/app/service.hpp"
#include "host/app/workflow_search.hpp"
#include "host/base/time.hpp"

namespace gantry::app {
namespace {

using console::AdminRequest;
using console::AdminResponse;
using console::error_response;

}  // namespace

void Service::open_rollout() {
  rollout_.emplace(
      Rollout::Options{.memory = std::filesystem::path(config_.host.state_dir) / "rollout.json",
                       .configured = config_.host.rollout,
                       .origin = origin_of(config_),
                       .direct_when_away = config_.host.rollout_direct_when_away},
      log_, metrics_);
}

direct::DirectPorts Service::direct_ports(activities::Counters counters) {
  return {.stages = *stages_,
          .parsing = {[this](std::string_view name) { return sources_->get(name); },
                      [this](std::string_view name) { return call_timeout(name); }, *ledger_,
                      stores_->staging(), stores_->dead_letters(),
                      [this](std::string_view source, std::string_view outcome) {
                        source_metrics_.read(source, outcome);
                      }},
          .inbox = *inbox_,
          .path = [this](const std::string& id, bool again) { return rollout_->path(id, again); },
          .start = [this](const DocumentIngestionInput& input) -> Result<void> {
            if (!rollout_->direct_when_away() && !rollout_->ask_temporal()) {
              return Error{ErrorKind::kUnavailable, "Temporal does not answer; it is asked again"};
            }
            const auto started = start_record(input, temporal::ClosedPolicy::kAllow);
            if (!started) return started.error();
            return {};
          },
          .divert = [this] { return rollout_->divert(); },
          .input =
              [this](std::string_view source, std::string_view id) {
                return webhook_input(*sources_, placement(), source, id);
              },
          .poll = [this](const std::string& source) { poll_now(source); },
          .counters = std::move(counters),
          .patience = config_.host.stores.patience,
          .log = ingress_log(log_, "direct")};
}

/// One that is not polled, or not yet, needs no word.
void Service::poll_now(const std::string& source) const {
  const auto flows = this->flows();
  const auto told = flows ? flows->tell(source, kPollNow)
                          : Result<void>(Error{ErrorKind::kUnavailable, "Temporal is away"});
  if (told) return;
  log_.write("direct", observe::Level::kDebug, "nobody_polls",
             {{observe::kSource, source}, {"reason", told.error().message()}});
}

Result<std::string> Service::start_record(const DocumentIngestionInput& input,
                                          temporal::ClosedPolicy closed) {
  temporal::Client* client = link_->client();
  if (client == nullptr) {
    const Error away{ErrorKind::kUnavailable, "Temporal is not connected yet; try again"};
    rollout_->heard(away);
    return away;
  }
  const auto started = start_document(*client, config_.host.temporal.task_queue, input, closed);
  rollout_->heard(started ? std::nullopt : std::optional(started.error()));
  if (!started) return started.error();
  return started->id;
}

Result<std::optional<std::string>> Service::bring(const DocumentIngestionInput& input,
                                                  temporal::ClosedPolicy closed) {
  if (rollout_->path(input.records.front().document_id, false) == rollout::Path::kTemporal) {
    auto workflow = start_record(input, closed);
    if (workflow) return std::optional(std::move(*workflow));
    if (!workflow.error().retryable() || !rollout_->divert()) return workflow.error();
  }
  if (auto taken = direct_->take(input); !taken) return taken.error();
  return std::optional<std::string>();
}

void Service::add_rollout_routes() {
  admin_->route("GET", "/rollout",
                [this](const AdminRequest& request) { return rollout_page(request); });
  admin_->route("POST", "/rollout",
                [this](const AdminRequest& request) { return set_rollout(request); });
  metrics_.collect(
      "gantry_direct_jobs", "Deliveries and uploads in hand of the direct path.", [this] {
        const auto all = double(direct_->board().size());
        const auto waiting = double(direct_->board().waiting());
        return std::vector<observe::Metrics::Sample>{{{{"state", "waiting"}}, waiting},
                                                     {{{"state", "running"}}, all - waiting}};
      });
}

AdminResponse Service::rollout_page(const AdminRequest& request) {
  Json state = rollout_->state();
  state["direct"] = {{"jobs", direct_->board().size()}, {"waiting", direct_->board().waiting()}};
  state["temporal"] = {{"serving", temporal_serves()}};
  const auto before = request.query.find("running_since_before");
  if (before == request.query.end()) return console::json_response(200, dump_json(state));
  std::string running = "WorkflowType IN ('DocumentIngestionWorkflow', 'WebhookIngestionWorkflow')";
  if (!before->second.empty()) {
    const auto time = parse_rfc3339(before->second);
    if (!time) return error_response(Error{ErrorKind::kInvalid, "running_since_before: no time"});
    running += " AND StartTime < '" + to_rfc3339(*time) + '\'';
  }
  const auto filter =
      list_filter({.state = "running", .query = running}, config_.host.temporal.task_queue);
  if (!filter) return error_response(filter.error());
  temporal::Client* client = link_->client();
  if (client == nullptr) {
    return error_response(
        Error{ErrorKind::kUnavailable, "Temporal is not connected: its workflows are not known"});
  }
  const auto count = client->count(*filter);
  if (!count) return error_response(count.error());
  state["running"] = *count;
  return console::json_response(200, dump_json(state));
}

AdminResponse Service::set_rollout(const AdminRequest& request) {
  const auto body = parse_json(request.body);
  if (!body || !body->is_object() || !body->contains("percentage") ||
      !body->at("percentage").is_number_integer()) {
    return error_response(Error{ErrorKind::kInvalid, "the body: want {\"percentage\": 10}"});
  }
  const auto wanted = body->at("percentage").get<std::int64_t>();
  const auto set = rollout_->set(wanted < 0 || wanted > 100 ? -1 : static_cast<int>(wanted));
  if (!set) return error_response(set.error());
  return console::json_response(200, dump_json(rollout_->state()));
}

}  // namespace gantry::app
