#include "host/plugins/abi/request.hpp"

#include "host/plugins/abi/span.hpp"

namespace gantry::plugins::abi {

Request::Request(const InboundRequest& request) {
  headers_.reserve(request.headers.size());
  for (const auto& [name, value] : request.headers) {
    headers_.push_back({span_of(name), span_of(value)});
  }
  native_.struct_size = sizeof native_;
  native_.header_count = static_cast<std::uint32_t>(headers_.size());
  native_.header_stride = sizeof(gantry_pair);
  native_.headers = headers_.data();
  native_.method = span_of(request.method);
  native_.target = span_of(request.target);
  native_.url = span_of(request.url);
  native_.body = span_of(request.body);
  native_.remote = span_of(request.remote);
  native_.received_at_ns = request.received_at.time_since_epoch().count();
}

}  // namespace gantry::plugins::abi
