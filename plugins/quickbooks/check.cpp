#include "check.hpp"

#include <gantry/sdk/secret_check.hpp>

#include "fault.hpp"

namespace gantry::quickbooks {

void check(const sdk::Host& host, const Settings& settings, const Client& client,
           const Tokens& tokens, sdk::Report& report) {
  sdk::check_secret_values(host, kClientSecret, report);
  sdk::check_secret_values(host, kRefreshToken, report);
  if (host.secret_count(kVerifierToken) > 0) {
    sdk::check_secret_values(host, kVerifierToken, report);
  } else {
    report.warn("no verifier_token: webhooks are refused",
                "set it if Intuit shall post here; polling works without");
  }
  const std::string token = tokens.peek();
  if (token.empty()) {
    report.warn("no access token yet: the company was not asked",
                "a check may not spend the refresh token; the first poll gets one, check then");
    return;
  }
  try {
    const Answer answer = client.company(report.call(), token);
    const auto name = answer.json["CompanyInfo"]["CompanyName"].text();
    report.pass("company " + (name.empty() ? settings.realm_id : std::string(name)));
  } catch (const sdk::Failure& failure) {
    if (failure.status() == sdk::Status::kCancelled) throw;
    report.fail(failure.what(), code_of(failure) == "401"
                                    ? "the next poll refreshes the access token; check again then"
                                    : "is the API's host in egress and reachable?");
  }
}

}  // namespace gantry::quickbooks
