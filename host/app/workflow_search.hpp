#pragma once

#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/base/json.hpp"
#include "host/temporal/client/execution.hpp"

namespace gantry::app {

/// Which workflows of this host's task queue are asked for; empty fields ask for nothing.
struct WorkflowFilter {
  std::string source = {};
  std::string status = {};    ///< The search attribute Status: "waiting", "completed", "paused", …
  std::string priority = {};  ///< "normal", …
  std::string document = {};
  std::string type = {};   ///< "WebhookIngestionWorkflow", …
  std::string state = {};  ///< Temporal's own: "running", "completed", "failed", …
  std::string query = {};  ///< A list filter in Temporal's own words, besides the above.
};

/// The list filter of Temporal's visibility; values are quoted, so that none of them is syntax. A
/// server that keeps its visibility in SQLite (1.32) finds no value with " or \ in it.
/// kInvalid for a state that Temporal does not have. [any-thread]
Result<std::string> list_filter(const WorkflowFilter& filter, std::string_view task_queue);

/// One workflow as a page shows it: ids, type, state, its four attributes, times. [any-thread]
Json workflow_json(const temporal::WorkflowDescription& workflow);

}  // namespace gantry::app
