/// Any bytes as the body, and as the headers, of a Front webhook.

#include <nlohmann/json.hpp>

#include "host/base/assert.hpp"
#include "tests/unit/frontapp/front_samples.hpp"

namespace gantry::front {
namespace {

void check_record(const test::Record& record, std::string_view body) {
  GANTRY_ASSERT(!record.kind.empty() && !record.key.empty());
  GANTRY_ASSERT(record.raw == body);
  GANTRY_ASSERT(nlohmann::json::parse(record.metadata).is_object());
  GANTRY_ASSERT(nlohmann::json::parse(record.participants).is_array());
  GANTRY_ASSERT(record.version >= 0);
}

/// A well signed body is accepted whatever it holds; parse gives sound records or DATA.
void try_body(const test::Source& source, std::string_view body) {
  const test::Request request = rule(body);
  const auto verdict = source.verify(request);
  GANTRY_ASSERT(verdict.status == GANTRY_OK && verdict.decision == GANTRY_VERDICT_ACCEPT);
  GANTRY_ASSERT(verdict.delivery_id.size() <= 256);
  const auto output = source.parse(request);
  GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_DATA);
  GANTRY_ASSERT(output.status == GANTRY_OK || output.records.empty());
  for (const auto& record : output.records) check_record(record, body);
  if (output.records.empty()) return;
  // verify and parse read the body in two ways and must see the same event.
  const auto metadata = nlohmann::json::parse(output.records[0].metadata);
  const std::string event_id = metadata.value("event_id", "");
  GANTRY_ASSERT(verdict.delivery_id == (event_id.size() <= 256 ? event_id : ""));
}

/// Headers of any bytes are never accepted without the key.
void try_headers(const test::Source& source, std::string_view bytes) {
  test::Request request;
  request.body = kBodyF;
  request.received_at_ns = kNowMs * 1'000'000;
  const auto half = bytes.size() / 2;
  request.headers = {{"X-Front-Signature", std::string(bytes.substr(0, half))},
                     {"X-Front-Request-Timestamp", std::to_string(kNowMs)},
                     {"X-Front-Challenge", std::string(bytes.substr(half))}};
  const bool is_right = request.headers[0].second == kBodyFApplicationSignature;
  const auto decide = [&] { return source.verify(request).decision; };
  GANTRY_ASSERT(is_right || decide() == GANTRY_VERDICT_REJECT);
  request.headers[0].second = kBodyFApplicationSignature;
  decide();
  request.headers[1].second = bytes;
  request.headers.pop_back();
  GANTRY_ASSERT(decide() == GANTRY_VERDICT_REJECT || bytes.find("1767225600000") != bytes.npos);
}

}  // namespace
}  // namespace gantry::front

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gantry::front;
  static const gantry::test::Source source(plugin(), kConfig);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_body(source, bytes);
  try_headers(source, bytes);
  return 0;
}
