#include "host/app/service.hpp"

namespace gantry::app {
namespace {

using observe::Metrics;
using Samples = std::vector<Metrics::Sample>;

Samples one(double value) { return {{{}, value}}; }

template <class Number>
double number(const Number& value) {
  return static_cast<double>(value);
}

}  // namespace

void Service::add_metrics() {
  const auto& ingress = listener_->stats();
  const auto& http = listener_->http_counters();
  metrics_.collect(
      "gantry_ingress_requests", "Webhook requests by what became of them.", [&ingress, &http] {
        Samples samples{{{{"answer", "accepted"}}, number(ingress.accepted.load())},
                        {{{"answer", "duplicate"}}, number(ingress.duplicate.load())},
                        {{{"answer", "replied"}}, number(ingress.replied.load())},
                        {{{"answer", "unknown_source"}}, number(ingress.unknown_source.load())},
                        {{{"answer", "unavailable"}}, number(ingress.unavailable.load())},
                        {{{"answer", "too_large"}}, number(http.too_large.load())},
                        {{{"answer", "timed_out"}}, number(http.timed_out.load())},
                        {{{"answer", "malformed"}}, number(http.malformed.load())}};
        for (const auto& [reason, count] : ingress.rejected_by_reason()) {
          samples.push_back({{{"answer", "rejected"}, {"reason", reason}}, number(count)});
        }
        return samples;
      });
  metrics_.collect("gantry_ingress_connections", "Open connections of the webhook door.",
                   [&http] { return one(number(http.connections.load())); });
  metrics_.collect("gantry_inbox_pending", "Accepted deliveries whose workflow is not started.",
                   [this] { return one(number(inbox_->counts().pending)); });
  metrics_.collect("gantry_inbox_oldest_pending_seconds", "Age of the oldest of them.", [this] {
    return one(std::chrono::duration<double>(inbox_->counts().oldest_pending_age).count());
  });
  metrics_.collect("gantry_inbox_stored", "Deliveries stored since the start.",
                   [this] { return one(number(inbox_->counts().stored)); });
  metrics_.collect("gantry_inbox_syncs", "Group commits since the start.",
                   [this] { return one(number(inbox_->counts().syncs)); });
  metrics_.collect("gantry_store_breaker_open",
                   "1 while calls of a store are held back because it keeps failing.", [this] {
                     Samples samples;
                     for (const auto& name : stores_->names()) {
                       const bool open =
                           saga_->breaker(name) != stores::saga::BreakerState::kClosed;
                       samples.push_back({{{"store", name}}, open ? 1.0 : 0.0});
                     }
                     return samples;
                   });
  metrics_.collect("gantry_dead_letters", "Dead letters that wait for an operator.", [this] {
    const auto tally = stores_->dead_letters().tally({});
    Samples samples;
    if (!tally) return samples;
    for (const auto& one : *tally) {
      samples.push_back({{{"source", one.source}, {"kind", one.kind}}, number(one.count)});
    }
    return samples;
  });
  metrics_.collect("gantry_reconciler_differences",
                   "Open differences between inbox, workflows and stores, of the last round.",
                   [this] {
                     const auto count = reconciler_ ? reconciler_->differences() : std::nullopt;
                     return count ? one(number(*count)) : Samples{};
                   });
  metrics_.collect("gantry_staging_records", "Records on their way into the stores.", [this] {
    const auto count = stores_->staging().count({});
    return count ? one(number(*count)) : Samples{};
  });
  metrics_.collect("gantry_documents", "Documents that can be found.", [this] {
    // A scrape does not wait for a server that is away.
    stores::CallOptions limits;
    limits.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    const auto count = stores_->documents().count(limits);
    return count ? one(number(*count)) : Samples{};
  });
  metrics_.collect("gantry_plugins_refused", "Configured sources that were not loaded.",
                   [this] { return one(number(sources_->now()->refusals().size())); });
  metrics_.collect("gantry_source_state", "1 for the state that each source is in.", [this] {
    const auto sources = sources_->now();
    const auto flows = this->flows();
    const SourceFacts facts{.sources = *sources,
                            .flows = flows ? flows->views() : std::vector<FlowView>{}};
    Samples samples;
    for (const auto& source : sources->configured()) {
      samples.push_back(
          {{{"source", source.id}, {"state", std::string(state_of(facts, source))}}, 1});
    }
    return samples;
  });
  metrics_.collect("gantry_temporal_serving", "1 while the worker polls Temporal.",
                   [this] { return one(link_->state() == TemporalLink::State::kServing ? 1 : 0); });
}

}  // namespace gantry::app
