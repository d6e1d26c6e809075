#include "host/temporal/replay/history.hpp"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/base/json.hpp"
#include "temporal/api/history/v1/message.pb.h"

namespace gantry::temporal::replay {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

/// "TimerFired" becomes "TIMER_FIRED".
std::string upper_snake(std::string_view camel) {
  std::string snake;
  for (const char c : camel) {
    if (c >= 'A' && c <= 'Z' && !snake.empty()) snake += '_';
    snake += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return snake;
}

void respell(Json& value, const EnumDescriptor& type) {
  if (!value.is_string()) return;
  const auto name = value.get<std::string>();
  if (type.FindValueByName(name) != nullptr) return;
  const auto full = upper_snake(type.name()) + '_' + upper_snake(name);
  if (type.FindValueByName(full) != nullptr) value = full;
}

void respell(Json& message, const Descriptor& type);

void respell_field(Json& value, const FieldDescriptor& field) {
  if (const auto* type = field.enum_type()) return respell(value, *type);
  if (const auto* type = field.message_type()) respell(value, *type);
}

/// Gives enumerations of `message` the names that protobuf's reader knows.
void respell(Json& message, const Descriptor& type) {
  if (!message.is_object()) return;
  if (type.options().map_entry()) {
    for (auto& [key, value] : message.items()) respell_field(value, *type.FindFieldByName("value"));
    return;
  }
  for (auto& [name, value] : message.items()) {
    const auto* field = type.FindFieldByCamelcaseName(name);
    if (field == nullptr) field = type.FindFieldByName(name);
    if (field == nullptr) continue;
    if (value.is_array()) {
      for (auto& item : value) respell_field(item, *field);
    } else {
      respell_field(value, *field);
    }
  }
}

Result<void> parse_json_history(std::string_view text, ::temporal::api::history::v1::History& to) {
  auto json = parse_json(text);
  if (!json) return json.error();
  respell(*json, *to.GetDescriptor());
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status = google::protobuf::util::JsonStringToMessage(dump_json(*json), &to, options);
  if (!status.ok()) {
    return Error{ErrorKind::kInvalid, "the JSON is no workflow history",
                 std::string(status.message())};
  }
  return {};
}

/// "… HistoryEvent(id: 5, TimerStarted) …": the number, 0 where there is none. The words are
/// Core's (temporalio-sdk-core 0.10.1, Display of HistoryEvent).
std::int64_t numbered_event(std::string_view words) {
  constexpr std::string_view kMark = "HistoryEvent(id: ";
  std::int64_t id = 0;
  const auto at = words.find(kMark);
  if (at == std::string_view::npos) return id;
  std::from_chars(words.data() + at + kMark.size(), words.data() + words.size(), id);
  return id;
}

/// What Core calls an event that a command made.
std::string_view name_of(const ::temporal::api::history::v1::HistoryEvent& event) {
  if (event.has_activity_task_scheduled_event_attributes()) {
    return event.activity_task_scheduled_event_attributes().activity_type().name();
  }
  if (event.has_start_child_workflow_execution_initiated_event_attributes()) {
    return event.start_child_workflow_execution_initiated_event_attributes().workflow_type().name();
  }
  return {};
}

}  // namespace

std::int64_t event_meant(const History& history, std::int64_t processed, std::string_view words) {
  if (const auto numbered = numbered_event(words)) return numbered;
  ::temporal::api::history::v1::History message;
  message.ParseFromString(history.bytes);
  for (const auto& event : message.events()) {
    const auto name = name_of(event);
    if (event.event_id() <= processed || name.empty()) continue;
    if (words.find('\'' + std::string(name) + '\'') != std::string_view::npos) {
      return event.event_id();
    }
  }
  // The task's completion is the next event; what it recorded comes after that.
  return std::min<std::int64_t>(processed + 2, history.events);
}

Result<History> read_history(std::string_view text) {
  ::temporal::api::history::v1::History message;
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') {
    const auto parsed = parse_json_history(text, message);
    if (!parsed) return parsed.error();
  } else if (!message.ParseFromArray(text.data(), static_cast<int>(text.size()))) {
    return Error{ErrorKind::kInvalid, "neither JSON nor a serialized workflow history"};
  }
  if (message.events_size() == 0 ||
      !message.events(0).has_workflow_execution_started_event_attributes()) {
    return Error{ErrorKind::kInvalid, "the history does not begin with WorkflowExecutionStarted"};
  }
  const auto& start = message.events(0).workflow_execution_started_event_attributes();
  return History{.workflow_id = start.workflow_id().empty() ? "replayed" : start.workflow_id(),
                 .workflow_type = start.workflow_type().name(),
                 .run_id = start.original_execution_run_id(),
                 .task_queue = start.task_queue().name(),
                 .events = message.events_size(),
                 .bytes = message.SerializeAsString()};
}

Result<History> read_history_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorKind::kNotFound, "cannot read history file " + path};
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto history = read_history(text);
  if (!history) {
    Error error = history.error();
    error.what = path + ": " + error.what;
    return error;
  }
  return history;
}

}  // namespace gantry::temporal::replay
