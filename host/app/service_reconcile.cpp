// What of the service is about comparing its parts.

#include <nlohmann/json.hpp>

#include "host/app/service.hpp"

namespace gantry::app {
namespace {

using console::AdminRequest;
using console::error_response;

Error not_connected() {
  return {ErrorKind::kUnavailable, "Temporal is not connected: workflows cannot be compared"};
}

}  // namespace

ReconcilePorts Service::reconcile_ports() {
  return {{&stores_->documents(), &stores_->vectors(), &stores_->graph()},
          stores_->staging(),
          stores_->saga_log(),
          *inbox_,
          [this](const std::string& id) -> Result<std::optional<temporal::WorkflowDescription>> {
            temporal::Client* client = link_->client();
            if (client == nullptr) return not_connected();
            auto found = client->describe({id});
            if (found) return std::optional(std::move(*found));
            if (found.error().kind != ErrorKind::kNotFound) return found.error();
            return std::optional<temporal::WorkflowDescription>();
          },
          [this](const std::string& filter) -> Result<std::int64_t> {
            temporal::Client* client = link_->client();
            if (client == nullptr) return not_connected();
            return client->count(filter);
          },
          system_clock(),
          [this](const std::string& document) {
            return direct_->board().document(document).has_value();
          }};
}

void Service::add_reconcile_routes() {
  // Started with the host: nobody reaches these before start(), and they end before stop() does.
  admin_->route("GET", "/reconcile", [this](const AdminRequest&) {
    if (!reconciler_) return error_response(not_connected());
    return console::json_response(200, dump_json(reconciler_->state()));
  });
  admin_->route("POST", "/reconcile", [this](const AdminRequest&) {
    if (!reconciler_) return error_response(not_connected());
    return console::json_response(202, dump_json({{"round", reconciler_->ask()}}));
  });
}

}  // namespace gantry::app
