#include "host/app/rollout.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/app/memory.hpp"
#include "host/base/time.hpp"

namespace gantry::app {
namespace {

using observe::Level;
using rollout::Path;

constexpr Path kPaths[] = {Path::kTemporal, Path::kDirect};

std::size_t index_of(Path path) { return path == Path::kTemporal ? 0 : 1; }

observe::Labels label_of(Path path) { return {{"path", std::string(rollout::to_string(path))}}; }

bool is_percentage(int value) { return value >= 0 && value <= 100; }

}  // namespace

std::string origin_of(const config::Config& config) {
  const auto row = std::ranges::find(config.explain, "rollout", &config::ExplainRow::key);
  return row == config.explain.end() ? "default" : row->origin;
}

Rollout::Rollout(Options options, observe::Log& log, observe::Metrics& metrics, const Clock& clock)
    : options_(std::move(options)),
      log_(log),
      clock_(clock),
      percentage_(options_.configured),
      configured_(options_.configured),
      origin_(options_.origin) {
  const auto decisions = metrics.counter("gantry_rollout_decisions_total",
                                         "Documents by the path that was chosen for them.");
  const auto seconds = metrics.histogram(
      "gantry_ingestion_seconds",
      "From a record's arrival to its end, by path and outcome; a dead letter is an error.",
      {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1'800, 3'600});
  for (const Path path : kPaths) {
    decisions_[index_of(path)] = decisions.with(label_of(path));
    for (const char* outcome : {"stored", "stale", "dead_letter"}) {
      observe::Labels labels = label_of(path);
      labels.emplace_back("outcome", outcome);
      seconds_[index_of(path)].emplace(outcome, seconds.with(labels));
    }
  }
  metrics.collect(
      "gantry_rollout_percentage", "Per cent of documents that go through Temporal.",
      [this] { return std::vector<observe::Metrics::Sample>{{{}, double(percentage_)}}; });
  metrics.collect(
      "gantry_rollout_temporal_away", "1 while Temporal does not answer those who start workflows.",
      [this] { return std::vector<observe::Metrics::Sample>{{{}, away() ? 1.0 : 0.0}}; });

  const Json kept = recall(options_.memory);
  if (!kept.is_object()) return;
  const int set = kept.value("percentage", -1);
  const auto at = parse_rfc3339(kept.value("set_at", std::string()));
  if (!is_percentage(set) || !at) return;
  if (kept.value("over", -1) != configured_) {
    forget("configuration says another since");
  } else {
    percentage_ = set;
    set_at_ = *at;
  }
}

Result<void> Rollout::set(int percentage) {
  if (!is_percentage(percentage)) {
    return Error{ErrorKind::kInvalid, "percentage: want a whole number, 0 to 100"};
  }
  {
    const std::lock_guard lock(mutex_);
    const Instant now = clock_.now();
    auto kept =
        memorise(options_.memory,
                 {{"percentage", percentage}, {"set_at", to_rfc3339(now)}, {"over", configured_}});
    if (!kept) return kept.error();
    set_at_ = now;
    log_.write("rollout", Level::kInfo, "rollout_set",
               {{"percentage", percentage}, {"before", percentage_.load()}});
    percentage_ = percentage;
  }
  changed();
  return {};
}

void Rollout::configure(int percentage, std::string origin) {
  {
    const std::lock_guard lock(mutex_);
    origin_ = std::move(origin);
    if (percentage == configured_) return;
    configured_ = percentage;
    if (set_at_) forget("configuration was changed");
    set_at_.reset();
    percentage_ = percentage;
  }
  changed();
}

/// What was set at run time is over.
void Rollout::forget(std::string_view reason) {
  std::error_code ignored;  // it names the value it stood over, so it is not taken for another's
  std::filesystem::remove(options_.memory, ignored);
  log_.write("rollout", Level::kInfo, "rollout_set_dropped",
             {{"reason", reason}, {"percentage", configured_}});
}

void Rollout::on_change(std::function<void()> changed) {
  const std::lock_guard lock(mutex_);
  changed_ = std::move(changed);
}

void Rollout::changed() {
  const std::lock_guard lock(mutex_);
  if (changed_) changed_();
}

Path Rollout::path(const std::string& document_id, bool again) {
  Path path = rollout::route(document_id, percentage_);
  if (path == Path::kTemporal && divert() && !ask_temporal()) path = Path::kDirect;
  if (!again) decided(path, document_id);
  return path;
}

void Rollout::decided(Path path, std::string_view document_id) {
  decisions_[index_of(path)]->add();
  log_.write("rollout", Level::kDebug, "path_chosen",
             {{observe::kDocument, document_id},
              {"path", rollout::to_string(path)},
              {"percentage", percentage_.load()}});
}

void Rollout::ended(Path path, std::string_view outcome, Instant received_at) {
  const auto& outcomes = seconds_[index_of(path)];
  const auto found = outcomes.find(outcome);
  if (found == outcomes.end()) return;
  const std::chrono::duration<double> took = clock_.now() - received_at;
  found->second.observe(std::max(0.0, took.count()));
}

void Rollout::heard(const std::optional<Error>& failure) {
  // A server that is too busy is there.
  if (failure &&
      (failure->kind == ErrorKind::kUnavailable || failure->kind == ErrorKind::kTimeout)) {
    if (!reach_.failed(clock_.steady())) return;
    log_.write("rollout", Level::kWarn, "temporal_away",
               {{"reason", failure->message()},
                {"documents", options_.direct_when_away ? "take the direct path" : "wait"}});
  } else {
    if (!reach_.answered()) return;
    log_.write("rollout", Level::kInfo, "temporal_back", {});
  }
  changed();
}

Json Rollout::state() const {
  const std::lock_guard lock(mutex_);
  return {{"percentage", percentage_.load()},
          {"set_at", set_at_ ? Json(to_rfc3339(*set_at_)) : Json()},
          {"configured", configured_},
          {"origin", origin_},
          {"when_away", options_.direct_when_away ? "direct" : "wait"},
          {"away", away()}};
}

}  // namespace gantry::app
