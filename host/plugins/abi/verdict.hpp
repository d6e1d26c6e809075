#pragma once

#include <gantry/webhook.h>

#include <string>

#include "host/base/error.hpp"
#include "host/plugins/source.hpp"

namespace gantry::plugins::abi {

/// Receives what verify decides. Without a decision it is a rejection. Lives for the call.
class VerdictReceiver {
 public:
  VerdictReceiver();
  VerdictReceiver(const VerdictReceiver&) = delete;
  VerdictReceiver& operator=(const VerdictReceiver&) = delete;

  gantry_verdict* native() noexcept { return &native_; }

  /// The verdict; kInternal where the plugin broke a rule: an unknown decision, a delivery id over
  /// 256 bytes or with control characters or not UTF-8, a reply that is no HTTP answer. `body`
  /// gives the delivery id where the plugin named none.
  Result<Verdict> take(std::string_view body);

 private:
  void decide(std::int32_t decision, const gantry_span& id, const gantry_span& reason);
  void reply(std::uint32_t status, const gantry_span& content_type, const gantry_span& body);

  gantry_verdict native_{};
  Verdict verdict_;
  std::string broken_;  ///< The rule that the plugin broke; empty for none.
};

}  // namespace gantry::plugins::abi
