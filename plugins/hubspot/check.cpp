#include "check.hpp"

#include <gantry/sdk/secret_check.hpp>

namespace gantry::hubspot {
namespace {

using sdk::Failure;
using sdk::Report;
using sdk::Status;

/// False where asking for more would only say the same again.
bool explain(const std::string& what, const Failure& failure, Report& report) {
  const gantry_error error = failure.abi();
  const std::string_view code(error.code.data, error.code.size);
  if (failure.status() == Status::kAuth && code == "403") {
    report.fail(what + ": HTTP 403", "give the app the read scope of this object type");
    return true;
  }
  if (failure.status() == Status::kAuth) {
    report.fail(what + ": " + failure.what(),
                "create the token anew, or install the app again for a refresh token");
    return false;
  }
  if (failure.status() == Status::kConfig) {
    report.fail(what + ": not allowed to call HubSpot",
                "add the host of api_url to egress in the source's file");
    return false;
  }
  if (failure.status() == Status::kData) {
    report.fail(what + ": " + failure.what(), "check objects and properties");
    return true;
  }
  if (failure.status() == Status::kRateLimited) {
    report.warn(what + ": asked too often", "another app uses up the account's limit; try later");
    return true;
  }
  report.fail(what + ": no answer", "check network, proxy and api_url");
  return false;
}

}  // namespace

void check(const sdk::Host& host, const Settings& settings, const Api& api, Report& report) {
  if (settings.has_client_secret) sdk::check_secret_values(host, kClientSecret, report);
  if (settings.has_client_secret && !settings.accepts_v1 && settings.public_url.empty()) {
    report.warn("public_url is not set",
                "v2 and v3 sign the webhook's address: set it as it is entered in HubSpot");
  }
  if (settings.accepts_v1) {
    report.warn(
        "webhooks signed by v1 are accepted",
        "v1 has no time, so a recorded delivery stays valid: use v3 where the app sends it");
  }
  if (!settings.can_call()) return;
  sdk::check_secret_values(host, settings.has_oauth ? kRefreshToken : kAccessToken, report);
  for (const auto& name : settings.objects) {
    report.call().throw_if_cancelled();
    try {
      api.call(report.call(), "read " + name, "/crm/v3/objects/" + name + "?limit=1");
      report.pass(name);
    } catch (const Failure& failure) {
      if (failure.status() == Status::kCancelled) throw;
      if (!explain(name, failure, report)) return;
    }
  }
}

}  // namespace gantry::hubspot
