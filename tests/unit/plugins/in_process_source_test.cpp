#include "host/plugins/in_process_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/unit/plugins/fixture.hpp"

namespace gantry::plugins {
namespace {

using test::Host;
using test::request;
using test::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSecret = "correct horse battery staple";

const Instant kReceived{std::chrono::nanoseconds{1'700'000'000'123'456'789}};

/// Both fixtures, loaded.
class InProcessSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    host_.secrets.set("good", "/signing_key", {kSecret});
    host_.secrets.set("bad", "/key", {kSecret});
    SourceRequest bad = request("bad", dir_.install("misbehaving"));
    bad.quota = {.records_max = 100, .bytes_max = 10U << 20U};
    outcome_ = loader_.load_all({request("good", dir_.install("good")), bad});
    ASSERT_TRUE(outcome_.refusals.empty()) << outcome_.refusals[0].message;
    good_ = outcome_.registry->find("good");
    bad_ = outcome_.registry->find("bad");
  }

  static InboundRequest post(const std::string& body) {
    InboundRequest request;
    request.method = "POST";
    request.target = "/webhooks/good";
    request.body = body;
    request.received_at = kReceived;
    return request;
  }

  static InboundRequest signed_post(const std::string& body) {
    InboundRequest request = post(body);
    request.headers = {{"X-SIGNATURE", to_hex(hmac_sha256(kSecret, body))}};
    return request;
  }

  PluginResult<Parsed> parse(const Source& source, const std::string& body,
                             const CallScope& scope = {}) {
    return source.parse({source.id(), "d1", post(body)}, scope);
  }

  TempDir dir_;
  Host host_;
  Loader loader_{host_.ports()};
  LoadOutcome outcome_;
  const Source* good_ = nullptr;
  const Source* bad_ = nullptr;
};

TEST_F(InProcessSourceTest, AGoodSignatureIsAcceptedUnderTheBodysHash) {
  const auto verdict = good_->verify(signed_post("message|1|hello"));
  ASSERT_TRUE(verdict) << verdict.error().message();
  EXPECT_EQ(verdict->decision, Verdict::Decision::kAccept);
  EXPECT_EQ(verdict->delivery_id, to_hex(sha256("message|1|hello")));
  EXPECT_EQ(verdict->reason, "signed");
  EXPECT_FALSE(verdict->reply);
}

TEST_F(InProcessSourceTest, ThePluginsDeliveryIdIsTaken) {
  InboundRequest request = signed_post("message|1|hello");
  request.headers.emplace_back("x-delivery", "evt_42");
  EXPECT_EQ(good_->verify(request)->delivery_id, "evt_42");
}

TEST_F(InProcessSourceTest, AFlippedBitInTheBodyIsRejected) {
  InboundRequest request = signed_post("message|1|hello");
  request.body[3] ^= 1;
  const auto verdict = good_->verify(request);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->decision, Verdict::Decision::kReject);
  EXPECT_EQ(verdict->reason, "bad_signature");
}

TEST_F(InProcessSourceTest, AChallengeIsAnsweredWithTheReply) {
  InboundRequest request = post("echo me");
  request.headers = {{"X-Challenge", "yes"}};
  const auto verdict = good_->verify(request);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->decision, Verdict::Decision::kReply);
  ASSERT_TRUE(verdict->reply);
  EXPECT_EQ(verdict->reply->status, 200U);
  EXPECT_EQ(verdict->reply->content_type, "text/plain");
  EXPECT_EQ(verdict->reply->body, "echo me");
}

TEST_F(InProcessSourceTest, WhatSignMadeVerifies) {
  InboundRequest request = post("message|1|hello");
  const auto headers = good_->sign(request);
  ASSERT_TRUE(headers) << headers.error().message();
  request.headers = *headers;
  EXPECT_EQ(good_->verify(request)->decision, Verdict::Decision::kAccept);
}

