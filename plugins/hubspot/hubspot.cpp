/// The HubSpot connector's entry: one source per account.

#include <gantry/sdk/entry.hpp>

#include "api.hpp"
#include "check.hpp"
#include "poller.hpp"
#include "settings.hpp"
#include "verify.hpp"
#include "webhook.hpp"

namespace gantry::hubspot {

class HubspotSource {
 public:
  explicit HubspotSource(const sdk::Setup& setup)
      : host_(setup.host), settings_(read_settings(setup.config)), api_(host_, settings_) {}

  sdk::Verdict verify(const sdk::Request& request) const {
    return hubspot::verify(host_, settings_, request);
  }
  void parse(const sdk::Request& request, sdk::Sink& sink) const {
    parse_events(host_, settings_, api_, request.body(), sink);
  }
  sdk::Headers sign(const sdk::Request& request) const {
    return hubspot::sign(host_, settings_, request);
  }
  bool poll(std::string_view cursor, sdk::Sink& sink) const {
    if (settings_.objects.empty()) {
      throw sdk::Failure(sdk::Status::kUnsupported,
                         "no objects are polled: set access_token or OAuth, and objects");
    }
    return Poller(host_, settings_, api_).poll(cursor, sink);
  }
  void check(sdk::Report& report) const { hubspot::check(host_, settings_, api_, report); }

 private:
  const sdk::Host host_;
  const Settings settings_;
  const Api api_;
};

}  // namespace gantry::hubspot

GANTRY_PLUGIN(gantry::hubspot::HubspotSource);
