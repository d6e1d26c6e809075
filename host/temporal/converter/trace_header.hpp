#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/observe/trace_context.hpp"
#include "host/temporal/converter/failure.hpp"
#include "host/temporal/converter/payload.hpp"

namespace gantry::temporal {

/// The header in which the OpenTelemetry interceptors of Temporal's Go, Python and TypeScript SDKs
/// carry a trace from a start to its workflow, and from there to activities and children:
/// `{"traceparent": …, "tracestate": …}` as json/plain.
inline constexpr std::string_view kTraceHeader = "_tracer-data";

/// [any-thread]
Payload trace_payload(const observe::TraceContext& context);
/// Empty where it is no trace context. [any-thread]
std::optional<observe::TraceContext> trace_of(const Payload& payload);

/// One word for what failed, the first in the chain that has one: "ValidationError". [any-thread]
std::string_view word_for(const Failure& failure) noexcept;

/// The context in a map of headers (std::map or protobuf's) by Payload or its message.
template <class Map, class Convert>
std::optional<observe::TraceContext> trace_in(const Map& headers, Convert convert) {
  const auto found = headers.find(std::string(kTraceHeader));
  if (found == headers.end()) return std::nullopt;
  return trace_of(convert(found->second));
}

}  // namespace gantry::temporal