TEST_F(InProcessSourceTest, FourThreadsVerifyAtOnce) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 250; ++i) {
        InboundRequest request = signed_post(std::to_string(t) + '|' + std::to_string(i) + "|x");
        const bool forged = i % 2 == 1;
        if (forged) request.body += '!';
        const auto verdict = good_->verify(request);
        const auto wanted = forged ? Verdict::Decision::kReject : Verdict::Decision::kAccept;
        if (!verdict || verdict->decision != wanted) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(InProcessSourceTest, ADeliveryBecomesDocumentsWithEveryFieldFilledIn) {
  int progress = 0;
  CallScope scope;
  scope.progress = [&progress] { ++progress; };
  const auto parsed = parse(*good_, "message|7|Load 42\nnonsense\nload_tender|008|Pickup", scope);
  ASSERT_TRUE(parsed) << parsed.error().message();
  ASSERT_EQ(parsed->documents.size(), 2U);
  const Document& first = parsed->documents[0];
  EXPECT_EQ(first.id, "good:message:7");
  EXPECT_EQ(first.source, "good");
  EXPECT_EQ(first.kind, "message");
  EXPECT_EQ(first.title, "Load 42");
  EXPECT_EQ(first.content_type, "text/plain");
  EXPECT_EQ(first.raw, "message|7|Load 42");
  EXPECT_EQ(first.metadata, R"({"a":"x","b":1})");
  ASSERT_EQ(first.participants.size(), 1U);
  EXPECT_EQ(first.participants[0], (Participant{"from", "", "a@b.example", ""}));
  EXPECT_EQ(first.occurred_at, kReceived);
  EXPECT_EQ(first.received_at, kReceived);
  EXPECT_EQ(first.version, 1'700'000'000'123'456'789);
  EXPECT_FALSE(first.deleted);
  EXPECT_EQ(parsed->documents[1].id, "good:load_tender:008");
  ASSERT_EQ(parsed->rejected.size(), 1U);
  EXPECT_EQ(parsed->rejected[0].raw, "nonsense");
  EXPECT_EQ(parsed->rejected[0].reason.what, "a line is not kind|key|title");
  EXPECT_EQ(progress, 3);
  EXPECT_THAT(host_.log.text(), HasSubstr("good parsing bytes=many"));
}

TEST_F(InProcessSourceTest, CheckReportsItsFindings) {
  const auto findings = good_->check({});
  ASSERT_TRUE(findings);
  ASSERT_EQ(findings->size(), 1U);
  EXPECT_EQ(findings->front().state, Finding::State::kPass);
  EXPECT_EQ(findings->front().what, "signing key");
}

TEST_F(InProcessSourceTest, ACapabilityThatIsNotThereIsUnsupported) {
  const auto findings = bad_->check({});
  ASSERT_FALSE(findings);
  EXPECT_EQ(findings.error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(findings.error().category, "UNSUPPORTED");
}

TEST_F(InProcessSourceTest, AnErrorCarriesCategoryAndPointer) {
  host_.secrets.set("good", "/signing_key", {});
  const auto verdict = good_->verify(post("x"));
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().category, "CONFIG");
  EXPECT_EQ(verdict.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(verdict.error().json_pointer, "/signing_key");
  EXPECT_EQ(verdict.error().what, "source good: verify failed with CONFIG: no signing key");
}

// --- The misbehaving one ---------------------------------------------------------------------

TEST_F(InProcessSourceTest, VerifyWithoutADecisionIsARejection) {
  const auto verdict = bad_->verify(post("say nothing"));
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->decision, Verdict::Decision::kReject);
}

TEST_F(InProcessSourceTest, AnUnknownStatusIsABug) {
  for (const std::string body : {"unknown-status", "negative-status"}) {
    const auto verdict = bad_->verify(post(body));
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().category, "BUG");
    EXPECT_EQ(verdict.error().kind, ErrorKind::kInternal);
    EXPECT_THAT(verdict.error().what,
                HasSubstr(body == "unknown-status" ? "unknown status 77" : "unknown status -1"));
  }
}

TEST_F(InProcessSourceTest, ABrokenVerdictIsABugAndIsLogged) {
  for (const std::string body : {"unknown-decision", "long-id", "bad-id", "line-id", "null-id",
                                 "reply-missing", "reply-injection", "reply-status"}) {
    const auto verdict = bad_->verify(post(body));
    ASSERT_FALSE(verdict) << body;
    EXPECT_EQ(verdict.error().category, "BUG") << body;
    EXPECT_THAT(verdict.error().what, HasSubstr("broke the contract")) << body;
  }
  EXPECT_THAT(host_.log.text(), HasSubstr("bad plugin_misbehaved plugin=misbehaving"));
}

TEST_F(InProcessSourceTest, AReasonThatIsNoWordDoesNotReachTheMetric) {
  EXPECT_EQ(bad_->verify(post("long-reason"))->reason, "unnamed");
}

TEST_F(InProcessSourceTest, AnErrorOfAMebibyteIsCut) {
  const auto verdict = bad_->verify(post("long-error"));
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().category, "RATE_LIMITED");
  EXPECT_LE(verdict.error().what.size(), 1200U);
  EXPECT_LE(verdict.error().upstream.size(), 4200U);
  EXPECT_LE(verdict.error().code.size(), 300U);
  EXPECT_EQ(verdict.error().retry_after, std::chrono::hours{24});
}

