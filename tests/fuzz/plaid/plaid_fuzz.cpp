/// Any bytes as an answer of Plaid's, as a webhook, as its token and as our cursor.

#include <nlohmann/json.hpp>

#include "host/base/assert.hpp"
#include "tests/unit/plaid/plaid_samples.hpp"

namespace gantry::plaid {
namespace {

void check_records(const test::Output& output, std::string_view bytes) {
  for (const auto& record : output.records) {
    GANTRY_ASSERT(!record.kind.empty() && !record.key.empty());
    GANTRY_ASSERT(bytes.find(record.raw) != bytes.npos);
    GANTRY_ASSERT(nlohmann::json::parse(record.metadata).is_object());
    GANTRY_ASSERT(record.participants.empty() ||
                  nlohmann::json::parse(record.participants).is_array());
  }
}

/// An answer gives records and a cursor that the plugin reads again, or a failure without either.
void try_answer(const test::Source& source, test::World& world, std::string_view bytes) {
  world.http = [&, calls = 0](const test::HttpExchange&) mutable {
    test::HttpAnswer answer;
    answer.http_status = ++calls > 2 ? 500 : 200;
    answer.body = bytes;
    return answer;
  };
  const auto output = source.poll("");
  check_records(output, bytes);
  GANTRY_ASSERT(output.status != GANTRY_BUG);
  GANTRY_ASSERT(output.status == GANTRY_OK || output.records.empty());
  for (const auto& cursor : output.checkpoints) {
    GANTRY_ASSERT(cursor.size() <= 65536);
    GANTRY_ASSERT(source.poll(cursor).error.code != "CURSOR");
  }
}

void try_failure(const test::Source& source, test::World& world, std::string_view bytes) {
  world.http = [&](const test::HttpExchange&) {
    test::HttpAnswer answer;
    answer.http_status = 400;
    answer.body = bytes;
    return answer;
  };
  const auto output = source.poll("");
  world.now_ns += 1'000'000'000'000;
  GANTRY_ASSERT(output.status != GANTRY_OK && output.status != GANTRY_BUG);
}

void try_webhook(const test::Source& source, std::string_view bytes) {
  const auto output = source.parse(webhook(bytes, "t"));
  GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_DATA);
  check_records(output, bytes);
  GANTRY_ASSERT(source.verify(webhook(kWake, bytes)).decision == GANTRY_VERDICT_REJECT);
  const std::string dotted = base64url(bytes) + ".eyJpYXQiOjF9." + std::string(86, 'A');
  GANTRY_ASSERT(source.verify(webhook(kWake, dotted)).decision == GANTRY_VERDICT_REJECT);
}

}  // namespace
}  // namespace gantry::plaid

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gantry::plaid;
  static gantry::test::World& known = world();
  static const gantry::test::Source source(plugin(), kConfig);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_answer(source, known, bytes);
  try_failure(source, known, bytes);
  try_webhook(source, bytes);
  known.http = [](const gantry::test::HttpExchange&) {
    return failed("INTERNAL_SERVER_ERROR", "API_ERROR", "ill", 500);
  };
  const auto output = source.poll(bytes);
  GANTRY_ASSERT(output.status == GANTRY_TRANSIENT || output.error.code == "CURSOR");
  known.log.clear();
  return 0;
}
