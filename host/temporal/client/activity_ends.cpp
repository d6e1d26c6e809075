#include "host/temporal/client/activity_ends.hpp"

#include <temporal/api/history/v1/message.pb.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/base/json.hpp"

namespace gantry::temporal {
namespace {

using Event = ::temporal::api::history::v1::HistoryEvent;

// temporalio-sdk-core 0.10.1, src/protosext: the name and the detail of a local activity's marker.
constexpr std::string_view kMarker = "core_local_activity";
constexpr const char* kMarkerData = "data";

Instant instant(std::int64_t seconds, std::int64_t nanos) {
  return Instant{std::chrono::seconds{seconds} + std::chrono::nanoseconds{nanos}};
}

Instant time_of(const Event& event) {
  return instant(event.event_time().seconds(), event.event_time().nanos());
}

std::optional<ActivityEnd> local_end(const Event& event) {
  const auto& marker = event.marker_recorded_event_attributes();
  if (marker.marker_name() != kMarker) return std::nullopt;
  const auto data = marker.details().find(kMarkerData);
  if (data == marker.details().end() || data->second.payloads_size() == 0) return std::nullopt;
  const auto json = parse_json(data->second.payloads(0).data());
  if (!json || !json->is_object()) return std::nullopt;
  ActivityEnd end;
  end.type = text_at(*json, "activity_type").value_or("");
  end.at = time_of(event);
  end.local = true;
  end.failed = marker.has_failure();
  if (const auto attempt = json->find("attempt");
      attempt != json->end() && attempt->is_number_integer()) {
    end.attempt = attempt->get<int>();
  }
  if (const auto at = json->find("complete_time"); at != json->end() && at->is_object()) {
    end.at = instant(at->value("seconds", std::int64_t{0}), at->value("nanos", std::int64_t{0}));
  }
  return end;
}

}  // namespace

Result<std::vector<ActivityEnd>> activity_ends(std::string_view history) {
  ::temporal::api::history::v1::History read;
  if (!read.ParseFromArray(history.data(), static_cast<int>(history.size()))) {
    return Error{ErrorKind::kInvalid, "these bytes are no workflow history"};
  }
  std::map<std::int64_t, std::string> types;  // by the event that scheduled it
  std::map<std::int64_t, int> attempts;
  std::vector<ActivityEnd> ends;
  const auto add = [&](const Event& event, std::int64_t scheduled, bool failed) {
    const auto attempt = attempts.find(scheduled);
    ends.push_back({types[scheduled], time_of(event),
                    attempt == attempts.end() ? 1 : attempt->second, false, failed});
  };
  for (const Event& event : read.events()) {
    switch (event.attributes_case()) {
      case Event::kActivityTaskScheduledEventAttributes:
        types[event.event_id()] =
            event.activity_task_scheduled_event_attributes().activity_type().name();
        break;
      case Event::kActivityTaskStartedEventAttributes: {
        const auto& started = event.activity_task_started_event_attributes();
        attempts[started.scheduled_event_id()] = started.attempt();
        break;
      }
      case Event::kActivityTaskCompletedEventAttributes:
        add(event, event.activity_task_completed_event_attributes().scheduled_event_id(), false);
        break;
      case Event::kActivityTaskFailedEventAttributes:
        add(event, event.activity_task_failed_event_attributes().scheduled_event_id(), true);
        break;
      case Event::kActivityTaskTimedOutEventAttributes:
        add(event, event.activity_task_timed_out_event_attributes().scheduled_event_id(), true);
        break;
      case Event::kMarkerRecordedEventAttributes:
        if (auto end = local_end(event)) ends.push_back(std::move(*end));
        break;
      default:
        break;
    }
  }
  return ends;
}

}  // namespace gantry::temporal
