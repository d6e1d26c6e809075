#pragma once

#include <gantry/webhook.h>

#include <vector>

#include "host/contracts/delivery.hpp"

namespace gantry::plugins::abi {

/// An InboundRequest as the plugin sees it; borrows from it for the call.
class Request {
 public:
  explicit Request(const InboundRequest& request);
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  const gantry_request* native() const noexcept { return &native_; }

 private:
  std::vector<gantry_pair> headers_;
  gantry_request native_{};
};

}  // namespace gantry::plugins::abi
