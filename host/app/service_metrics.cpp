// What of the service is about numbers of the host as a whole. docs/metrics.md lists them all.

#include <sys/resource.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>

#include "host/app/service.hpp"

namespace gantry::app {
namespace {

using observe::Metrics;
using Samples = std::vector<Metrics::Sample>;
using stores::saga::BreakerState;

/// A scrape does not wait for a server that is away.
constexpr std::chrono::seconds kStorePatience{2};

Samples one(double value) { return {{{}, value}}; }

template <class Number>
double number(const Number& value) {
  return static_cast<double>(value);
}

double seconds(const timeval& time) { return number(time.tv_sec) + number(time.tv_usec) / 1e6; }

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  long size = 0, resident = 0;
  statm >> size >> resident;
  return number(resident) * number(sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

stores::CallOptions scrape_limits() {
  stores::CallOptions limits;
  limits.deadline = std::chrono::steady_clock::now() + kStorePatience;
  return limits;
}

}  // namespace

void Service::add_metrics() {
  metrics_.gauge("gantry_build_info", "1; its label is the version.")
      .with({{"version", GANTRY_VERSION}})
      .set(1);
  metrics_
      .gauge("gantry_start_timestamp_seconds", "When this host started; it changes on a restart.")
      .with()
      .set(std::chrono::duration<double>(began_.time_since_epoch()).count());
  metrics_.collect("gantry_resident_memory_bytes", "Memory of this process.",
                   [] { return one(resident_bytes()); });
  metrics_.collect_counter("gantry_cpu_seconds_total", "CPU time of this process.",
                           [] { return one(cpu_seconds()); });
  metrics_.collect("gantry_state_disk_free_bytes", "Free space where state_dir is.", [this] {
    std::error_code problem;
    const auto space = std::filesystem::space(config_.host.state_dir, problem);
    return problem ? Samples{} : one(number(space.available));
  });
  metrics_.collect("gantry_state_disk_size_bytes", "Size of the file system of state_dir.", [this] {
    std::error_code problem;
    const auto space = std::filesystem::space(config_.host.state_dir, problem);
    return problem ? Samples{} : one(number(space.capacity));
  });
  metrics_.collect("gantry_temporal_serving", "1 while the worker polls Temporal, which answers.",
                   [this] { return one(temporal_serves() ? 1 : 0); });

  metrics_.collect("gantry_inbox_pending", "Accepted deliveries whose workflow is not started.",
                   [this] { return one(number(inbox_->counts().pending)); });
  metrics_.collect("gantry_inbox_oldest_pending_seconds", "Age of the oldest of them.", [this] {
    return one(std::chrono::duration<double>(inbox_->counts().oldest_pending_age).count());
  });
  metrics_.collect_counter("gantry_inbox_stored_total", "Deliveries stored since the start.",
                           [this] { return one(number(inbox_->counts().stored)); });
  metrics_.collect_counter("gantry_inbox_syncs_total", "Group commits since the start.",
                           [this] { return one(number(inbox_->counts().syncs)); });
  metrics_.collect_counter("gantry_inbox_failures_total", "Commits that the disk refused.",
                           [this] { return one(number(inbox_->counts().failures)); });
  const auto dispatched = [this](auto read) {
    return [this, read] {
      const std::lock_guard lock(serving_mutex_);
      return one(number(read(dispatcher_ ? dispatcher_->counts() : ingress::DispatchCounts{})));
    };
  };
  using Counts = ingress::DispatchCounts;
  metrics_.collect_counter("gantry_dispatcher_started_total",
                           "Deliveries whose workflow was started.",
                           dispatched([](const Counts& counts) { return counts.started; }));
  metrics_.collect_counter("gantry_dispatcher_failures_total", "Starts that failed.",
                           dispatched([](const Counts& counts) { return counts.failed_attempts; }));
  metrics_.collect("gantry_dispatcher_in_flight", "Starts under way.",
                   dispatched([](const Counts& counts) { return counts.in_flight; }));
  metrics_.collect("gantry_dispatcher_paused",
                   "1 while Temporal is away and accepted deliveries wait.",
                   dispatched([](const Counts& counts) { return counts.paused; }));

  metrics_.collect(
      "gantry_store_breaker_state",
      "1 for the state of the breaker before each store: closed, half-open, or open "
      "while calls are held back because the store keeps failing.",
      [this] {
        Samples samples;
        for (const auto& name : stores_->names()) {
          for (const auto state :
               {BreakerState::kClosed, BreakerState::kHalfOpen, BreakerState::kOpen}) {
            samples.push_back({{{"store", name}, {"state", std::string(to_string(state))}},
                               saga_->breaker(name) == state ? 1.0 : 0.0});
          }
        }
        return samples;
      });
  metrics_.collect("gantry_reconciler_differences",
                   "Open differences between inbox, workflows and stores, of the last round.",
                   [this] {
                     const auto count = reconciler_ ? reconciler_->differences() : std::nullopt;
                     return count ? one(number(*count)) : Samples{};
                   });
  metrics_.collect("gantry_tracing_spans", "Spans of this host by what became of them.", [this] {
    const auto counts = tracing_ ? tracing_->counts() : observe::SpanCounts{};
    return Samples{{{{"state", "exported"}}, number(counts.exported)},
                   {{{"state", "dropped"}}, number(counts.dropped)},
                   {{{"state", "waiting"}}, number(counts.waiting)}};
  });
  metrics_.collect("gantry_staging_records", "Records on their way into the stores.", [this] {
    const auto count = stores_->staging().count({});
    return count ? one(number(*count)) : Samples{};
  });
  metrics_.collect("gantry_documents", "Documents that can be found.", [this] {
    const auto count = stores_->documents().count(scrape_limits());
    return count ? one(number(*count)) : Samples{};
  });
  metrics_.collect("gantry_plugins_refused", "Configured sources that were not loaded.",
                   [this] { return one(number(sources_->now()->refusals().size())); });
}

}  // namespace gantry::app
