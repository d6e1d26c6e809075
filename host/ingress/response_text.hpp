#pragma once

#include <string>

#include "host/base/clock.hpp"
#include "host/ingress/exchange.hpp"

namespace gantry::ingress {

/// Writes `response` as HTTP/1.1 into `out`, replacing what is there. `with_body` is false for
/// HEAD: the length is told, the bytes are not. Line breaks in header values become spaces.
/// [any-thread]
void write_response(std::string& out, const Response& response, bool keep_alive, bool with_body,
                    Instant now);

}  // namespace gantry::ingress
