#include "check.hpp"

#include <gantry/sdk/secret_check.hpp>

#include "errors.hpp"

namespace gantry::plaid {
namespace {

void check_item(const Item& item, const Client& client, sdk::Report& report) {
  const std::string name = "item " + item.id;
  const sdk::Json answer = client.item(report.call(), item);
  const sdk::Json& state = answer["item"];
  if (const auto code = state["error"]["error_code"].text(); !code.empty()) {
    report.fail(name + ": " + std::string(code),
                "the user must act: open Link in update mode for this item");
    return;
  }
  if (const auto id = state["item_id"].text(); !item.item_id.empty() && id != item.item_id) {
    report.fail(name + ": the access token belongs to another item",
                "compare item_id with Plaid's: " + std::string(id));
    return;
  }
  if (const auto until = state["consent_expiration_time"].text(); !until.empty()) {
    report.warn(name + ": the consent ends at " + std::string(until),
                "have the user renew it in Link before that");
    return;
  }
  report.pass(name);
}

}  // namespace

void check(const sdk::Host& host, const Settings& settings, const Client& client,
           sdk::Report& report) {
  sdk::check_secret_values(host, kSecret, report);
  for (const Item& item : settings.items) {
    try {
      check_item(item, client, report);
    } catch (const sdk::Failure& failure) {
      if (failure.status() == sdk::Status::kCancelled) throw;
      const bool passes = failure.status() == sdk::Status::kTransient ||
                          failure.status() == sdk::Status::kRateLimited;
      const std::string remedy = passes
                                     ? "try again later; is the API's host in egress and reachable?"
                                     : "see docs of the code " + std::string(code_of(failure)) +
                                           " at plaid.com/docs/errors";
      report.fail(failure.what(), remedy);
      if (concerns_everybody(code_of(failure))) return;
    }
  }
}

}  // namespace gantry::plaid
