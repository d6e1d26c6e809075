#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/temporal/converter/payload_store.hpp"

namespace google::protobuf {
class Message;
}

namespace gantry::temporal {

/// Keeps large payloads out of history: above the threshold a payload goes to a PayloadStore and
/// only its reference travels. Invisible to workflow and activity code.
///
/// A reference has the encoding `claim-check/v1`, no data, and in its metadata the SHA-256, the
/// size and the original encoding. Bytes that do not match their reference are never passed on.
/// Search attributes are left alone: the server indexes them. [any-thread] [blocking]
class ClaimCheck {
 public:
  static constexpr std::size_t kThreshold = 64 * 1024;
  static constexpr std::string_view kEncoding = "claim-check/v1";

  /// `store` outlives this.
  explicit ClaimCheck(PayloadStore& store, std::size_t threshold = kThreshold)
      : store_(store), threshold_(threshold) {}

  /// Moves every large payload of `message`, at any depth, into the store. On an error the message
  /// must not be sent.
  Result<void> deposit(google::protobuf::Message& message) const;
  /// Puts every referenced payload back. kUnavailable names the lost or damaged object.
  Result<void> redeem(google::protobuf::Message& message) const;

  /// What goes between the worker and Core, serialized.
  enum class Kind { kActivation, kCompletion };
  Result<std::string> deposit(Kind kind, std::string bytes) const;
  Result<std::string> redeem(Kind kind, std::string bytes) const;

  /// False where serialized `bytes` cannot hold a large payload, or a reference.
  bool may_deposit(std::size_t bytes) const noexcept { return bytes > threshold_; }
  static bool may_redeem(std::string_view bytes) noexcept {
    return bytes.find(kEncoding) != std::string_view::npos;
  }

 private:
  PayloadStore& store_;
  std::size_t threshold_;
};

}  // namespace gantry::temporal
