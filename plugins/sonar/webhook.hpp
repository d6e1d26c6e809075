#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/record.hpp>
#include <gantry/sdk/webhook.hpp>

#include "settings.hpp"

namespace gantry::sonar {

/// SonarQube: hex HMAC-SHA256 of the body under the webhook's secret
/// (docs.sonarsource.com, Webhooks, "Securing your webhooks").
inline constexpr std::string_view kSonarQubeHeader = "X-Sonar-Webhook-HMAC-SHA256";

/// Decides over one request. The relay and sonar.software use the configured scheme; sonar.software
/// is answered exactly 200, because it posts again for four hours on anything else.
sdk::Verdict verify(const sdk::Host& host, const Settings& settings, const sdk::Request& request);

sdk::Headers sign(const sdk::Host& host, const Settings& settings, const sdk::Request& request);

/// The record of one webhook: market_alert, sonar_event or quality_gate. Borrows the body as raw.
/// Throws Failure(kData) where it is no JSON object.
sdk::Record map_webhook(const sdk::Host& host, const Settings& settings,
                        const sdk::Request& request);

}  // namespace gantry::sonar
