/// Any bytes as a webhook's body, as a list's answer and as a cursor.

#include <nlohmann/json.hpp>

#include "host/base/assert.hpp"
#include "tests/unit/turvo/turvo_samples.hpp"

namespace gantry::turvo {
namespace {

void check_records(const test::Output& output) {
  for (const auto& record : output.records) {
    GANTRY_ASSERT(!record.kind.empty() && !record.key.empty() && record.key.size() <= 512);
    GANTRY_ASSERT(!record.raw.empty() && record.version >= 0);
    GANTRY_ASSERT(nlohmann::json::parse(record.metadata).is_object());
    GANTRY_ASSERT(nlohmann::json::parse(record.participants).is_array());
  }
}

void try_body(const test::Source& source, std::string_view body) {
  const auto verdict = source.verify(with_token(body));
  GANTRY_ASSERT(verdict.decision == GANTRY_VERDICT_ACCEPT && verdict.delivery_id.size() <= 64);
  const auto output = source.parse(with_token(body));
  GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_DATA);
  GANTRY_ASSERT((output.status == GANTRY_OK) == (output.records.size() == 1));
  check_records(output);
}

void try_answer(test::World& world, const test::Source& source, std::string_view body) {
  int lists = 0;
  world.http = [&](const test::HttpExchange& exchange) {
    test::HttpAnswer answer;
    const bool login = exchange.method == "POST";
    // A list that always says "more" ends here.
    answer.body = login         ? R"({"access_token":"t","expires_in":60000})"
                  : ++lists > 3 ? R"({"Status":"SUCCESS","details":{"shipments":[]}})"
                                : std::string(body);
    return answer;
  };
  const auto output = source.poll("");
  GANTRY_ASSERT(output.status == GANTRY_OK || output.status == GANTRY_TRANSIENT);
  check_records(output);
  for (const auto& cursor : output.checkpoints) {
    GANTRY_ASSERT(cursor.size() <= 64u << 10);
    GANTRY_ASSERT(source.poll(cursor).status == GANTRY_OK);
  }
  lists = 4;
  const auto status = source.poll(body).status;
  GANTRY_ASSERT(status == GANTRY_OK || status == GANTRY_DATA);
  world.http = nullptr;
}

}  // namespace
}  // namespace gantry::turvo

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gantry::turvo;
  static gantry::test::Plugin& loaded = plugin();
  static const gantry::test::Source source(loaded, api_config("https://x.example"));
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_body(source, bytes);
  try_answer(loaded.world(), source, bytes);
  return 0;
}
