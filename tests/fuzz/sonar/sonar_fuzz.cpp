/// Any bytes as a webhook's body of each flavour, as a series' answer and as a cursor.

#include <nlohmann/json.hpp>

#include "host/base/assert.hpp"
#include "tests/unit/sonar/sonar_samples.hpp"

namespace gantry::sonar {
namespace {

void check_records(const test::Output& output) {
  for (const auto& record : output.records) {
    GANTRY_ASSERT(!record.kind.empty() && !record.key.empty() && record.key.size() <= 512);
    GANTRY_ASSERT(!record.raw.empty() && record.version >= 0);
    GANTRY_ASSERT(nlohmann::json::parse(record.metadata).is_object());
  }
}

void try_webhook(const test::Source& source, const test::Request& request) {
  const auto verdict = source.verify(request);
  GANTRY_ASSERT(verdict.status == GANTRY_OK && verdict.decision == GANTRY_VERDICT_ACCEPT);
  GANTRY_ASSERT(verdict.delivery_id.size() <= 256);
  const auto output = source.parse(request);
  GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_DATA);
  GANTRY_ASSERT((output.status == GANTRY_OK) == (output.records.size() == 1));
  check_records(output);
}

void try_poll(test::World& world, const test::Source& source, std::string_view bytes) {
  world.http = [&](const test::HttpExchange& exchange) {
    test::HttpAnswer answer;
    answer.body = exchange.method == "POST" ? R"({"token":"t"})" : std::string(bytes);
    return answer;
  };
  world.now_ns = kNow * kNs;
  const auto output = source.poll("");
  GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_TRANSIENT);
  check_records(output);
  for (const auto& cursor : output.checkpoints) {
    GANTRY_ASSERT(cursor.size() <= 64u << 10);
    const auto again = source.poll(cursor);  // The same answer: nothing is new.
    GANTRY_ASSERT(again.status == GANTRY_OK && again.records.empty());
  }
  const auto status = source.poll(bytes).status;
  GANTRY_ASSERT(status == GANTRY_OK || status == GANTRY_DATA || status == GANTRY_TRANSIENT);
  world.http = nullptr;
}

}  // namespace
}  // namespace gantry::sonar

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gantry::sonar;
  static gantry::test::Plugin& loaded = plugin();
  static const gantry::test::Source relayed(loaded, webhook_config("freightwaves"));
  static const gantry::test::Source software(loaded, webhook_config("sonar_software"));
  static const gantry::test::Source qube(loaded, webhook_config("sonarqube"));
  static const gantry::test::Source polled(
      loaded, api_config("https://x.example",
                         R"(,"series":["OTRI/ATL"],"alerts":[{"index":"OTRI","qualifier":"ATL",)"
                         R"("above":8,"clear":7}])"));
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_webhook(relayed, relay(bytes));
  try_webhook(software, request(bytes, {{"X-Signature", std::string(kSecret)}}));
  try_webhook(qube, sonarqube(bytes));
  try_poll(loaded.world(), polled, bytes);
  return 0;
}
