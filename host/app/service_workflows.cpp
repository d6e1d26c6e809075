// What of the service is about finding workflows.

#include <nlohmann/json.hpp>

#include "host/app/service.hpp"
#include "host/app/workflow_search.hpp"

namespace gantry::app {
void Service::add_workflow_routes() {
  admin_->route("GET", "/workflows", [this](const console::AdminRequest& request) {
    const auto answer = find_workflows(request);
    return answer ? console::json_response(200, dump_json(*answer))
                  : console::error_response(answer.error());
  });
}

Result<Json> Service::find_workflows(const console::AdminRequest& request) const {
  temporal::Client* client = link_->client();
  if (client == nullptr) {
    return Error{ErrorKind::kUnavailable, "Temporal is not connected yet; try again"};
  }
  const auto limit = request.limit(20, 1, 1'000);
  if (!limit) return limit.error();
  const auto filter =
      list_filter({request.value("source"), request.value("status"), request.value("priority"),
                   request.value("document"), request.value("type"), request.value("state"),
                   request.value("query")},
                  config_.host.temporal.task_queue);
  if (!filter) return filter.error();
  const auto total = client->count(*filter);
  if (!total) return total.error();
  const auto found = client->list(*filter, *limit);
  if (!found) return found.error();
  Json rows = Json::array();
  for (const auto& workflow : *found) rows.push_back(workflow_json(workflow));
  return Json{{"filter", *filter}, {"total", *total}, {"workflows", std::move(rows)}};
}

}  // namespace gantry::app
