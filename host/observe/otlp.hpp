#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "host/observe/trace.hpp"

/// OTLP 1 as bytes: the requests and answers of the trace service
/// (https://opentelemetry.io/docs/specs/otlp/, opentelemetry-proto, trace.proto). [any-thread]
namespace gantry::observe::otlp {

/// Who made the spans.
struct Resource {
  std::string service = "gantry";  ///< service.name
  std::string version = {};        ///< service.version
  std::string instance = {};       ///< service.instance.id: this process among many.
  std::string host = {};           ///< host.name
};

/// A serialized ExportTraceServiceRequest. Text that is not UTF-8 is escaped.
std::string encode(const Resource& resource, std::span<const SpanRecord> spans);

/// What a collector refused of a request that it took, and why.
struct Rejected {
  std::uint64_t spans = 0;
  std::string reason = {};
};
/// Reads an ExportTraceServiceResponse; what is none rejects nothing.
Rejected rejected_by(std::string_view answer);

}  // namespace gantry::observe::otlp
