#pragma once

#include <string>

#include "host/base/error.hpp"
#include "host/observe/span_exporter.hpp"

namespace gantry::net {

/// Where spans go for an endpoint as configuration names it: "/v1/traces" is added to a URL without
/// a path, any other path stays (OTLP exporter specification, "Endpoint URLs for OTLP/HTTP").
std::string traces_url(const std::string& endpoint);

/// Sends to an OTLP collector over http/protobuf. Status codes as OTLP says: 429, 502, 503 and 504
/// are tried later, after Retry-After; any other refusal is one for good. The reasons name the
/// address and the remedy, gRPC's port 4317 above all. kInvalid where `endpoint` is no URL.
Result<observe::SendSpans> span_sender(const std::string& endpoint);

}  // namespace gantry::net
