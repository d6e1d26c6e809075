#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"

namespace gantry {

/// One HTTP request as it came in: exact bytes, headers in order with duplicates.
struct InboundRequest {
  std::string method;
  std::string target;  ///< Path and query as sent.
  std::string url;     ///< Public URL as the sender called it, if configured; else empty.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string remote;  ///< Sender's address.
  Instant received_at{};

  bool operator==(const InboundRequest&) const = default;
};

/// One accepted request, stored under (source, id) exactly once.
struct Delivery {
  std::string source;
  std::string id;
  InboundRequest request;

  bool operator==(const Delivery&) const = default;
};

/// Reads stored deliveries back; the inbox implements it, activities use it.
class DeliveryReader {
 public:
  virtual ~DeliveryReader() = default;
  /// kNotFound where it was never stored or its retention has passed. [any-thread]
  virtual Result<Delivery> load(std::string_view source, std::string_view delivery_id) const = 0;
};

/// A delivery's way after it was accepted, as far as activities move it.
class DeliveryLedger : public DeliveryReader {
 public:
  /// Its records are durable in the staging store. Idempotent. [blocking]
  virtual Result<void> mark_done(std::string_view source, std::string_view delivery_id) = 0;
  /// It was given up on; `reason` is shown to operators. Idempotent. [blocking]
  virtual Result<void> mark_dead(std::string_view source, std::string_view delivery_id,
                                 std::string_view reason) = 0;
};

/// What came of a start.
enum class Start {
  kDone,   ///< The work is durable elsewhere, or done.
  kLater,  ///< Not yet, for a reason of this delivery's own: those behind it go on.
};

/// Starts the durable work of one delivery, or does it; the dispatcher uses it. Must be idempotent:
/// the same delivery twice starts one workflow.
class DeliveryStarter {
 public:
  virtual ~DeliveryStarter() = default;
  /// Returns once the start is durable. kUnavailable while the engine is away. [blocking]
  virtual Result<Start> start(std::string_view source, std::string_view delivery_id) = 0;
};

}  // namespace gantry
