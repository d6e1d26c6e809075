#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "host/activities/intake.hpp"
#include "host/base/clock.hpp"
#include "host/contracts/delivery.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/plugins/source.hpp"
#include "host/stores/dead_letters.hpp"
#include "host/stores/staging.hpp"

namespace gantry::activities {

struct WebhookPorts {
  LeaseSource find_source;
  CallTimeout call_timeout;
  DeliveryLedger& ledger;
  stores::Staging& staging;
  stores::DeadLetters& dead_letters;
  /// A delivery was read: "parsed", or "dead_letter" where it or all of it was given up on. May be
  /// empty. [any-thread]
  std::function<void(std::string_view source, std::string_view outcome)> on_read = {};
};

/// Turns a stored delivery into staged records through its connector.
///
/// Input that the connector refuses (DATA) becomes a dead letter with the raw bytes, and the call
/// succeeds: trying again cannot help. Every other failure keeps the plugin's category, code and
/// retry-after. Repeating a call stages the same records again under the same keys. A call for a
/// dead letter resolves it where what it tells of could be read this time.
/// [any-thread] [blocking]
class WebhookParser {
 public:
  explicit WebhookParser(const WebhookPorts& ports) : ports_(ports) {}

  plugins::PluginResult<ParsedDelivery> parse(const WebhookIngestionInput& input,
                                              const plugins::CallScope& scope);

  /// Gives up on a delivery whose tries are used up: dead letter, marked in the inbox.
  Result<void> give_up(std::string_view source, std::string_view delivery_id,
                       std::string_view reason, std::string_view priority = "normal");

 private:
  plugins::PluginResult<ParsedDelivery> read(const WebhookIngestionInput& input,
                                             const plugins::CallScope& scope);
  void tell(std::string_view source, std::string_view outcome) const {
    if (ports_.on_read) ports_.on_read(source, outcome);
  }
  Result<void> bury_delivery(const Delivery& delivery, const Error& reason,
                             std::string_view priority);
  /// The id of the part's dead letter.
  Result<std::string> bury_part(const Delivery& delivery, const plugins::Rejected& part,
                                std::string_view priority);

  const WebhookPorts ports_;
};

}  // namespace gantry::activities
