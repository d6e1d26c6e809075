/// The Sonar connector's entry: one source per account, relay or server.

#include <gantry/sdk/entry.hpp>
#include <gantry/sdk/secret_check.hpp>

#include "api.hpp"
#include "poll.hpp"
#include "settings.hpp"
#include "webhook.hpp"

namespace gantry::sonar {

class SonarSource {
 public:
  explicit SonarSource(const sdk::Setup& setup)
      : host_(setup.host), settings_(setup.config), api_(host_, settings_) {}

  sdk::Verdict verify(const sdk::Request& request) const {
    return sonar::verify(host_, settings_, request);
  }
  void parse(const sdk::Request& request, sdk::Sink& sink) const {
    sink.emit(map_webhook(host_, settings_, request));
  }
  std::vector<std::pair<std::string, std::string>> sign(const sdk::Request& request) const {
    return sonar::sign(host_, settings_, request);
  }
  bool poll(std::string_view cursor, sdk::Sink& sink) const {
    return sonar::poll(host_, settings_, api_, cursor, sink);
  }

  /// Asks FreightWaves for its list of indexes, which costs nothing.
  void check(sdk::Report& report) const {
    if (settings_.has_webhook) sdk::check_secret_values(host_, kWebhookSecret, report);
    if (!settings_.has_api) return;
    sdk::check_secret_values(host_, kPassword, report, 4);
    if (host_.secret_count(kPassword) == 0) return;
    try {
      api_.look_up(report.call());
      report.pass("FreightWaves answers and takes the login");
    } catch (const sdk::Failure& failure) {
      report.fail(failure.what(), remedy_for(failure.status()));
    }
  }

 private:
  std::string remedy_for(sdk::Status status) const {
    if (status == sdk::Status::kAuth) {
      return "compare username and password with the FreightWaves account; wait 15 minutes "
             "between tries";
    }
    if (status == sdk::Status::kRateLimited) return "wait; then lower requests_per_minute";
    if (status == sdk::Status::kConfig) {
      return "put the host of base_url (" + settings_.base_url + ") on the source's egress list";
    }
    return "see whether this machine reaches " + settings_.base_url;
  }

  const sdk::Host host_;
  const Settings settings_;
  const Api api_;
};

}  // namespace gantry::sonar

GANTRY_PLUGIN(gantry::sonar::SonarSource);
