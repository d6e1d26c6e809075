/// The Front connector's entry: one source per Front application or rule webhook.

#include <gantry/sdk/entry.hpp>
#include <gantry/sdk/secret_check.hpp>

#include "event.hpp"
#include "map.hpp"
#include "settings.hpp"
#include "verify.hpp"

namespace gantry::frontapp {

class FrontSource {
 public:
  explicit FrontSource(const sdk::Setup& setup)
      : host_(setup.host), settings_(read_settings(setup.config)) {}

  sdk::Verdict verify(const sdk::Request& request) const {
    return frontapp::verify(host_, settings_, request);
  }

  void parse(const sdk::Request& request, sdk::Sink& sink) const {
    const Envelope envelope = read_envelope(request.body());
    if (envelope.event.is_null()) return;  // A sync: the address was validated, nothing happened.
    const auto hash = host_.digest(sdk::Hash::kSha256, {request.body()});
    for (const auto& record : map_event(envelope, request.body(), sdk::to_hex(hash.view()))) {
      if (!sink.emit(record)) return;
    }
  }

  std::vector<std::pair<std::string, std::string>> sign(const sdk::Request& request) const {
    return frontapp::sign(host_, settings_, request);
  }

  void check(sdk::Report& report) const {
    if (settings_.has_signing_key) sdk::check_secret_values(host_, kSigningKey, report);
    if (settings_.has_rule_secret) sdk::check_secret_values(host_, kRuleSecret, report);
  }

 private:
  const sdk::Host host_;
  const Settings settings_;
};

}  // namespace gantry::frontapp

GANTRY_PLUGIN(gantry::frontapp::FrontSource);
