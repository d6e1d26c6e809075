#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/error.hpp"

namespace gantry::observe {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

/// Names of the two headers, as every HTTP/1.1 sender writes them.
inline constexpr std::string_view kTraceparent = "traceparent";
inline constexpr std::string_view kTracestate = "tracestate";

/// A place in a trace, as W3C Trace Context carries it between processes
/// (https://www.w3.org/TR/trace-context/, section 3). [any-thread]
struct TraceContext {
  TraceId trace_id{};
  SpanId span_id{};
  bool sampled = false;
  std::string state = {};  ///< tracestate of other vendors, carried on as it came.

  bool operator==(const TraceContext&) const = default;

  /// kInvalid where the specification refuses it: wrong length or separator, upper case, version
  /// ff, ids of zeros. Versions above 00 are read as far as 00 goes. A `tracestate` that is wrong
  /// is left out, and the rest stands.
  static Result<TraceContext> parse(std::string_view traceparent, std::string_view tracestate = {});

  /// Version 00; of the flags only "sampled" is ours to say.
  std::string traceparent() const;
  std::string trace_hex() const;
  std::string span_hex() const;
};

/// An id of durable work: the same seed gives the same id on every host and after every restart,
/// so that all who need it agree without asking. Never zero. [any-thread]
TraceId derive_trace_id(std::string_view seed);
SpanId derive_span_id(std::string_view seed);
/// Ids of work that happens once. [any-thread]
TraceId random_trace_id();
SpanId random_span_id();

}  // namespace gantry::observe
