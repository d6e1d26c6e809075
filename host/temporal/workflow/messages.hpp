#pragma once

#include "host/temporal/converter/trace_header.hpp"
#include "host/temporal/converter/wire.hpp"
#include "host/temporal/workflow/options.hpp"

/// What wire.hpp does not have: fields by name, and payloads moved out of a message that nobody
/// reads again. For the .cpp files that speak protobuf. [any-thread]
namespace gantry::temporal::workflow::detail {

using temporal::from_wire;
using temporal::to_wire;

inline Payload take_payload(::temporal::api::common::v1::Payload& message) {
  Payload payload;
  for (auto& [name, value] : *message.mutable_metadata()) {
    payload.metadata.emplace(name, std::move(value));
  }
  payload.data = std::move(*message.mutable_data());
  return payload;
}

template <class Map>
void to_wire(const Fields& fields, Map& message) {
  for (const auto& [name, payload] : fields) temporal::to_wire(payload, message[name]);
}

/// An absent argument is no argument, as other SDKs expect it.
template <class Repeated>
void put_argument(const Payload& argument, Repeated& message) {
  if (argument.encoding() != kEncodingNull) to_wire(argument, *message.Add());
}

/// A null header puts nothing.
template <class Map>
void put_trace(const Payload* header, Map& headers) {
  if (header != nullptr) temporal::to_wire(*header, headers[std::string(kTraceHeader)]);
}

template <class Map>
void take_fields(Map& message, Fields& fields) {
  for (auto& [name, payload] : message) fields[name] = take_payload(payload);
}

inline void to_wire(Instant at, google::protobuf::Timestamp& message) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
  message.set_seconds(whole.count());
  message.set_nanos(static_cast<std::int32_t>((at.time_since_epoch() - whole).count()));
}

}  // namespace gantry::temporal::workflow::detail
