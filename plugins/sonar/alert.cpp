#include "alert.hpp"

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/time.hpp>

namespace gantry::sonar {

using sdk::Json;

sdk::Record alert_record(const Alert& alert, std::string_view raw, const Json& extra) {
  sdk::Record record;
  record.kind = "market_alert";
  record.key = alert.id;
  record.title =
      alert.description.empty() ? alert.index + " " + alert.qualifier : alert.description;
  record.text = record.title;
  if (!alert.value.empty()) record.text += "; value " + alert.value;
  if (!alert.previous.empty()) record.text += ", before " + alert.previous;
  record.raw = raw;
  Json metadata = Json::object();
  metadata.set_if("alert_id", alert.id);
  metadata.set_if("alert_description", alert.description);
  metadata.set_if("severity", alert.severity);
  metadata.set_if("timestamp", alert.timestamp);
  metadata.set_if("index", alert.index);
  metadata.set_if("qualifier", alert.qualifier);
  metadata.set_if("value", alert.value);
  metadata.set_if("previous", alert.previous);
  if (const auto time = sdk::read_timestamp(alert.timestamp)) {
    record.occurred_at_ns = time->ns;
    record.version = time->ns > 0 ? time->ns : 0;
    metadata.set_if("tz", time->zone);
  }
  metadata.set_if("extra", extra);
  record.metadata = metadata.dump();
  record.participants = "[]";
  return record;
}

std::vector<Alert> judge(const std::vector<Threshold>& thresholds, const Series& series,
                         const std::vector<Observation>& observations,
                         std::set<std::string>& raised) {
  std::vector<Alert> alerts;
  if (observations.empty()) return alerts;
  const Observation& newest = observations.back();
  for (const Threshold& threshold : thresholds) {
    if (threshold.series.name() != series.name()) continue;
    const std::string name = threshold.name();
    const bool is_over =
        threshold.above ? newest.nano > threshold.limit_nano : newest.nano < threshold.limit_nano;
    const bool is_clear =
        threshold.above ? newest.nano <= threshold.clear_nano : newest.nano >= threshold.clear_nano;
    if (is_clear) raised.erase(name);
    if (!is_over || !raised.insert(name).second) continue;
    Alert alert;
    alert.id = name + ":" + newest.date;
    alert.description = series.index + " " + series.qualifier + " is " + newest.value +
                        (threshold.above ? ", above " : ", below ") + threshold.limit;
    alert.severity = threshold.severity;
    alert.timestamp = newest.date + "T00:00:00Z";
    alert.index = series.index;
    alert.qualifier = series.qualifier;
    alert.value = newest.value;
    if (observations.size() > 1) alert.previous = observations[observations.size() - 2].value;
    alerts.push_back(std::move(alert));
  }
  return alerts;
}

std::string alert_body(const Alert& alert) {
  Json body = Json::object();
  body.set("alert_id", alert.id);
  body.set("alert_description", alert.description);
  body.set("severity", alert.severity);
  body.set("timestamp", alert.timestamp);
  body.set("index", alert.index);
  body.set("qualifier", alert.qualifier);
  body.set("value", alert.value);
  body.set("previous", alert.previous);
  return body.dump();
}

}  // namespace gantry::sonar