TEST_F(InProcessSourceTest, AStatusWithoutAReasonSaysSo) {
  EXPECT_THAT(bad_->verify(post("null-error")).error().what, HasSubstr("gave no reason"));
  const auto parsed = parse(*bad_, "silent");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().category, "TRANSIENT");
  EXPECT_TRUE(parsed.error().retryable());
  EXPECT_EQ(parsed.error().what,
            "source bad: parse failed with TRANSIENT: the plugin gave no reason");
}

TEST_F(InProcessSourceTest, ASecretThatThePluginRepeatsIsBlottedOutEverywhere) {
  const auto verdict = bad_->verify(post("leak"));
  ASSERT_FALSE(verdict);
  const PluginError& error = verdict.error();
  EXPECT_EQ(error.category, "AUTH");
  EXPECT_THAT(error.message(),
              AllOf(HasSubstr("the key *** was refused"), Not(HasSubstr(kSecret))));
  EXPECT_THAT(error.code, Not(HasSubstr(kSecret)));
  EXPECT_THAT(error.json_pointer, Not(HasSubstr(kSecret)));
  EXPECT_THAT(host_.log.text(),
              AllOf(HasSubstr("the key *** was refused"), Not(HasSubstr(kSecret))));
}

TEST_F(InProcessSourceTest, EachBrokenRecordBecomesARejectedPartThatNamesTheRule) {
  const auto parsed = parse(*bad_, "wrong");
  ASSERT_TRUE(parsed) << parsed.error().message();
  const std::vector<std::string> rules = {"record 1: kind is not",
                                          "record 2: kind is not",
                                          "record 3: key is not",
                                          "record 4: key is not",
                                          "record 5: title is not",
                                          "record 6: title is not",
                                          "record 7: metadata is not",
                                          "record 8: metadata is not",
                                          "record 9: participants is not",
                                          "record 10: a span has a size but no data",
                                          "record 11: struct_size is too small",
                                          "record 12: flags has a bit",
                                          "record 13: struct_size is too small",
                                          "rejected by the plugin without a reason",
                                          "rejected by the plugin without a reason"};
  ASSERT_EQ(parsed->rejected.size(), rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_THAT(parsed->rejected[i].reason.what, HasSubstr(rules[i])) << i;
  }
  EXPECT_EQ(parsed->rejected[0].raw, "raw bytes");
  EXPECT_EQ(parsed->rejected[13].raw, "half");
  ASSERT_EQ(parsed->documents.size(), 1U);
  EXPECT_EQ(parsed->documents[0].id, "bad:message:1");
}

TEST_F(InProcessSourceTest, ADeliveryOverTheRecordQuotaFailsAsAWhole) {
  const auto parsed = parse(*bad_, "flood");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().category, "DATA");
  EXPECT_THAT(parsed.error().what, HasSubstr("more than 100 records or 10485760 bytes"));
  EXPECT_THAT(host_.log.text(), HasSubstr("went on after STOP, 6 calls"));
}

TEST_F(InProcessSourceTest, ADeliveryOverTheByteQuotaFailsAsAWhole) {
  for (const std::string body : {"heavy", "huge"}) {
    const auto parsed = parse(*bad_, body);
    ASSERT_FALSE(parsed) << body;
    EXPECT_EQ(parsed.error().category, "DATA") << body;
  }
}

TEST_F(InProcessSourceTest, ACallThatWaitsToBeCancelledEndsWhenItIs) {
  for (const std::string body : {"spin", "wait"}) {
    std::atomic<bool> stop{false};
    std::atomic<bool> running{false};
    CallScope scope;
    scope.cancelled = [&] {
      running = true;
      return stop.load();
    };
    std::thread canceller([&] {
      while (!running) std::this_thread::yield();
      stop = true;
    });
    const auto parsed = parse(*bad_, body, scope);
    canceller.join();
    ASSERT_FALSE(parsed) << body;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kCancelled) << body;
    EXPECT_EQ(parsed.error().category, "CANCELLED") << body;
  }
}

TEST_F(InProcessSourceTest, APassedDeadlineCancels) {
  CallScope scope;
  scope.deadline = std::chrono::steady_clock::now();
  EXPECT_EQ(parse(*bad_, "spin", scope).error().category, "CANCELLED");
}

TEST_F(InProcessSourceTest, AbusedServicesAnswerAndAnotherPluginsSecretsStayClosed) {
  const auto parsed = parse(*bad_, "services");
  EXPECT_TRUE(parsed) << parsed.error().message();
}

TEST_F(InProcessSourceTest, ASignedHeaderThatWouldSplitIsABug) {
  const auto headers = bad_->sign(post("x"));
  ASSERT_FALSE(headers);
  EXPECT_EQ(headers.error().category, "BUG");
}

}  // namespace
}  // namespace gantry::plugins
