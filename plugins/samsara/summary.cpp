#include "summary.hpp"

#include <algorithm>
#include <gantry/sdk/rest.hpp>
#include <gantry/sdk/time.hpp>

#include "words.hpp"

namespace gantry::samsara {
namespace {

using sdk::Json;
using sdk::Record;

/// "13:50" of a time.
std::string clock_of(std::int64_t ns) { return sdk::to_rfc3339(ns).substr(11, 5); }

std::string place_of(const Json& ping) {
  const Json& at = ping["location"].is_object() ? ping["location"] : ping;
  std::string place(ping["reverseGeo"]["formattedLocation"].text());
  if (at["latitude"].text().empty()) return place;
  if (!place.empty()) place += ' ';
  return place + '(' + std::string(at["latitude"].text()) + ", " +
         std::string(at["longitude"].text()) + ')';
}

/// The value each time it differs from the one before, in order of time.
Json changes_of(const Series& series) {
  auto states = series.states;
  std::sort(states.begin(), states.end());
  Json changes = Json::array();
  const std::string* before = nullptr;
  for (const auto& [time, value] : states) {
    if (before != nullptr && *before == value) continue;
    Json change = Json::object();
    change.set("time", sdk::to_rfc3339(time));
    change.set("value", value);
    changes.push(std::move(change));
    before = &value;
  }
  return changes;
}

Json stat_of(const Series& series, const Json& changes) {
  Json stat = Json::object();
  stat.set("count", static_cast<std::int64_t>(series.times.size()));
  stat.set("first", series.first);
  if (series.times.size() > 1) stat.set("last", series.last);
  stat.set_if("changes", changes);
  if (!series.speed_max_text.empty()) stat.set("speed_max", Json::Number{series.speed_max_text});
  return stat;
}

std::string words_of_stat(const std::string& name, const Series& series, const Json& changes) {
  if (name == "gps" || name == "location") {
    std::string text = std::to_string(series.times.size()) +
                       (series.times.size() == 1 ? " position" : " positions");
    const std::string from = place_of(series.first);
    const std::string to = place_of(series.last);
    if (from == to) {
      if (!from.empty()) text += " at " + from;
    } else {
      text += " from " + from + " to " + to;
    }
    if (!series.speed_max_text.empty()) {
      text += ", top speed " + series.speed_max_text + (name == "gps" ? " mph" : " m/s");
    }
    return text;
  }
  std::string text = name;
  if (!changes.items().empty()) {
    const char* separator = " ";
    for (const Json& change : changes.items()) {
      text += separator + std::string(change["value"].text()) + " since " +
              std::string(change["time"].text().substr(11, 8));
      separator = ", ";
    }
    return text;
  }
  const auto first = series.first["value"].text();
  const auto last = series.last["value"].text();
  if (first.empty()) return text + ", " + std::to_string(series.times.size()) + " values";
  text += ' ' + std::string(first);
  if (first != last) text += " to " + std::string(last);
  return text;
}

std::string key_of(const Window& window, Part part) {
  std::string key = window.asset_id + ':' + sdk::to_rfc3339(window.start_ns);
  // Named by its oldest ping: the same pings again give the same document.
  if (part != Part::kWindow) key += ':' + sdk::to_rfc3339(window.first_ns);
  return key;
}

const char* name_of(Part part) {
  switch (part) {
    case Part::kWindow:
      return "window";
    case Part::kLate:
      return "late";
    case Part::kSnapshot:
      return "snapshot";
  }
  return "";
}

}  // namespace

Record summarise(const FeedKind& feed, const Window& window, std::int64_t window_ns, Part part,
                 bool open, std::int64_t now_ns) {
  const std::int64_t end = window.start_ns + window_ns;
  const auto name = window.asset["name"].text();
  Record record;
  record.kind = feed.kind;
  record.key = key_of(window, part);
  record.title = name.empty() ? window.asset_id : std::string(name);
  record.title += ", " + sdk::to_rfc3339(window.start_ns).substr(0, 10) + ' ' +
                  clock_of(window.start_ns) + " to " + clock_of(end) + " UTC";
  record.raw = window.raw;
  record.occurred_at_ns = window.last_ns;
  const bool plausible =
      is_plausible(window.first_ns, now_ns) && is_plausible(window.last_ns, now_ns);
  record.version = plausible ? window.last_ns : 0;

  Json stats = Json::object();
  record.text = record.title + ": ";
  const char* separator = "";
  for (const auto& [stat, series] : window.series) {
    const Json changes = changes_of(series);
    stats.set(stat, stat_of(series, changes));
    record.text += separator + words_of_stat(stat, series, changes);
    separator = "; ";
  }

  Json metadata = Json::object();
  metadata.set("asset_id", window.asset_id);
  metadata.set("asset_type", feed.asset);
  metadata.set_if("name", name);
  metadata.set_if("external_ids", window.asset["externalIds"]);
  metadata.set("window_start", sdk::to_rfc3339(window.start_ns));
  metadata.set("window_end", sdk::to_rfc3339(end));
  metadata.set("part", name_of(part));
  metadata.set("open", open);
  metadata.set("pings", static_cast<std::int64_t>(window.pings));
  metadata.set("stats", std::move(stats));
  metadata.set("tz", "Z");
  if (window.raw_cut > 0) metadata.set("raw_cut", static_cast<std::int64_t>(window.raw_cut));
  if (!plausible) metadata.set("time_implausible", true);
  metadata.set_if("extra", sdk::rest_of(window.asset, {"id", "name", "externalIds"}));
  record.metadata = metadata.dump();

  Json who = Json::array();
  Json asset = participant(feed.asset, window.asset);
  if (!asset.is_null()) who.push(std::move(asset));
  record.participants = who.dump();
  return record;
}

}  // namespace gantry::samsara
