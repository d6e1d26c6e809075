#pragma once

#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/activities/activities.hpp"
#include "host/app/sources.hpp"
#include "host/base/clock.hpp"
#include "host/observe/metrics.hpp"

namespace gantry::app {

/// What is counted per source, from the door to the stores (docs/metrics.md).
///
/// Every series of a source stands at 0 from announce() on, so that a rate is a rate from the first
/// scrape and "nothing came" is a number. A name that no configuration ever had, such as that of an
/// upload, counts under "upload": nobody outside makes a label. [any-thread]
class SourceMetrics {
 public:
  /// Both outlive it.
  explicit SourceMetrics(observe::Metrics& metrics, const Clock& clock = system_clock());

  /// Makes the series of the sources that can be used; what exists goes on. [main]
  void announce(const SourceSet& sources);

  /// Counts the calls into the connector of `source`.
  plugins::CallMeter meter(const plugins::Source& source) const;
  /// What the activities tell.
  activities::Counters counters();

  /// A delivery was verified and the inbox has answered.
  void answered(std::string_view source, std::chrono::nanoseconds took);
  /// Its connector has read it, or it was given up on: WebhookPorts::on_read.
  void read(std::string_view source, std::string_view outcome);
  void newest(std::string_view source, Instant occurred_at);
  void written(const activities::SagaCall& call);

 private:
  /// One counter for each value of the label "outcome".
  class Outcomes {
   public:
    Outcomes() = default;
    Outcomes(const observe::CounterFamily& family, std::string_view source,
             std::initializer_list<std::string_view> outcomes);
    void add(std::string_view outcome) const;

   private:
    std::vector<std::pair<std::string_view, observe::Counter>> counters_;
  };

  /// What a source cannot do has no series.
  struct Series {
    Outcomes records, sagas, deliveries, polls, collections, files;
    std::optional<observe::Counter> delays, polled, collected;
    std::optional<observe::Histogram> answered, latency;
    std::optional<observe::Gauge> lag, last_data;
  };

  using SeriesPtr = std::shared_ptr<const Series>;

  void make(const std::string& source, const SourceSettings* settings);
  SeriesPtr of(std::string_view source) const;
  /// Something came from the vendor.
  void arrived(const Series& series) const;

  const Clock& clock_;
  observe::CounterFamily calls_, records_, delays_, sagas_, deliveries_, polls_, polled_,
      collections_, collected_, files_;
  observe::HistogramFamily call_seconds_, answer_seconds_, latency_seconds_;
  observe::Histogram saga_seconds_;
  observe::GaugeFamily lag_, last_data_;

  mutable std::shared_mutex mutex_;                       // guards the next
  std::map<std::string, SeriesPtr, std::less<>> series_;  // shared: a reload may replace one in use
};

}  // namespace gantry::app
