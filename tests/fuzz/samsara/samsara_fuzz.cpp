/// Any bytes as a webhook's body, as a page of a feed and as a cursor of the Samsara connector.

#include <nlohmann/json.hpp>

#include "host/base/assert.hpp"
#include "tests/unit/samsara/samples.hpp"

namespace gantry::samsara {
namespace {

void check_record(const test::Record& record) {
  GANTRY_ASSERT(!record.kind.empty() && !record.key.empty() && record.key.size() <= 512);
  GANTRY_ASSERT(!record.raw.empty());
  GANTRY_ASSERT(nlohmann::json::parse(record.metadata).is_object());
  GANTRY_ASSERT(nlohmann::json::parse(record.participants).is_array());
  GANTRY_ASSERT(record.version >= 0);
}

void try_webhook(const test::Source& source, std::string_view body) {
  const test::Request request = webhook(body);
  const auto verdict = source.verify(request);
  GANTRY_ASSERT(verdict.status == GANTRY_OK && verdict.decision == GANTRY_VERDICT_ACCEPT);
  GANTRY_ASSERT(verdict.delivery_id.size() <= 256);
  const auto output = source.parse(request);
  GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_DATA);
  for (const auto& record : output.records) check_record(record);
}

/// The bytes are every answer: the feed's, the history's, after a restart again.
void try_feed(const test::Source& source, std::string_view body) {
  test::World& world = plugin().world();
  world.http = [body](const test::HttpExchange&) {
    test::HttpAnswer answer;
    answer.body = body;
    return answer;
  };
  std::string cursor;
  for (int round = 0; round < 3; ++round) {
    const test::Feed feed(source, cursor);
    GANTRY_ASSERT(feed.status == GANTRY_OK);
    const auto output = feed.next(10'000);
    GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_TRANSIENT);
    GANTRY_ASSERT((output.status == GANTRY_OK) == (output.checkpoints.size() == 1));
    for (const auto& record : output.records) check_record(record);
    if (output.status != GANTRY_OK) return;
    cursor = output.checkpoints[0];
    world.now_ns += 400 * kSecondNs;
  }
}

}  // namespace
}  // namespace gantry::samsara

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gantry::samsara;
  static gantry::test::Plugin& loaded = plugin();
  static const gantry::test::Source webhooks(loaded, kConfig);
  static const gantry::test::Source feeds(
      loaded,
      R"({"api_token":"env:T","api_url":"https://samsara.example","feeds":["vehicle_stats","asset_location","route_events"]})");
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  plugin();  // The clock and the secrets as they were.
  try_webhook(webhooks, bytes);
  try_feed(feeds, bytes);
  const gantry::test::Feed feed(feeds, bytes);
  GANTRY_ASSERT(feed.status == GANTRY_OK || feed.status == GANTRY_DATA);
  return 0;
}
