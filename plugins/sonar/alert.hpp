#pragma once

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/record.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "series.hpp"
#include "settings.hpp"

namespace gantry::sonar {

/// What an alert says; the relay's webhooks have the same members.
struct Alert {
  std::string id, description, severity, timestamp, index, qualifier, value, previous;
};

/// The record of an alert, kind market_alert. Borrows `raw`.
sdk::Record alert_record(const Alert& alert, std::string_view raw, const sdk::Json& extra);

/// Alerts that the newest observation of `series` raises. `raised` is renewed: a threshold is
/// raised once, and again only after the value came back to its clear.
std::vector<Alert> judge(const std::vector<Threshold>& thresholds, const Series& series,
                         const std::vector<Observation>& observations,
                         std::set<std::string>& raised);

/// The alert as the relay would send it: the record's raw.
std::string alert_body(const Alert& alert);

}  // namespace gantry::sonar
