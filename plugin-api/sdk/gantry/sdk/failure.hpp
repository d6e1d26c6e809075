#pragma once

#include <gantry/abi.h>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "gantry/sdk/span.hpp"

namespace gantry::sdk {

/// What a failed call says of itself; the table in gantry/abi.h tells what the host does.
enum class Status : gantry_status {
  kConfig = GANTRY_CONFIG,
  kAuth = GANTRY_AUTH,
  kRateLimited = GANTRY_RATE_LIMITED,
  kTransient = GANTRY_TRANSIENT,
  kData = GANTRY_DATA,
  kBug = GANTRY_BUG,
  kCancelled = GANTRY_CANCELLED,
  kUnsupported = GANTRY_UNSUPPORTED,
  kEnd = GANTRY_END,
  kNotConnected = GANTRY_NOT_CONNECTED,
};

/// The way a connector says that a call failed: throw it; the SDK stops it at the plugin's edge
/// and hands status and texts to the host.
///
/// `message` is for the operator (what failed, what to do) and holds no secret and no payload;
/// `detail` is the vendor's own words.
class Failure : public std::exception {
 public:
  Failure(Status status, std::string message) : status_(status), message_(std::move(message)) {}

  Failure&& detail(std::string text) && {
    detail_ = std::move(text);
    return std::move(*this);
  }
  Failure&& code(std::string text) && {
    code_ = std::move(text);
    return std::move(*this);
  }
  /// JSON pointer to the configuration field at fault: "/signing_key".
  Failure&& pointer(std::string text) && {
    pointer_ = std::move(text);
    return std::move(*this);
  }
  Failure&& retry_after(std::chrono::nanoseconds wait) && {
    retry_after_ = wait;
    return std::move(*this);
  }

  Status status() const noexcept { return status_; }
  const char* what() const noexcept override { return message_.c_str(); }

  /// Borrows from this object.
  gantry_error abi() const noexcept {
    return {sizeof(gantry_error), 0,           retry_after_.count(), span(message_),
            span(detail_),        span(code_), span(pointer_)};
  }

 private:
  Status status_;
  std::string message_;
  std::string detail_;
  std::string code_;
  std::string pointer_;
  std::chrono::nanoseconds retry_after_{0};
};

}  // namespace gantry::sdk
