#include "host/observe/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

#include "host/base/assert.hpp"

namespace gantry::observe {
namespace {

prometheus::Labels to_map(const Labels& labels) { return {labels.begin(), labels.end()}; }

bool is_our_name(std::string_view name) {
  return name.starts_with("gantry_") &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

}  // namespace

void Counter::add(double count) const { metric_->Increment(count); }
void Gauge::set(double value) const { metric_->Set(value); }
void Gauge::add(double difference) const { metric_->Increment(difference); }
void Histogram::observe(double value) const { metric_->Observe(value); }

Counter CounterFamily::with(const Labels& labels) const {
  return Counter(family_->Add(to_map(labels)));
}
Gauge GaugeFamily::with(const Labels& labels) const { return Gauge(family_->Add(to_map(labels))); }
Histogram HistogramFamily::with(const Labels& labels) const {
  return Histogram(family_->Add(to_map(labels), bounds_));
}

struct Metrics::Impl {
  struct Collector {
    std::string help;
    prometheus::MetricType type;
    std::function<std::vector<Sample>()> read;
  };

  /// Holds that a name keeps its kind and help.
  void claim(const std::string& name, const std::string& help, char kind) {
    GANTRY_ASSERT(is_our_name(name));
    GANTRY_ASSERT(!help.empty());
    GANTRY_ASSERT((kind == 'c' || kind == 'C') == name.ends_with("_total"));
    const std::lock_guard lock(mutex);
    const auto [at, fresh] = known.try_emplace(name, help, kind);
    GANTRY_ASSERT(fresh || at->second == std::make_pair(help, kind));
  }

  void collect(const std::string& name, Collector collector) {
    const std::lock_guard lock(mutex);
    collectors[name] = std::move(collector);
  }

  // Merge gives the same family for the same name; the default would throw on the second call.
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  mutable std::mutex mutex;
  std::map<std::string, std::pair<std::string, char>> known;
  std::map<std::string, Collector> collectors;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

CounterFamily Metrics::counter(const std::string& name, const std::string& help) {
  impl_->claim(name, help, 'c');
  return CounterFamily(prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry));
}

GaugeFamily Metrics::gauge(const std::string& name, const std::string& help) {
  impl_->claim(name, help, 'g');
  return GaugeFamily(prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry));
}

HistogramFamily Metrics::histogram(const std::string& name, const std::string& help,
                                   std::vector<double> bounds) {
  impl_->claim(name, help, 'h');
  return HistogramFamily(
      prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry),
      std::move(bounds));
}

void Metrics::collect(const std::string& name, const std::string& help,
                      std::function<std::vector<Sample>()> read) {
  impl_->claim(name, help, 'G');
  impl_->collect(name, {help, prometheus::MetricType::Gauge, std::move(read)});
}

void Metrics::collect_counter(const std::string& name, const std::string& help,
                              std::function<std::vector<Sample>()> read) {
  impl_->claim(name, help, 'C');
  impl_->collect(name, {help, prometheus::MetricType::Counter, std::move(read)});
}

std::string Metrics::render() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [name, collector] : impl_->collectors) {
      prometheus::MetricFamily family{name, collector.help, collector.type, {}};
      for (const Sample& sample : collector.read()) {
        prometheus::ClientMetric metric;
        for (const auto& [label, value] : sample.labels) metric.label.push_back({label, value});
        metric.gauge.value = sample.value;
        metric.counter.value = sample.value;
        family.metric.push_back(std::move(metric));
      }
      families.push_back(std::move(family));
    }
  }
  // A family without a series would be a HELP line about nothing.
  std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(families);
}

std::vector<double> Metrics::seconds_bounds() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

}  // namespace gantry::observe
