/// Any bytes as an answer of QuickBooks', as a token, as a webhook and as our cursor.

#include <nlohmann/json.hpp>

#include "host/base/assert.hpp"
#include "tests/unit/quickbooks/quickbooks_samples.hpp"

namespace gantry::quickbooks {
namespace {

void check_records(const test::Output& output) {
  GANTRY_ASSERT(output.status != GANTRY_BUG);
  for (const auto& record : output.records) {
    GANTRY_ASSERT(!record.kind.empty() && !record.key.empty());
    GANTRY_ASSERT(nlohmann::json::parse(record.metadata).is_object());
    GANTRY_ASSERT(record.participants.empty() ||
                  nlohmann::json::parse(record.participants).is_array());
  }
  for (const auto& cursor : output.checkpoints) GANTRY_ASSERT(cursor.size() <= 65536);
}

/// The first two answers are the bytes, what follows is an ill server: no loop is endless.
void answer_with(test::World& world, std::string_view bytes, std::uint32_t status) {
  world.http = [text = std::string(bytes), status, calls = 0](const test::HttpExchange&) mutable {
    return ++calls > 2 ? answer("", 500) : answer(text, status);
  };
}

void try_answer(const test::Source& source, test::World& world, std::string_view bytes) {
  for (const std::uint32_t status : {200u, 400u}) {
    answer_with(world, bytes, status);
    check_records(source.poll(R"({"v":1,"since":"2026-01-16T17:00:00Z"})"));
    answer_with(world, bytes, status);
    check_records(source.poll(""));
  }
}

void try_token(const test::Source& source, test::World& world, std::string_view bytes) {
  const auto kept = world.kv;
  world.kv.clear();
  answer_with(world, bytes, 200);
  GANTRY_ASSERT(source.poll("").status != GANTRY_BUG);
  world.kv = kept;
  world.secrets["/refresh_token"].resize(1);
}

void try_webhook(const test::Source& source, test::World& world, std::string_view bytes) {
  test::Request request;
  request.body = bytes;
  request.headers = {
      {"intuit-signature", to_base64(hmac_sha256("verifier-token-of-the-app", bytes))}};
  const auto verdict = source.verify(request);
  GANTRY_ASSERT(verdict.decision == GANTRY_VERDICT_ACCEPT && verdict.reply_status == 200);
  answer_with(world, bytes, 200);
  check_records(source.parse(request));
  request.headers[0].second = bytes;
  GANTRY_ASSERT(source.verify(request).decision == GANTRY_VERDICT_REJECT);
}

}  // namespace
}  // namespace gantry::quickbooks

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gantry::quickbooks;
  static gantry::test::World& known = world();
  static const gantry::test::Source source(plugin(), kConfig);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_answer(source, known, bytes);
  try_token(source, known, bytes);
  try_webhook(source, known, bytes);
  answer_with(known, "", 500);
  const auto output = source.poll(bytes);
  GANTRY_ASSERT(output.status == GANTRY_TRANSIENT || output.status == GANTRY_OK ||
                output.error.code == "CURSOR");
  known.log.clear();
  return 0;
}
