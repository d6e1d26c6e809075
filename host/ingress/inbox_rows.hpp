#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/contracts/delivery.hpp"
#include "host/ingress/inbox.hpp"
#include "host/observe/trace_context.hpp"

namespace gantry::ingress {

/// The rows of the inbox as bytes. Numbers are big-endian, so that keys sort by value; texts carry
/// a 32-bit length. Every reader checks its bounds: a damaged row is kInternal, never a crash.
///
///   keys     source NUL id       → sequence
///   bodies   sequence            → the request
///   pending  sequence            → WaitingRow, until the start is marked
///   states   sequence            → StateRow, once there is something to say

/// The unique key of a delivery; NUL cannot occur in a source's name.
std::string delivery_key(std::string_view source, std::string_view id);

std::string encode_sequence(std::uint64_t sequence);
/// 0, which is no sequence, for anything but eight bytes.
std::uint64_t decode_sequence(std::string_view bytes) noexcept;

std::string encode_request(const InboundRequest& request);
Result<InboundRequest> decode_request(std::string_view bytes);

struct WaitingRow {
  Instant received_at{};
  std::string key;
  /// Where its trace goes on. At the end of the row and absent without one, as in rows of before.
  std::optional<observe::TraceContext> trace = {};
};
std::string encode_waiting(const WaitingRow& row);
Result<WaitingRow> decode_waiting(std::string_view bytes);

struct StateRow {
  DeliveryStatus status;
  std::string key;
};
std::string encode_state(const StateRow& row);
Result<StateRow> decode_state(std::string_view bytes);

}  // namespace gantry::ingress
