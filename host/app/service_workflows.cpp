// What of the service is about finding workflows.

#include <charconv>
#include <nlohmann/json.hpp>

#include "host/app/service.hpp"
#include "host/app/workflow_search.hpp"

namespace gantry::app {
namespace {

constexpr std::size_t kLimitMax = 1'000;

Result<std::size_t> limit_of(const std::string& text) {
  std::size_t limit = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, limit);
  if (problem != std::errc{} || stopped != end || limit == 0 || limit > kLimitMax) {
    return Error{ErrorKind::kInvalid,
                 "limit: want a whole number, 1 to " + std::to_string(kLimitMax)};
  }
  return limit;
}

}  // namespace

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
  const auto asked = [&request](const char* name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
  };
  const auto limit = limit_of(request.query.contains("limit") ? asked("limit") : "20");
  if (!limit) return limit.error();
  const auto filter =
      list_filter({asked("source"), asked("status"), asked("priority"), asked("document"),
                   asked("type"), asked("state"), asked("query")},
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
