#include "host/app/source_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/base/time.hpp"

namespace gantry::app {
namespace {

template <class Map>
auto value_of(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? typename Map::mapped_type{} : found->second;
}

/// What an operator must see first.
int weight_of(FlowState state) {
  switch (state) {
    case FlowState::kReauth:
      return 5;
    case FlowState::kFailed:
      return 4;
    case FlowState::kRateLimited:
      return 3;
    case FlowState::kPaused:
      return 2;
    case FlowState::kFinished:
      return 1;
    case FlowState::kRunning:
      return 0;
  }
  return 0;
}

/// The flow of a source that is in the worst state; null where none has answered yet.
const FlowStats* worst(const SourceFacts& facts, const std::string& source) {
  const FlowStats* found = nullptr;
  for (const FlowView& view : facts.flows) {
    if (view.flow.source != source || !view.stats) continue;
    if (found == nullptr || weight_of(view.stats->state) > weight_of(found->state)) {
      found = &*view.stats;
    }
  }
  return found;
}

void add_time(Json& out, const char* key, const std::string& at) {
  if (!at.empty()) out[key] = at;
}

Json flow_json(const FlowView& view, Instant now) {
  Json out{{"kind", to_string(view.flow.kind)}, {"workflow", view.flow.id()}};
  if (!view.trouble.empty()) out["trouble"] = view.trouble;
  if (view.flow.kind == Flow::Kind::kPolling) {
    out["interval_s"] =
        std::chrono::duration_cast<std::chrono::seconds>(view.settings.interval).count();
  }
  if (!view.stats) return out;
  const FlowStats& stats = *view.stats;
  out["state"] = to_string(stats.state);
  out["iteration"] = stats.iteration;
  out["records"] = stats.total_processed;
  out["failed"] = stats.failed;
  out["dead_letters"] = stats.dead_letters;
  out["cursor"] = cursor_text(stats.cursor);
  if (!stats.last_error.empty()) out["last_error"] = stats.last_error;
  add_time(out, "last_success", stats.last_success);
  add_time(out, "next_poll", stats.next_poll);
  if (const auto at = parse_rfc3339(stats.last_success)) {
    out["cursor_age_s"] = std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::seconds>(now - *at).count());
  }
  out["seen_at"] = to_rfc3339(std::chrono::floor<std::chrono::milliseconds>(view.seen_at));
  return out;
}

}  // namespace

std::string_view state_of(const SourceFacts& facts, const config::SourceConfig& source) {
  if (!source.enabled) return "disabled";
  if (facts.sources.find(source.id) == nullptr) return "refused";
  const FlowStats* stats = worst(facts, source.id);
  return to_string(stats == nullptr ? FlowState::kRunning : stats->state);
}

Json report_of(const SourceFacts& facts) {
  Json list = Json::array();
  for (const auto& source : facts.sources.configured()) {
    Json row{{"id", source.id}, {"plugin", source.plugin}, {"state", state_of(facts, source)}};
    for (const auto& refusal : facts.sources.refusals()) {
      if (refusal.source_id == source.id) row["reason"] = refusal.message;
    }
    if (const FlowStats* stats = worst(facts, source.id);
        stats != nullptr && stats->state != FlowState::kRunning && !stats->last_error.empty()) {
      row["reason"] = stats->last_error;
    }
    if (const SourceSettings* settings = facts.sources.settings(source.id)) {
      row["version"] = settings->plugin_version;
      row["capabilities"] = settings->capabilities;
    }
    row["flows"] = Json::array();
    for (const FlowView& view : facts.flows) {
      if (view.flow.source == source.id) row["flows"].push_back(flow_json(view, facts.now));
    }
    if (const auto files = facts.files.find(source.id); files != facts.files.end()) {
      const FileTotals& totals = files->second;
      row["files"] = {{"processed", totals.done.files_processed},
                      {"failed", totals.done.failed},
                      {"records", totals.done.total_records},
                      {"dead_letters", totals.done.dead_letters},
                      {"running", totals.running}};
      if (totals.last_run) row["files"]["last_run"] = to_rfc3339(*totals.last_run);
      if (totals.next_run) row["files"]["next_run"] = to_rfc3339(*totals.next_run);
      if (!totals.trouble.empty()) row["files"]["trouble"] = totals.trouble;
    }
    const auto counts = value_of(facts.deliveries, source.id);
    row["deliveries"] = {{"accepted", counts.accepted},
                         {"duplicate", counts.duplicate},
                         {"rejected", counts.rejected},
                         {"pending", value_of(facts.pending, source.id)}};
    const auto letters = value_of(facts.dead_letters, source.id);
    row["dead_letters"] = letters.count;
    if (!letters.last_reason.empty()) row["last_dead_letter"] = letters.last_reason;
    list.push_back(std::move(row));
  }
  return list;
}

}  // namespace gantry::app
