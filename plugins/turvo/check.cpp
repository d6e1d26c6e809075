#include "check.hpp"

#include <gantry/sdk/secret_check.hpp>

namespace gantry::turvo {
namespace {

std::string remedy_for(const sdk::Failure& failure, const Settings& settings) {
  switch (failure.status()) {
    case sdk::Status::kAuth:
      return "compare api_key, client_id, client_secret, username and password with Turvo's "
             "settings page; wait 15 minutes between tries, or the account is locked";
    case sdk::Status::kConfig:
      return "put the host of base_url (" + settings.base_url +
             ") on the source's egress list; see paths, list_query and updated_since";
    case sdk::Status::kRateLimited:
      return "wait, and poll less often";
    default:
      return "see whether this machine reaches " + settings.base_url;
  }
}

}  // namespace

void check(const sdk::Host& host, const Settings& settings, const Api& api, sdk::Report& report) {
  if (settings.has_webhook) sdk::check_secret_values(host, kWebhookSecret, report);
  if (!settings.has_api) return;
  bool complete = true;
  for (const auto name : {kApiKey, kClientSecret, kPassword}) {
    sdk::check_secret_values(host, name, report, 4);
    complete = complete && host.secret_count(name) != 0;
  }
  if (!complete) return;
  try {
    api.list(report.call(), settings.resources.front(), 0, 1, 0);
    report.pass("Turvo answers: list " + settings.resources.front().name);
  } catch (const sdk::Failure& failure) {
    report.fail(failure.what(), remedy_for(failure, settings));
  }
}

}  // namespace gantry::turvo
