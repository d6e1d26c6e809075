#pragma once

// Only for sources of host/temporal: this header brings protobuf's.

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <temporal/api/common/v1/message.pb.h>
#include <temporal/api/failure/v1/message.pb.h>

#include <chrono>
#include <memory>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/durable.hpp"
#include "host/temporal/converter/failure.hpp"
#include "host/temporal/converter/payload.hpp"

namespace gantry::temporal {

/// Our values from and to Temporal's messages. Unknown kinds of failure become ServerFailure.
/// [any-thread]
void to_wire(const Payload& from, ::temporal::api::common::v1::Payload& to);
Payload from_wire(const ::temporal::api::common::v1::Payload& from);

template <class Repeated>
std::vector<Payload> payloads_from_wire(const Repeated& from) {
  std::vector<Payload> to;
  to.reserve(static_cast<std::size_t>(from.size()));
  for (const auto& payload : from) to.push_back(from_wire(payload));
  return to;
}

void to_wire(const std::vector<Payload>& from, ::temporal::api::common::v1::Payloads& to);

void to_wire(const Failure& from, ::temporal::api::failure::v1::Failure& to);
std::shared_ptr<const Failure> from_wire(const ::temporal::api::failure::v1::Failure& from);

void to_wire(std::chrono::milliseconds from, google::protobuf::Duration& to);
std::chrono::milliseconds from_wire(const google::protobuf::Duration& from);
Instant from_wire(const google::protobuf::Timestamp& from);

void to_wire(const RetryPolicy& from, ::temporal::api::common::v1::RetryPolicy& to);

}  // namespace gantry::temporal
