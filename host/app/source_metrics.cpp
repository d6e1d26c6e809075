#include "host/app/source_metrics.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

namespace gantry::app {
namespace {

constexpr std::string_view kUpload = "upload";

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// A record may wait for a store that is away, or for its file's turn.
std::vector<double> latency_bounds() {
  return {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600};
}

std::string_view outcome_of(const stores::saga::Outcome& outcome) {
  return outcome.cached ? "cached" : stores::saga::to_string(outcome.kind);
}

}  // namespace

SourceMetrics::Outcomes::Outcomes(const observe::CounterFamily& family, std::string_view source,
                                  std::initializer_list<std::string_view> outcomes) {
  for (const std::string_view outcome : outcomes) {
    counters_.emplace_back(
        outcome, family.with({{"source", std::string(source)}, {"outcome", std::string(outcome)}}));
  }
}

void SourceMetrics::Outcomes::add(std::string_view outcome) const {
  for (const auto& [known, counter] : counters_) {
    if (known == outcome) counter.add();
  }
}

SourceMetrics::SourceMetrics(observe::Metrics& metrics, const Clock& clock)
    : clock_(clock),
      calls_(metrics.counter(
          "gantry_plugin_calls_total",
          "Calls into connectors, by source, capability, call and how they ended: ok or the "
          "category of the error.")),
      records_(metrics.counter("gantry_ingestion_records_total",
                               "Records that reached an end, by source and outcome.")),
      delays_(metrics.counter(
          "gantry_ingestion_delays_total",
          "Writes put off because a store was away, by source. Each is tried again.")),
      sagas_(metrics.counter("gantry_saga_documents_total",
                             "Documents written through the saga, by source and outcome; cached: "
                             "answered from an earlier, identical write.")),
      deliveries_(metrics.counter("gantry_webhook_deliveries_total",
                                  "Stored deliveries whose connector has read them, by source and "
                                  "outcome.")),
      polls_(metrics.counter("gantry_poll_rounds_total",
                             "Polls that ended, by source and outcome; interrupted: after they "
                             "had brought something.")),
      polled_(metrics.counter("gantry_poll_records_total", "Records that polls brought.")),
      collections_(metrics.counter("gantry_stream_batches_total",
                                   "Collections from a stream that ended, by source and "
                                   "outcome.")),
      collected_(metrics.counter("gantry_stream_records_total", "Records that streams brought.")),
      files_(metrics.counter("gantry_batch_files_total",
                             "Files that were read to their end, by source and outcome.")),
      call_seconds_(metrics.histogram("gantry_plugin_call_seconds",
                                      "Time of calls into connectors, with that in which the host "
                                      "kept what they gave.")),
      answer_seconds_(metrics.histogram(
          "gantry_ingress_request_seconds",
          "From a signed request to the answer that follows its fsync, by source.")),
      latency_seconds_(metrics.histogram("gantry_ingestion_latency_seconds",
                                         "From a record's arrival at the host until every store "
                                         "has it, by source.",
                                         latency_bounds())),
      saga_seconds_(metrics
                        .histogram("gantry_saga_seconds",
                                   "Time of a saga: one write of a batch of documents to all "
                                   "stores.")
                        .with()),
      lag_(metrics.gauge("gantry_stream_lag_seconds",
                         "Age of the newest record in the last batch of a stream that had any, "
                         "when it was stored.")),
      last_data_(metrics.gauge("gantry_source_last_data_timestamp_seconds",
                               "When this host last got something from the vendor; its own start "
                               "before that.")) {
  make(std::string(kUpload), nullptr);
}

void SourceMetrics::announce(const SourceSet& sources) {
  for (const auto& source : sources.configured()) {
    if (sources.find(source.id) != nullptr) make(source.id, sources.settings(source.id));
  }
}

void SourceMetrics::make(const std::string& source, const SourceSettings* settings) {
  const auto made = std::make_shared<Series>();
  Series& series = *made;
  const observe::Labels labels{{"source", source}};
  series.records = {records_, source, {"stored", "stale", "dead_letter"}};
  series.sagas = {sagas_, source, {"success", "rolled_back", "failed", "partial", "cached"}};
  series.delays = delays_.with(labels);
  series.latency = latency_seconds_.with(labels);
  if (settings != nullptr) {
    series.last_data = last_data_.with(labels);
    if (settings->has("gantry.webhook/1")) {
      series.answered = answer_seconds_.with(labels);
      series.deliveries = {deliveries_, source, {"parsed", "dead_letter"}};
    }
    if (settings->has("gantry.poller/1")) {
      series.polls = {polls_, source, {"ok", "interrupted", "failed"}};
      series.polled = polled_.with(labels);
    }
    if (settings->has("gantry.stream/1")) {
      series.collections = {collections_, source, {"ok", "interrupted", "failed"}};
      series.collected = collected_.with(labels);
      series.lag = lag_.with(labels);
    }
    if (settings->has("gantry.batch/1")) {
      series.files = {files_, source, {"archived", "rejected"}};
    }
  }
  const std::unique_lock lock(mutex_);
  SeriesPtr& kept = series_[source];
  if (!kept) arrived(series);
  kept = made;
}

SourceMetrics::SeriesPtr SourceMetrics::of(std::string_view source) const {
  const std::shared_lock lock(mutex_);
  const auto found = series_.find(source);
  return found == series_.end() ? series_.find(kUpload)->second : found->second;
}

void SourceMetrics::arrived(const Series& series) const {
  if (series.last_data) series.last_data->set(seconds(clock_.now().time_since_epoch()));
}

plugins::CallMeter SourceMetrics::meter(const plugins::Source& source) const {
  struct Counted {
    std::vector<observe::Counter> outcomes;
    std::optional<observe::Histogram> took;
  };
  auto kinds = std::make_shared<std::array<Counted, plugins::kCallKinds>>();
  for (std::size_t k = 0; k < plugins::kCallKinds; ++k) {
    const auto kind = static_cast<plugins::CallKind>(k);
    if (!source.has(plugins::manifest_name_of(kind))) continue;
    const observe::Labels labels{{"source", source.id()},
                                 {"capability", std::string(plugins::capability_of(kind))},
                                 {"call", std::string(plugins::to_string(kind))}};
    (*kinds)[k].took = call_seconds_.with(labels);
    for (std::size_t o = 0; o < plugins::kCallOutcomes; ++o) {
      observe::Labels with_outcome = labels;
      with_outcome.emplace_back(
          "outcome", std::string(plugins::to_string(static_cast<plugins::CallOutcome>(o))));
      (*kinds)[k].outcomes.push_back(calls_.with(with_outcome));
    }
  }
  // Shared: std::function wants what it holds to be copyable.
  return
      [kinds](plugins::CallKind kind, plugins::CallOutcome outcome, std::chrono::nanoseconds took) {
        const Counted& counted = (*kinds)[static_cast<std::size_t>(kind)];
        if (!counted.took) return;  // of a capability that the source has not: refused by itself
        counted.took->observe(seconds(took));
        counted.outcomes[static_cast<std::size_t>(outcome)].add();
      };
}

activities::Counters SourceMetrics::counters() {
  const auto page = [this](const Outcomes Series::* outcomes,
                           const std::optional<observe::Counter> Series::* records) {
    return [this, outcomes, records](std::string_view source, std::string_view outcome,
                                     std::size_t count) {
      const SeriesPtr series = of(source);
      ((*series).*outcomes).add(outcome);
      if ((*series).*records) ((*series).*records)->add(static_cast<double>(count));
      if (count > 0) arrived(*series);
    };
  };
  activities::Counters counters;
  counters.record = [this](std::string_view source, std::string_view outcome) {
    of(source)->records.add(outcome);
  };
  counters.delayed = [this](std::string_view source) { of(source)->delays->add(); };
  counters.poll = page(&Series::polls, &Series::polled);
  counters.collect = page(&Series::collections, &Series::collected);
  counters.file = [this](std::string_view source, std::string_view outcome) {
    const SeriesPtr series = of(source);
    series->files.add(outcome);
    arrived(*series);
  };
  return counters;
}

void SourceMetrics::answered(std::string_view source, std::chrono::nanoseconds took) {
  const SeriesPtr series = of(source);
  if (series->answered) series->answered->observe(seconds(took));
  arrived(*series);
}

void SourceMetrics::read(std::string_view source, std::string_view outcome) {
  of(source)->deliveries.add(outcome);
}

void SourceMetrics::newest(std::string_view source, Instant occurred_at) {
  const SeriesPtr series = of(source);
  if (series->lag) series->lag->set(std::max(0.0, seconds(clock_.now() - occurred_at)));
}

void SourceMetrics::written(const activities::SagaCall& call) {
  saga_seconds_.observe(seconds(call.took));
  const SeriesPtr series = of(call.source);
  const Instant now = clock_.now();
  for (std::size_t i = 0; i < call.outcomes.size(); ++i) {
    const stores::saga::Outcome& outcome = call.outcomes[i];
    series->sagas.add(outcome_of(outcome));
    if (outcome.kind == stores::saga::OutcomeKind::kSuccess && !outcome.cached) {
      series->latency->observe(seconds(now - call.documents[i].document.received_at));
    }
  }
}

}  // namespace gantry::app
