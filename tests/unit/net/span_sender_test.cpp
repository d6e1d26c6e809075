#include "host/net/span_sender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/loopback_http.hpp"

namespace gantry::net {
namespace {

using observe::Sent;
using test::LoopbackHttp;
using test::LoopbackResponse;
using testing::HasSubstr;
using testing::Not;

Sent send_to(const std::string& endpoint, const std::string& request = "x") {
  return span_sender(endpoint).value()(request, [] { return false; });
}

Sent answered(unsigned status, test::HeaderPairs headers = {}, std::string body = {}) {
  const LoopbackHttp collector(
      [&](const auto&) { return LoopbackResponse{status, headers, body, {}}; });
  return send_to(collector.url(""));
}

TEST(TracesUrl, OnlyAnEndpointWithoutAPathGetsOne) {
  EXPECT_EQ(traces_url("http://c:4318"), "http://c:4318/v1/traces");
  EXPECT_EQ(traces_url("http://c:4318/"), "http://c:4318/v1/traces");
  EXPECT_EQ(traces_url("https://c/otlp/v1/traces"), "https://c/otlp/v1/traces");
}

TEST(SpanSender, PostsTheRequestAsOtlpOverHttpWantsIt) {
  const LoopbackHttp collector([](const auto&) { return LoopbackResponse{}; });
  EXPECT_EQ(send_to(collector.url(""), std::string("\x0a\0b", 3)).outcome, Sent::Outcome::kTaken);
  const auto requests = collector.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/v1/traces");
  EXPECT_EQ(requests[0].header("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(requests[0].body, std::string("\x0a\0b", 3));
}

// https://opentelemetry.io/docs/specs/otlp/#otlphttp-response, "Retryable Response Codes".
TEST(SpanSender, TheFourRetryableStatusesAreForLaterAndOthersForGood) {
  for (const unsigned status : {429u, 502u, 503u, 504u}) {
    EXPECT_EQ(answered(status).outcome, Sent::Outcome::kLater) << status;
  }
  for (const unsigned status : {400u, 401u, 404u, 413u, 500u, 501u, 301u}) {
    EXPECT_EQ(answered(status).outcome, Sent::Outcome::kRefused) << status;
  }
  EXPECT_EQ(answered(503, {{"Retry-After", "7"}}).retry_after, std::chrono::seconds(7));
}

TEST(SpanSender, APartialSuccessIsTakenAndSaysWhatWasRejected) {
  // partial_success { rejected_spans: 2, error_message: "no!" }
  const Sent sent = answered(200, {}, std::string("\x0a\x07\x08\x02\x12\x03no!"));
  EXPECT_EQ(sent.outcome, Sent::Outcome::kTaken);
  EXPECT_EQ(sent.rejected_spans, 2u);
  EXPECT_EQ(sent.reason, "no!");
}

TEST(SpanSender, NobodyThereIsForLaterAndTheReasonNamesTheAddress) {
  std::string endpoint;
  {
    endpoint = LoopbackHttp([](const auto&) { return LoopbackResponse{}; }).url("");
  }
  const Sent sent = send_to(endpoint);
  EXPECT_EQ(sent.outcome, Sent::Outcome::kLater);
  EXPECT_THAT(sent.reason, HasSubstr(endpoint));
  EXPECT_THAT(sent.reason, Not(HasSubstr("gRPC")));
}

TEST(SpanSender, AGrpcPortIsCalledOneAndTheRightOneIsNamed) {
  EXPECT_THAT(send_to("http://127.0.0.1:4317").reason, HasSubstr("set http://127.0.0.1:4318"));
}

TEST(SpanSender, AnHttp2ServerThatSpeaksNoHttp1IsForLaterNotACrash) {
  // What a gRPC server sends first: an empty SETTINGS frame (RFC 9113, section 6.5).
  const LoopbackHttp grpc([](const auto&) {
    LoopbackResponse response;
    response.raw = std::string("\0\0\0\4\0\0\0\0\0", 9);
    return response;
  });
  EXPECT_EQ(send_to(grpc.url("")).outcome, Sent::Outcome::kLater);
}

TEST(SpanSender, AnEndpointThatIsNoUrlIsRefusedByTheNameOfItsSetting) {
  const auto sender = span_sender("collector:4318");
  ASSERT_FALSE(sender);
  EXPECT_THAT(sender.error().what, HasSubstr("tracing.endpoint"));
}

}  // namespace
}  // namespace gantry::net
