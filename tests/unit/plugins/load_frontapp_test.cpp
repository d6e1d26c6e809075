// The Front connector through the loader: what its authors built is what this host accepts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/plugins/inspect.hpp"
#include "tests/unit/plugins/fixture.hpp"

namespace gantry::plugins {
namespace {

using ::testing::HasSubstr;

std::string frontapp_bytes() {
  std::ifstream in(GANTRY_FRONTAPP, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

class LoadFrontapp : public ::testing::Test {
 protected:
  LoadOutcome load(const std::string& config) {
    SourceRequest front = test::request("front-ops", file_, config);
    front.expected_plugin_id = "frontapp";
    front.capabilities = {"gantry.webhook/1", "gantry.check/1"};
    return loader_.load_all({front});
  }

  test::TempDir dir_;
  std::filesystem::path file_ = dir_.write("frontapp.so", frontapp_bytes());
  test::Host host_;
  Loader loader_{host_.ports()};
};

TEST_F(LoadFrontapp, ItsManifestIsReadFromTheNote) {
  const auto inspection = inspect(file_);
  ASSERT_TRUE(inspection) << inspection.error().reason;
  EXPECT_TRUE(inspection->from_note);
  EXPECT_EQ(inspection->manifest.id, "frontapp");
}

// Front's documentation, "Verify integrity": base64 HMAC-SHA256 over timestamp, colon and raw body.
TEST_F(LoadFrontapp, ASignedRequestIsAcceptedAndAForgedOneRejected) {
  const std::string key = "app-signing-key";
  host_.secrets.set("front-ops", "/signing_key", {key});
  const LoadOutcome outcome = load(R"({"signing_key":"env:FRONT_KEY"})");
  ASSERT_TRUE(outcome.refusals.empty()) << outcome.refusals[0].message;

  InboundRequest request;
  request.method = "POST";
  request.target = "/webhooks/front-ops";
  request.body = R"({"type":"inbound","payload":{"id":"msg_1"}})";
  request.received_at = Instant{std::chrono::milliseconds{1'700'000'000'000}};
  const std::string timestamp = "1700000000000";
  request.headers = {
      {"X-Front-Request-Timestamp", timestamp},
      {"X-Front-Signature", to_base64(hmac_sha256(key, timestamp + ':' + request.body))}};
  const Source& front = *outcome.registry->find("front-ops");

  const auto accepted = front.verify(request);
  ASSERT_TRUE(accepted) << accepted.error().message();
  EXPECT_EQ(accepted->decision, Verdict::Decision::kAccept) << accepted->reason;

  request.body += ' ';
  EXPECT_EQ(front.verify(request)->decision, Verdict::Decision::kReject);
}

TEST_F(LoadFrontapp, AMistypedFieldIsPointedAt) {
  const LoadOutcome outcome = load(R"({"signing_key":"env:FRONT_KEY","tolerance":"long"})");
  ASSERT_EQ(outcome.refusals.size(), 1U);
  EXPECT_THAT(outcome.refusals[0].message, HasSubstr("\"/tolerance\""));
}

}  // namespace
}  // namespace gantry::plugins
