#include "host/app/workflow_search.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/base/time.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/temporal/converter/convert.hpp"

namespace gantry::app {
namespace {

// Our word, and Temporal's (https://docs.temporal.io/search-attribute, ExecutionStatus).
constexpr std::pair<std::string_view, std::string_view> kStates[] = {
    {"running", "Running"},    {"completed", "Completed"},   {"failed", "Failed"},
    {"cancelled", "Canceled"}, {"terminated", "Terminated"}, {"continued", "ContinuedAsNew"},
    {"timed_out", "TimedOut"}};

std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out += '\'';
}

/// The text of a Keyword; empty where the workflow has none.
std::string text_of(const temporal::AttributeMap& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return {};
  try {
    return temporal::from_payload<std::string>(found->second);
  } catch (const temporal::ConversionError&) {
    return {};
  }
}

}  // namespace

Result<std::string> list_filter(const WorkflowFilter& filter, std::string_view task_queue) {
  std::string out = "TaskQueue = " + quoted(task_queue);
  // In backticks: the server's parser takes a bare Status for a word of SQL.
  const auto add = [&out](std::string_view attribute, std::string_view value) {
    if (!value.empty()) out.append(" AND `").append(attribute).append("` = ") += quoted(value);
  };
  add(kAttributeSource, filter.source);
  add(kAttributeStatus, filter.status);
  add(kAttributePriority, filter.priority);
  add(kAttributeDocumentId, filter.document);
  add("WorkflowType", filter.type);
  if (!filter.state.empty()) {
    const auto* const state = std::ranges::find(
        kStates, filter.state, &std::pair<std::string_view, std::string_view>::first);
    if (state == std::end(kStates)) {
      std::string known;
      for (const auto& [word, theirs] : kStates) (known += known.empty() ? "" : ", ") += word;
      return Error{ErrorKind::kInvalid, "state: want one of " + known};
    }
    add("ExecutionStatus", state->second);
  }
  if (!filter.query.empty()) out.append(" AND (").append(filter.query) += ')';
  return out;
}

Json workflow_json(const temporal::WorkflowDescription& workflow) {
  const auto& attributes = workflow.search_attributes;
  Json out{{"id", workflow.id},
           {"run", workflow.run_id},
           {"type", workflow.type},
           {"state", temporal::to_string(workflow.status)},
           {"status", text_of(attributes, kAttributeStatus)},
           {"source", text_of(attributes, kAttributeSource)},
           {"priority", text_of(attributes, kAttributePriority)},
           {"document", text_of(attributes, kAttributeDocumentId)},
           {"started", to_rfc3339(workflow.started_at)}};
  if (workflow.closed_at) out["closed"] = to_rfc3339(*workflow.closed_at);
  if (!workflow.parent_id.empty()) out["parent"] = workflow.parent_id;
  return out;
}

}  // namespace gantry::app
