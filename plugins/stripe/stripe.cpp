/// The Stripe connector's entry: one source per webhook endpoint.

#include <gantry/sdk/entry.hpp>
#include <gantry/sdk/secret_check.hpp>

#include "map.hpp"
#include "settings.hpp"
#include "verify.hpp"

namespace gantry::stripe {

class StripeSource {
 public:
  explicit StripeSource(const sdk::Setup& setup)
      : host_(setup.host), settings_(read_settings(setup.config)) {}

  sdk::Verdict verify(const sdk::Request& request) const {
    return stripe::verify(host_, settings_, request);
  }

  void parse(const sdk::Request& request, sdk::Sink& sink) const {
    for (const auto& record : map_event(settings_, request.body())) {
      if (!sink.emit(record)) return;
    }
  }

  std::vector<std::pair<std::string, std::string>> sign(const sdk::Request& request) const {
    return stripe::sign(host_, request);
  }

  void check(sdk::Report& report) const {
    sdk::check_secret_values(host_, kSigningSecret, report);
    const std::uint64_t count = host_.secret_count(kSigningSecret);
    for (std::uint64_t i = 0; i < count; ++i) {
      const sdk::Secret secret = host_.secret(kSigningSecret, i);
      if (secret.view().starts_with("sk_") || secret.view().starts_with("rk_")) {
        report.fail("signing_secret is an API key",
                    "put the endpoint's signing secret, whsec_…; roll the key if it was shown");
      } else if (!secret.view().starts_with("whsec_")) {
        report.warn("signing_secret does not begin with whsec_",
                    "copy it from the endpoint's page in Stripe, whole");
      }
    }
  }

 private:
  const sdk::Host host_;
  const Settings settings_;
};

}  // namespace gantry::stripe

GANTRY_PLUGIN(gantry::stripe::StripeSource);
