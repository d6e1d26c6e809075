#include "check.hpp"

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/secret_check.hpp>
#include <gantry/sdk/time.hpp>
#include <gantry/sdk/url.hpp>

namespace gantry::samsara {
namespace {

using sdk::Failure;
using sdk::Report;

void check_webhook_secret(const sdk::Host& host, Report& report) {
  sdk::check_secret_values(host, kWebhookSecret, report, 8);
  for (std::uint64_t i = 0; i < host.secret_count(kWebhookSecret); ++i) {
    const sdk::Secret secret = host.secret(kWebhookSecret, i);
    const auto key = sdk::from_base64(sdk::trim(secret.view()));
    if (!key || key->empty()) {
      report.fail("webhook_secret value " + std::to_string(i + 1) + " is not base64",
                  "copy the secret key that Samsara shows under Settings > Webhooks");
    }
  }
}

/// True where the answer is 200; else says what is wrong and what to do.
bool ask(const sdk::Host& host, Report& report, const std::string& what, const std::string& url,
         std::string& body) {
  sdk::HttpRequest request;
  request.url = url;
  {
    const sdk::Secret token = host.secret(kApiToken);
    request.headers = {{"Authorization", "Bearer " + std::string(token.view())}};
  }
  try {
    const auto response = host.http(report.call(), request);
    body = response.body;
    const std::string found = what + ": HTTP " + std::to_string(response.status);
    if (response.status == 200) return true;
    if (response.status == 401) {
      report.fail(found, "the token is refused: create one under Settings > API Tokens");
    } else if (response.status == 403) {
      report.fail(found, "the token lacks the scope that this needs: add it in Samsara");
    } else if (response.status == 400 || response.status == 404) {
      report.fail(found, "Samsara does not know this feed or its types: check the settings");
    } else {
      report.warn(found, "Samsara answers, but not well: try again later");
    }
  } catch (const Failure& failure) {
    if (failure.status() == sdk::Status::kConfig) {
      report.fail(what + ": not allowed to call " + url.substr(0, url.find('?')),
                  "add the host to egress in the source's file");
    } else {
      report.fail(what + ": no answer", "check network, proxy, region and api_url");
    }
  }
  return false;
}

}  // namespace

void check(const sdk::Host& host, const Settings& settings, Report& report) {
  if (settings.has_webhook_secret) check_webhook_secret(host, report);
  if (!settings.has_api_token) return;
  sdk::check_secret_values(host, kApiToken, report);
  if (host.secret_count(kApiToken) == 0) return;
  std::string body;
  if (!ask(host, report, "API token", settings.api_url + "/me", body)) return;
  try {
    const auto name = sdk::Json::parse(body)["data"]["name"];
    report.pass("API token of " + std::string(name.text()));
  } catch (const Failure&) {
    report.warn("API token: the answer is no JSON", "check region and api_url");
    return;
  }
  const std::string now = sdk::to_rfc3339(host.now_ns());
  for (const FeedKind* feed : settings.feeds) {
    report.call().throw_if_cancelled();
    std::string url = settings.api_url + std::string(feed->path);
    const std::string query = fixed_query(*feed, settings);
    if (!query.empty()) url += '?' + query;
    if (feed->from_start_time) url = sdk::with_query(std::move(url), {{"startTime", now}});
    if (ask(host, report, std::string(feed->name), url, body)) report.pass(feed->name);
  }
}

}  // namespace gantry::samsara
