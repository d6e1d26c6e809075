#pragma once

#include <string>
#include <string_view>

#include "host/base/error.hpp"

namespace gantry::temporal {

/// Where payloads lie that are too large for a history: content-addressed and immutable.
/// [any-thread] [blocking]
class PayloadStore {
 public:
  virtual ~PayloadStore() = default;
  /// Durable once it returns. The key is the SHA-256 of `bytes` in lower-case hex.
  virtual Result<std::string> put(std::string_view bytes) = 0;
  /// kNotFound where it was never stored or has been swept. May return damaged bytes: the reader
  /// checks them against the key.
  virtual Result<std::string> get(std::string_view key) = 0;
};

}  // namespace gantry::temporal
