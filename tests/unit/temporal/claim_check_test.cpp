#include "host/temporal/converter/claim_check.hpp"

#include <gmock/gmock.h>
#include <temporal/api/workflowservice/v1/request_response.pb.h>

#include <map>
#include <random>

#include "host/temporal/converter/convert.hpp"
#include "host/temporal/converter/wire.hpp"

namespace gantry::temporal {
namespace {

namespace service = ::temporal::api::workflowservice::v1;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// FIPS 180-2, appendix B.3: one million times the letter a.
constexpr char kMillionAs[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

/// A store in memory whose objects a test can damage.
struct MemoryStore final : PayloadStore {
  std::map<std::string, std::string, std::less<>> objects;
  std::string key = kMillionAs;

  Result<std::string> put(std::string_view bytes) override {
    objects[key] = bytes;
    return key;
  }
  Result<std::string> get(std::string_view wanted) override {
    const auto found = objects.find(wanted);
    if (found == objects.end()) return Error{ErrorKind::kNotFound, "no such object"};
    return found->second;
  }
};

struct ClaimCheckTest : ::testing::Test {
  MemoryStore store;
  ClaimCheck claim_check{store, 1'000};
  const std::string large = std::string(1'000'000, 'a');

  service::StartWorkflowExecutionRequest request_with(const Payload& payload) const {
    service::StartWorkflowExecutionRequest request;
    to_wire(payload, *request.mutable_input()->add_payloads());
    return request;
  }
};

TEST_F(ClaimCheckTest, ALargePayloadLeavesOnlyItsReference) {
  auto request = request_with(bytes_payload(large));
  ASSERT_TRUE(claim_check.deposit(request));
  const auto reference = from_wire(request.input().payloads(0));
  EXPECT_EQ(reference.encoding(), "claim-check/v1");
  EXPECT_THAT(reference.data, IsEmpty());
  EXPECT_EQ(reference.metadata.at("claim-sha256"), kMillionAs);
  EXPECT_EQ(reference.metadata.at("claim-size"), "1000000");
  EXPECT_EQ(reference.metadata.at("claim-encoding"), "binary/plain");
}

TEST_F(ClaimCheckTest, WhatWasDepositedComesBackAsItWas) {
  auto payload = bytes_payload(large);
  payload.metadata["messageType"] = "some.Type";
  auto request = request_with(payload);
  ASSERT_TRUE(claim_check.deposit(request));
  ASSERT_TRUE(claim_check.redeem(request));
  EXPECT_EQ(from_wire(request.input().payloads(0)), payload);
}

TEST_F(ClaimCheckTest, APayloadAtTheThresholdStays) {
  auto request = request_with(bytes_payload(std::string(1'000, 'x')));
  ASSERT_TRUE(claim_check.deposit(request));
  EXPECT_THAT(store.objects, IsEmpty());
  request = request_with(bytes_payload(std::string(1'001, 'x')));
  ASSERT_TRUE(claim_check.deposit(request));
  EXPECT_THAT(store.objects, SizeIs(1));
}

TEST_F(ClaimCheckTest, PayloadsAreFoundInMapsAndInFailures) {
  service::StartWorkflowExecutionRequest request;
  to_wire(bytes_payload(large), (*request.mutable_memo()->mutable_fields())["memo"]);
  to_wire(bytes_payload(large), (*request.mutable_header()->mutable_fields())["header"]);
  ApplicationFailure failure("Type", "message");
  failure.details.push_back(bytes_payload(large));
  to_wire(failure, *request.mutable_continued_failure());
  ASSERT_TRUE(claim_check.deposit(request));
  EXPECT_LT(request.ByteSizeLong(), 2'000U);
  ASSERT_TRUE(claim_check.redeem(request));
  EXPECT_EQ(request.memo().fields().at("memo").data(), large);
  EXPECT_EQ(request.header().fields().at("header").data(), large);
  EXPECT_EQ(request.continued_failure().application_failure_info().details().payloads(0).data(),
            large);
}

TEST_F(ClaimCheckTest, SearchAttributesAreLeftToTheServer) {
  service::StartWorkflowExecutionRequest request;
  to_wire(json_payload(large),
          (*request.mutable_search_attributes()->mutable_indexed_fields())["Status"]);
  ASSERT_TRUE(claim_check.deposit(request));
  EXPECT_THAT(store.objects, IsEmpty());
}

TEST_F(ClaimCheckTest, ALostObjectIsNamedAndWorthAnotherTry) {
  auto request = request_with(bytes_payload(large));
  ASSERT_TRUE(claim_check.deposit(request));
  store.objects.clear();
  const auto redeemed = claim_check.redeem(request);
  ASSERT_FALSE(redeemed);
  EXPECT_TRUE(redeemed.error().retryable());
  EXPECT_THAT(redeemed.error().what, HasSubstr(kMillionAs));
}

TEST_F(ClaimCheckTest, EveryTruncationIsRefused) {
  const auto deposited = [&] {
    auto request = request_with(bytes_payload(large));
    EXPECT_TRUE(claim_check.deposit(request));
    return request;
  };
  for (const std::size_t size : {0U, 1U, 4'096U, 999'999U}) {
    auto request = deposited();
    store.objects[kMillionAs].resize(size);
    const auto redeemed = claim_check.redeem(request);
    ASSERT_FALSE(redeemed) << size;
    EXPECT_TRUE(redeemed.error().retryable());
  }
}

TEST_F(ClaimCheckTest, AFlippedBitIsRefused) {
  std::mt19937 random(7);
  for (int i = 0; i < 20; ++i) {
    auto request = request_with(bytes_payload(large));
    ASSERT_TRUE(claim_check.deposit(request));
    store.objects[kMillionAs][random() % large.size()] ^= 1;
    EXPECT_FALSE(claim_check.redeem(request));
  }
}

TEST_F(ClaimCheckTest, ADepositThatFailsIsAnError) {
  struct FullStore final : PayloadStore {
    Result<std::string> put(std::string_view) override {
      return Error{ErrorKind::kExhausted, "disk full"};
    }
    Result<std::string> get(std::string_view) override { return std::string(); }
  } full;
  auto request = request_with(bytes_payload(large));
  const auto deposited = ClaimCheck(full).deposit(request);
  ASSERT_FALSE(deposited);
  EXPECT_EQ(deposited.error().kind, ErrorKind::kExhausted);
}

TEST_F(ClaimCheckTest, BytesThatAreNoMessageAreRefused) {
  const auto redeemed = claim_check.redeem(ClaimCheck::Kind::kActivation, "claim-check/v1\xff");
  EXPECT_FALSE(redeemed);
}

}  // namespace
}  // namespace gantry::temporal
