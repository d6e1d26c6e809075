#include "rollup.hpp"

#include <algorithm>
#include <charconv>

namespace gantry::samsara {
namespace {

using sdk::Json;

constexpr std::string_view kEngine = "engineStates";

double number_of(std::string_view text) noexcept {
  double value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// False where a ping of this time is known.
bool note_time(std::vector<std::int64_t>& times, std::int64_t time) {
  if (times.empty() || times.back() < time) {  // In order, as Samsara sends one asset's pings.
    times.push_back(time);
    return true;
  }
  const auto at = std::lower_bound(times.begin(), times.end(), time);
  if (*at == time) return false;
  times.insert(at, time);
  return true;
}

std::string_view speed_of(const Json& ping) noexcept {
  if (const auto mph = ping["speedMilesPerHour"].text(); !mph.empty()) return mph;
  return ping["speed"]["gpsSpeedMetersPerSecond"].text();
}

}  // namespace

std::int64_t RollUp::floor(std::int64_t time_ns) const noexcept {
  const std::int64_t into = time_ns % window_ns_;
  return time_ns - (into < 0 ? into + window_ns_ : into);
}

void RollUp::add(const Ping& ping) {
  const std::int64_t start = floor(ping.time_ns);
  auto& of_window = windows_[start];
  auto found = of_window.find(ping.asset_id);
  if (found == of_window.end()) {
    found = of_window.emplace(std::string(ping.asset_id), Window{}).first;
    found->second.asset_id = ping.asset_id;
    found->second.start_ns = start;
    found->second.first_ns = ping.time_ns;
    found->second.last_ns = ping.time_ns;
    found->second.asset = *ping.asset;
  }
  Window& window = found->second;
  auto series = window.series.find(ping.stat);
  if (series == window.series.end()) {
    series = window.series.emplace(std::string(ping.stat), Series{}).first;
  }
  Series& stat = series->second;
  if (!note_time(stat.times, ping.time_ns)) return;
  if (ping.time_ns == stat.times.front()) stat.first = *ping.value;
  if (ping.time_ns == stat.times.back()) stat.last = *ping.value;
  if (ping.time_ns > window.last_ns) window.asset = *ping.asset;  // A renamed truck.
  window.first_ns = std::min(window.first_ns, ping.time_ns);
  window.last_ns = std::max(window.last_ns, ping.time_ns);
  ++window.pings;

  const auto speed_text = speed_of(*ping.value);
  if (const double speed = number_of(speed_text); speed > stat.speed_max) {
    stat.speed_max = speed;
    stat.speed_max_text = speed_text;
  }
  note_state(window, stat, ping);

  if (window.raw.size() + ping.raw.size() + ping.stat.size() + 6 > raw_bytes_max_) {
    ++window.raw_cut;
    return;
  }
  window.raw.append("{\"").append(ping.stat).append("\":").append(ping.raw).append("}\n");
}

void RollUp::note_state(Window& window, Series& series, const Ping& ping) {
  const Json& value = (*ping.value)["value"];
  if (!value.is_string()) return;
  series.states.emplace_back(ping.time_ns, value.text());
  if (ping.stat != kEngine) return;
  auto known = engine_.find(ping.asset_id);
  if (known == engine_.end()) {
    engine_.emplace(std::string(ping.asset_id), std::pair(ping.time_ns, value.text()));
    return;
  }
  if (ping.time_ns <= known->second.first) return;
  if (known->second.second != value.text() && !window.changed) {
    window.changed = true;
    changed_.emplace_back(window.start_ns, window.asset_id);
  }
  known->second = {ping.time_ns, std::string(value.text())};
}

std::vector<Window> RollUp::close(std::int64_t until_ns) {
  std::vector<Window> closed;
  while (!windows_.empty() && windows_.begin()->first + window_ns_ <= until_ns) {
    for (auto& [id, window] : windows_.begin()->second) closed.push_back(std::move(window));
    windows_.erase(windows_.begin());
  }
  return closed;
}

std::vector<const Window*> RollUp::take_changed() {
  std::vector<const Window*> out;
  for (const auto& [start, id] : changed_) {
    const auto of_window = windows_.find(start);
    if (of_window == windows_.end()) continue;
    const auto window = of_window->second.find(id);
    if (window == of_window->second.end()) continue;
    window->second.changed = false;
    out.push_back(&window->second);
  }
  changed_.clear();
  return out;
}

}  // namespace gantry::samsara
