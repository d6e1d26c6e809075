// What of the service is about numbers by source that somebody else keeps (source_metrics.hpp
// counts the rest).

#include <algorithm>

#include "host/app/service.hpp"
#include "host/base/time.hpp"

namespace gantry::app {
namespace {

using observe::Metrics;
using Samples = std::vector<Metrics::Sample>;

template <class Number>
double number(const Number& value) {
  return static_cast<double>(value);
}

double timestamp(Instant at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

/// When the flow last got an answer of its vendor; nothing before its first.
std::optional<Instant> last_success(const std::vector<FlowView>& views, const Flow& flow) {
  const auto view = std::ranges::find(views, flow, &FlowView::flow);
  if (view == views.end() || !view->stats) return std::nullopt;
  const auto at = parse_rfc3339(view->stats->last_success);
  return at ? std::optional<Instant>(*at) : std::nullopt;
}

}  // namespace

void Service::add_source_metrics() {
  const auto& ingress = listener_->stats();
  const auto& http = listener_->http_counters();
  metrics_.collect_counter(
      "gantry_ingress_requests_total", "Webhook requests by source and what became of them.",
      [this, &ingress] {
        auto counts = ingress.by_source();
        const auto sources = sources_->now();
        for (const auto& source : sources->configured()) {  // 0 before the first request
          if (sources_->find(source.id) != nullptr) counts[source.id];
        }
        Samples samples;
        for (const auto& [source, count] : counts) {
          for (const auto& [outcome, value] : {std::pair{"accepted", count.accepted},
                                               {"duplicate", count.duplicate},
                                               {"rejected", count.rejected},
                                               {"replied", count.replied},
                                               {"unavailable", count.unavailable}}) {
            samples.push_back({{{"source", source}, {"outcome", outcome}}, number(value)});
          }
        }
        return samples;
      });
  metrics_.collect_counter(
      "gantry_ingress_refused_total",
      "Requests that were refused before any source saw them, by reason.", [&ingress, &http] {
        return Samples{{{{"reason", "unknown_source"}}, number(ingress.unknown_source.load())},
                       {{{"reason", "too_large"}}, number(http.too_large.load())},
                       {{{"reason", "timed_out"}}, number(http.timed_out.load())},
                       {{{"reason", "malformed"}}, number(http.malformed.load())},
                       {{{"reason", "overloaded"}}, number(http.overloaded.load())}};
      });
  metrics_.collect_counter("gantry_ingress_rejections_total",
                           "Requests that were answered 401, by the connector's reason.",
                           [&ingress] {
                             Samples samples;
                             for (const auto& [reason, count] : ingress.rejected_by_reason()) {
                               samples.push_back({{{"reason", reason}}, number(count)});
                             }
                             return samples;
                           });
  metrics_.collect("gantry_ingress_connections", "Open connections of the webhook door.",
                   [&http] { return Samples{{{}, number(http.connections.load())}}; });

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
  metrics_.collect(
      "gantry_source_expected_interval_seconds", "source.expected_every of sources that have it.",
      [this] {
        const auto sources = sources_->now();
        Samples samples;
        for (const auto& source : sources->configured()) {
          if (!source.enabled || source.expected_every.count() == 0) continue;
          samples.push_back({{{"source", source.id}},
                             std::chrono::duration<double>(source.expected_every).count()});
        }
        return samples;
      });
  metrics_.collect(
      "gantry_poll_interval_seconds", "source.poll_interval of sources that poll.", [this] {
        Samples samples;
        for (const auto& [flow, settings] : plan_of(*sources_->now(), placement())) {
          if (flow.kind != Flow::Kind::kPolling) continue;
          samples.push_back({{{"source", flow.source}},
                             std::chrono::duration<double>(settings.interval).count()});
        }
        return samples;
      });
  const auto answered = [this](Flow::Kind kind) {
    return [this, kind] {
      const auto flows = this->flows();
      const auto views = flows ? flows->views() : std::vector<FlowView>{};
      Samples samples;
      for (const auto& [flow, settings] : plan_of(*sources_->now(), placement())) {
        if (flow.kind != kind) continue;
        samples.push_back(
            {{{"source", flow.source}}, timestamp(last_success(views, flow).value_or(began_))});
      }
      return samples;
    };
  };
  metrics_.collect("gantry_poll_last_success_timestamp_seconds",
                   "When a poll of the source last ended well; the host's start before that.",
                   answered(Flow::Kind::kPolling));
  metrics_.collect("gantry_stream_last_success_timestamp_seconds",
                   "When a collection from the source's stream last ended well, with records or "
                   "without; the host's start before that.",
                   answered(Flow::Kind::kStreaming));

  metrics_.collect(
      "gantry_dead_letters", "Dead letters that wait for an operator, by source and kind.", [this] {
        const auto tally = stores_->dead_letters().tally({});
        if (!tally) return Samples{};
        std::map<std::pair<std::string, std::string>, std::size_t> counts;
        const auto sources = sources_->now();
        for (const auto& source : sources->configured()) {
          for (const char* kind : {"delivery", "part", "record", "undo"}) {
            counts[{source.id, kind}];
          }
        }
        for (const auto& one : *tally) counts[{one.source, one.kind}] = one.count;
        Samples samples;
        for (const auto& [key, count] : counts) {
          samples.push_back({{{"source", key.first}, {"kind", key.second}}, number(count)});
        }
        return samples;
      });
}

}  // namespace gantry::app
