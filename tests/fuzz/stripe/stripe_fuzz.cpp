/// Any bytes as the body, and as the signature header, of a Stripe webhook.

#include <nlohmann/json.hpp>

#include "host/base/assert.hpp"
#include "tests/unit/stripe/stripe_samples.hpp"

namespace gantry::stripe {
namespace {

/// A well signed body is accepted or refused as thin; parse gives sound records or DATA.
void try_body(const test::Source& source, std::string_view body) {
  const test::Request request = signed_request(body);
  const auto verdict = source.verify(request);
  GANTRY_ASSERT(verdict.status == GANTRY_OK && verdict.decision != GANTRY_VERDICT_REJECT);
  GANTRY_ASSERT(verdict.delivery_id.size() <= 256);
  const auto output = source.parse(request);
  GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_DATA);
  GANTRY_ASSERT((output.status == GANTRY_OK) == !output.records.empty());
  for (const auto& record : output.records) {
    GANTRY_ASSERT(!record.kind.empty() && !record.key.empty() && record.key.size() <= 512);
    GANTRY_ASSERT(record.raw == body && record.version >= 0);
    GANTRY_ASSERT(nlohmann::json::parse(record.metadata).is_object());
    GANTRY_ASSERT(nlohmann::json::parse(record.participants).is_array());
  }
  // verify and parse read the id in two ways and must see the same one.
  if (output.records.empty()) return;
  const std::string id = nlohmann::json::parse(output.records[0].metadata).value("event_id", "");
  GANTRY_ASSERT(verdict.delivery_id == (id.size() <= 256 ? id : ""));
}

}  // namespace
}  // namespace gantry::stripe

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gantry::stripe;
  static const gantry::test::Source source(plugin(), kConfig);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_body(source, bytes);
  const auto verdict = source.verify(with_header(kSmall, std::string(bytes)));
  std::string lower(bytes);  // Hex is read in either case.
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c);
  GANTRY_ASSERT(verdict.decision == GANTRY_VERDICT_REJECT ||
                lower.find(kSmallV1) != std::string::npos);
  return 0;
}
