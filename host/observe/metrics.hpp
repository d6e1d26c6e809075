#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
template <class>
class Family;
}  // namespace prometheus

/// Metrics of the host, in Prometheus' text format. Names are `gantry_<room>_<what>[_unit]`;
/// counters end in `_total`, times are seconds. A label holds one of few values: never an id.
namespace gantry::observe {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Handles: cheap to copy, valid as long as their Metrics. [any-thread]
class Counter {
 public:
  void add(double count = 1) const;

 private:
  friend class CounterFamily;
  explicit Counter(prometheus::Counter& metric) : metric_(&metric) {}
  prometheus::Counter* metric_;
};

class Gauge {
 public:
  void set(double value) const;
  void add(double difference) const;

 private:
  friend class GaugeFamily;
  explicit Gauge(prometheus::Gauge& metric) : metric_(&metric) {}
  prometheus::Gauge* metric_;
};

class Histogram {
 public:
  void observe(double value) const;

 private:
  friend class HistogramFamily;
  explicit Histogram(prometheus::Histogram& metric) : metric_(&metric) {}
  prometheus::Histogram* metric_;
};

/// All metrics of one name. `with` takes a lock: keep its answer where calls are many.
/// [any-thread]
class CounterFamily {
 public:
  Counter with(const Labels& labels = {}) const;

 private:
  friend class Metrics;
  explicit CounterFamily(prometheus::Family<prometheus::Counter>& family) : family_(&family) {}
  prometheus::Family<prometheus::Counter>* family_;
};

class GaugeFamily {
 public:
  Gauge with(const Labels& labels = {}) const;

 private:
  friend class Metrics;
  explicit GaugeFamily(prometheus::Family<prometheus::Gauge>& family) : family_(&family) {}
  prometheus::Family<prometheus::Gauge>* family_;
};

class HistogramFamily {
 public:
  Histogram with(const Labels& labels = {}) const;

 private:
  friend class Metrics;
  HistogramFamily(prometheus::Family<prometheus::Histogram>& family, std::vector<double> bounds)
      : family_(&family), bounds_(std::move(bounds)) {}
  prometheus::Family<prometheus::Histogram>* family_;
  std::vector<double> bounds_;
};

/// The registry. A name is registered once; registering it again gives the same family, with
/// another help, kind or form of name it is a bug. [any-thread]
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  CounterFamily counter(const std::string& name, const std::string& help);
  GaugeFamily gauge(const std::string& name, const std::string& help);
  /// `bounds`: upper bounds of the buckets, rising.
  HistogramFamily histogram(const std::string& name, const std::string& help,
                            std::vector<double> bounds = seconds_bounds());

  struct Sample {
    Labels labels;
    double value = 0;
  };
  /// A gauge that is asked on each render, such as the age of the oldest delivery. `read` must not
  /// block, must not call back into this object, and outlives it.
  void collect(const std::string& name, const std::string& help,
               std::function<std::vector<Sample>()> read);
  /// The same for a counter that somebody else keeps: it never falls.
  void collect_counter(const std::string& name, const std::string& help,
                       std::function<std::vector<Sample>()> read);

  /// Text exposition format 0.0.4, for `Content-Type: text/plain; version=0.0.4`.
  std::string render() const;

  /// 0.5 ms to 60 s: from a webhook's answer to a model's call.
  static std::vector<double> seconds_bounds();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::observe
