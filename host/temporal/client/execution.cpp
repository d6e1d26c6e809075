#include "host/temporal/client/execution.hpp"

#include <nlohmann/json.hpp>

#include "host/base/json.hpp"
#include "host/temporal/converter/convert.hpp"

namespace gantry::temporal {

Payload keyword_attribute(std::string_view value) {
  auto payload = json_payload(dump_json(Json(value)));
  payload.metadata["type"] = "Keyword";
  return payload;
}

std::string_view to_string(WorkflowStatus status) noexcept {
  switch (status) {
    case WorkflowStatus::kUnknown:
      return "unknown";
    case WorkflowStatus::kRunning:
      return "running";
    case WorkflowStatus::kCompleted:
      return "completed";
    case WorkflowStatus::kFailed:
      return "failed";
    case WorkflowStatus::kCancelled:
      return "cancelled";
    case WorkflowStatus::kTerminated:
      return "terminated";
    case WorkflowStatus::kContinuedAsNew:
      return "continued_as_new";
    case WorkflowStatus::kTimedOut:
      return "timed_out";
    case WorkflowStatus::kPaused:
      return "paused";
  }
  return "unknown";
}

}  // namespace gantry::temporal
