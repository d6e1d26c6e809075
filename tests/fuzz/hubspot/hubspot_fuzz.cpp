/// Any bytes as a webhook's body and headers, as every answer of the API and as a cursor of the
/// HubSpot connector.

#include <nlohmann/json.hpp>

#include "host/base/assert.hpp"
#include "tests/unit/hubspot/samples.hpp"

namespace gantry::hubspot {
namespace {

void check_output(const test::Output& output) {
  for (const auto& record : output.records) {
    GANTRY_ASSERT(!record.kind.empty() && !record.key.empty());
    GANTRY_ASSERT(!record.raw.empty() && record.version >= 0);
    GANTRY_ASSERT(nlohmann::json::parse(record.metadata).is_object());
    GANTRY_ASSERT(record.participants.empty() ||
                  nlohmann::json::parse(record.participants).is_array());
  }
}

void try_webhook(const test::Source& source, std::string_view body) {
  const test::Request good = signed_v1(body);
  const auto verdict = source.verify(good);
  GANTRY_ASSERT(verdict.status == GANTRY_OK && verdict.decision == GANTRY_VERDICT_ACCEPT);
  GANTRY_ASSERT(verdict.delivery_id.empty() || verdict.delivery_id.size() == 64);
  const auto output = source.parse(good);
  GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_DATA);
  check_output(output);
  test::Request bad = signed_v3(kDealChange);
  header(bad, "X-HubSpot-Signature-v3") = body;
  GANTRY_ASSERT(source.verify(bad).decision == GANTRY_VERDICT_REJECT);
}

/// The bytes are every answer; a page that never ends must still move on.
void try_api(const test::Source& source, std::string_view body) {
  int calls = 0;
  plugin().world().http = [&](const test::HttpExchange&) {
    test::HttpAnswer out;
    out.body = body;
    if (++calls > 50) out.http_status = 503;
    return out;
  };
  const auto output = source.poll("");
  GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_TRANSIENT);
  check_output(output);
  calls = 0;
  check_output(source.parse(request(kDealChange)));
  calls = 0;
  const auto resumed = source.poll(body);
  GANTRY_ASSERT(resumed.status == GANTRY_OK || resumed.status == GANTRY_TRANSIENT ||
                resumed.status == GANTRY_DATA);
}

}  // namespace
}  // namespace gantry::hubspot

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gantry::hubspot;
  static gantry::test::Plugin& loaded = plugin();
  static const gantry::test::Source webhooks(loaded, kWebhooks);
  static const gantry::test::Source api(
      loaded,
      R"({"access_token":"env:T","api_url":"https://hubspot.example","objects":["contacts","emails"]})");
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  plugin();  // The clock and the secrets as they were.
  try_webhook(webhooks, bytes);
  try_api(api, bytes);
  return 0;
}
