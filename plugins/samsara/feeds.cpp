#include "feeds.hpp"

#include <gantry/sdk/url.hpp>

#include "settings.hpp"

namespace gantry::samsara {
namespace {

using Shape = FeedKind::Shape;

constexpr FeedKind kFeeds[] = {
    {"vehicle_stats", "/fleet/vehicles/stats/feed", "/fleet/vehicles/stats/history", Shape::kStats,
     false, "telemetry", "vehicle"},
    {"equipment_stats", "/fleet/equipment/stats/feed", "/fleet/equipment/stats/history",
     Shape::kStats, false, "telemetry", "equipment"},
    {"trailer_stats", "/fleet/trailers/stats/feed", "/fleet/trailers/stats/history", Shape::kStats,
     false, "telemetry", "trailer"},
    {"asset_location", "/assets/location-and-speed/stream", "/assets/location-and-speed/stream",
     Shape::kLocation, true, "telemetry", "asset"},
    {"route_audit", "/fleet/routes/audit-logs/feed", "", Shape::kEvents, false, "route_event", ""},
    {"safety_audit", "/fleet/safety-events/audit-logs/feed", "", Shape::kEvents, false,
     "safety_event", ""},
    {"route_events", "/route-events/stream", "", Shape::kEvents, true, "route_event", ""},
    {"safety_events", "/safety-events/stream", "", Shape::kEvents, true, "safety_event", ""},
    {"alert_incidents", "/alerts/incidents/stream", "", Shape::kEvents, true, "alert", ""},
    {"dvirs", "/dvirs/stream", "", Shape::kEvents, true, "dvir", ""},
    {"trips", "/trips/stream", "", Shape::kEvents, true, "trip", ""},
    {"issues", "/issues/stream", "", Shape::kEvents, true, "issue", ""},
    {"form_submissions", "/form-submissions/stream", "", Shape::kEvents, true, "form", ""},
};

std::string join(const std::vector<std::string>& parts) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : ",") + part;
  return all;
}

}  // namespace

const FeedKind* feed_kind(std::string_view name) noexcept {
  for (const auto& feed : kFeeds) {
    if (feed.name == name) return &feed;
  }
  return nullptr;
}

std::string fixed_query(const FeedKind& feed, const Settings& settings) {
  if (feed.name == "vehicle_stats") {
    return sdk::form_encode(
        {{"types", join(settings.vehicle_types)}, {"decorations", join(settings.decorations)}});
  }
  if (feed.name == "equipment_stats") {
    return sdk::form_encode({{"types", join(settings.equipment_types)}});
  }
  if (feed.name == "trailer_stats") {
    return sdk::form_encode({{"types", join(settings.trailer_types)}});
  }
  if (feed.name == "asset_location") {
    return sdk::form_encode({{"includeSpeed", "true"}, {"includeExternalIds", "true"}});
  }
  if (feed.name == "safety_events")
    return sdk::form_encode({{"queryByTimeField", "updatedAtTime"}});
  if (feed.name == "alert_incidents") {
    return sdk::form_encode({{"configurationIds", join(settings.alert_configurations)}});
  }
  return {};
}

}  // namespace gantry::samsara
