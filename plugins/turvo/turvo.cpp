/// The Turvo connector's entry: one source per tenant.

#include <gantry/sdk/entry.hpp>

#include "api.hpp"
#include "check.hpp"
#include "event.hpp"
#include "map.hpp"
#include "poll.hpp"
#include "settings.hpp"

namespace gantry::turvo {

class TurvoSource {
 public:
  explicit TurvoSource(const sdk::Setup& setup)
      : host_(setup.host), settings_(setup.config), api_(host_, settings_) {}

  sdk::Verdict verify(const sdk::Request& request) const {
    if (auto no = settings_.scheme.check(host_, request)) return sdk::Verdict::reject(*no);
    return sdk::Verdict::accept(peek_event(request.body()).delivery_id(host_));
  }

  void parse(const sdk::Request& request, sdk::Sink& sink) const {
    const sdk::Record event = map_event(host_, request.body());
    if (!sink.emit(event) || !settings_.hydrate) return;
    const std::string shipment = shipment_of(peek_event(request.body()));
    if (shipment.empty()) return;
    const sdk::Json row = api_.shipment(sink.call(), shipment);
    if (row.is_null()) {  // Deleted since; the event is all there is.
      host_.log(sdk::LogLevel::kInfo, "shipment_not_found", {{"shipment", shipment}});
      return;
    }
    OwnedRecord record = map_row("shipment", row);
    sink.emit(record.view());
  }

  bool poll(std::string_view cursor, sdk::Sink& sink) const {
    return turvo::poll(host_, settings_, api_, cursor, sink);
  }

  std::vector<std::pair<std::string, std::string>> sign(const sdk::Request& request) const {
    return settings_.scheme.sign(host_, request);
  }

  void check(sdk::Report& report) const { turvo::check(host_, settings_, api_, report); }

 private:
  const sdk::Host host_;
  const Settings settings_;
  const Api api_;
};

}  // namespace gantry::turvo

GANTRY_PLUGIN(gantry::turvo::TurvoSource);
