#include "host/ingress/listener.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "tests/unit/ingress/fake_source.hpp"
#include "tests/unit/ingress/http_client.hpp"
#include "tests/unit/ingress/support.hpp"

namespace gantry::ingress::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

plugins::PluginResult<plugins::Verdict> reject(std::string reason) {
  plugins::Verdict verdict;
  verdict.reason = std::move(reason);
  return verdict;
}

class WebhookListenerTest : public ::testing::Test {
 protected:
  void SetUp() override { sources_.add("front", accept_body); }
  void TearDown() override { stop(); }

  void start(ListenerOptions options = {}, InboxOptions inbox_options = {}) {
    inbox_options.directory = directory_.path();
    inbox_ = Inbox::open(std::move(inbox_options)).value();
    listener_ = std::make_unique<WebhookListener>(std::move(options), sources_, *inbox_);
    listener_->start().value();
  }
  void stop() {
    if (listener_) listener_->stop();
  }
  Answer send(std::string_view bytes, bool head_only = false) {
    return roundtrip(listener_->port(), bytes, head_only);
  }

  const TempDir directory_;
  FakeSources sources_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<WebhookListener> listener_;
};

TEST_F(WebhookListenerTest, AnAcceptedDeliveryIsAnswered202AndStored) {
  start();
  const Answer answer = send(post("/webhooks/front?x=1", "evt_1", "X-Sig: abc\r\n"));
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, R"({"delivery":"evt_1"})");
  EXPECT_EQ(answer.headers.at("Content-Type"), "application/json");
  const auto stored = inbox_->load("front", "evt_1").value();
  EXPECT_EQ(stored.request.target, "/webhooks/front?x=1");
  EXPECT_EQ(stored.request.body, "evt_1");
  EXPECT_EQ(stored.request.remote, "127.0.0.1");
  EXPECT_EQ(stored.request.url, "");
  EXPECT_GT(stored.request.received_at, Instant{});
  ASSERT_EQ(stored.request.headers.size(), 3u);
  EXPECT_EQ(stored.request.headers[1], (std::pair<std::string, std::string>{"X-Sig", "abc"}));
  EXPECT_EQ(listener_->stats().accepted, 1u);
}

TEST_F(WebhookListenerTest, ADuplicateGetsTheSameStatusAndSaysSo) {
  start();
  send(post("/webhooks/front", "evt_1"));
  const Answer answer = send(post("/webhooks/front", "evt_1"));
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, R"({"delivery":"evt_1","duplicate":true})");
  EXPECT_EQ(listener_->stats().duplicate, 1u);
  EXPECT_EQ(inbox_->counts().pending, 1u);
}

TEST_F(WebhookListenerTest, AnIdThatIsNotPlainIsEscapedInTheAnswer) {
  start();
  EXPECT_EQ(send(post("/webhooks/front", "a\"b\\c\n")).body, R"({"delivery":"a\"b\\c\n"})");
}

TEST_F(WebhookListenerTest, ThePluginsOwnAnswerIsSentOnceStoredAlsoForADuplicate) {
  sources_.add("intuit", [](const InboundRequest& request) {
    auto verdict = accept_body(request);
    verdict->reply = plugins::Verdict::Reply{200, "text/plain", "ok"};
    return verdict;
  });
  start();
  for (int i = 0; i < 2; ++i) {
    const Answer answer = send(post("/webhooks/intuit", "1"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("Content-Type"), "text/plain");
    EXPECT_EQ(answer.body, "ok");
  }
  EXPECT_TRUE(inbox_->load("intuit", "1"));
}

TEST_F(WebhookListenerTest, AChallengeIsAnsweredAndNothingIsStored) {
  sources_.add("front", [](const InboundRequest& request) {
    plugins::Verdict verdict;
    verdict.decision = plugins::Verdict::Decision::kReply;
    verdict.reply = plugins::Verdict::Reply{200, "text/plain", request.body};
    return plugins::PluginResult<plugins::Verdict>(verdict);
  });
  start();
  const Answer answer = send(post("/webhooks/front", "challenge-123"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "challenge-123");
  EXPECT_EQ(inbox_->counts().stored, 0u);
  EXPECT_EQ(listener_->stats().replied, 1u);
  EXPECT_EQ(listener_->stats().by_source().at("front").replied, 1u);
}

TEST_F(WebhookListenerTest, EveryCauseOfA401HasTheSameBodyAndItsOwnCount) {
  sources_.add("front", [](const InboundRequest& request) { return reject(request.body); });
  sources_.add("broken", [](const InboundRequest&) {
    return plugins::PluginResult<plugins::Verdict>(
        plugins::PluginError(ErrorKind::kInternal, "threw"));
  });
  start();
  const Answer stale = send(post("/webhooks/front", "stale"));
  const Answer missing = send(post("/webhooks/front", "missing_header"));
  const Answer broken = send(post("/webhooks/broken", "x"));
  send(post("/webhooks/front", "not a word: <script>"));
  EXPECT_EQ(stale.status, 401);
  EXPECT_EQ(missing.status, 401);
  EXPECT_EQ(broken.status, 401);
  EXPECT_EQ(stale.body, missing.body);
  EXPECT_EQ(stale.body, broken.body);
  EXPECT_THAT(stale.body, Not(HasSubstr("stale")));
  EXPECT_THAT(listener_->stats().rejected_by_reason(),
              UnorderedElementsAre(Pair("stale", 1u), Pair("missing_header", 1u),
                                   Pair("plugin_error", 1u), Pair("other", 1u)));
  EXPECT_EQ(inbox_->counts().stored, 0u);
}

TEST_F(WebhookListenerTest, ARejectedDeliveryIsToldWithItsSourceAndItsCause) {
  std::mutex mutex;
  std::vector<std::pair<std::string, std::string>> told;
  ListenerOptions options;
  options.on_rejected = [&](std::string_view source, std::string_view reason) {
    const std::lock_guard lock(mutex);
    told.emplace_back(source, reason);
  };
  sources_.add("bank", [](const InboundRequest&) { return reject("key_unknown"); });
  start(std::move(options));
  EXPECT_EQ(send(post("/webhooks/bank", "x")).status, 401);
  EXPECT_EQ(send(post("/webhooks/front", "evt_1")).status, 202);
  EXPECT_EQ(send(post("/webhooks/nobody", "x")).status, 404);
  stop();
  EXPECT_THAT(told, testing::ElementsAre(Pair("bank", "key_unknown")));
}

TEST_F(WebhookListenerTest, APluginThatIsAwayIsA503SoThatTheSenderComesAgain) {
  sources_.add("front", [](const InboundRequest&) {
    return plugins::PluginResult<plugins::Verdict>(
        plugins::PluginError(ErrorKind::kUnavailable, "runner is restarting"));
  });
  start();
  const Answer answer = send(post("/webhooks/front", "1"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("Retry-After"), "5");
  EXPECT_EQ(listener_->stats().unavailable, 1u);
  EXPECT_EQ(listener_->stats().by_source().at("front").unavailable, 1u);
}

TEST_F(WebhookListenerTest, UnknownPathsAndSourcesAre404) {
  start();
  for (const char* target : {"/webhooks/nobody", "/webhooks/", "/webhooks", "/", "/webhooks/a/b",
                             "/webhooks/front/", "/WEBHOOKS/front", "/webhooks/../front"}) {
    EXPECT_EQ(send(post(target, "x")).status, 404) << target;
  }
  EXPECT_EQ(listener_->stats().unknown_source, 8u);
}

TEST_F(WebhookListenerTest, HeadProbesASourceAndOtherMethodsAreRefusedWithAllow) {
  start();
  const std::string host = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const Answer head = send("HEAD /webhooks/front" + host, true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(send("HEAD /webhooks/nobody" + host, true).status, 404);
  const Answer get = send("GET /webhooks/front" + host);
  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(get.headers.at("Allow"), "POST, HEAD");
}

TEST_F(WebhookListenerTest, ABodyAboveTheCapIs413WhateverItsForm) {
  ListenerOptions options;
  options.body_bytes_max = 100;
  start(std::move(options));
  EXPECT_EQ(send(post("/webhooks/front", std::string(100, 'a'))).status, 202);
  EXPECT_EQ(send(post("/webhooks/front", std::string(101, 'a'))).status, 413);
  const std::string head =
      "POST /webhooks/front HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(send(head + "64\r\n" + std::string(100, 'b') + "\r\n0\r\n\r\n").status, 202);
  EXPECT_EQ(send(head + "64\r\n" + std::string(100, 'c') + "\r\n1\r\nc\r\n0\r\n\r\n").status, 413);
  EXPECT_EQ(listener_->http_counters().too_large, 2u);
}

TEST_F(WebhookListenerTest, AMegabyteIsTakenWholeByDefaultAndNoMore) {
  sources_.add("front", [](const InboundRequest& request) {
    auto verdict = accept_body(request);
    verdict->delivery_id = std::to_string(request.body.size());
    return verdict;
  });
  start();
  const std::size_t mebibyte = 1024 * 1024;
  EXPECT_EQ(send(post("/webhooks/front", std::string(mebibyte, 'a'))).body,
            R"({"delivery":"1048576"})");
  EXPECT_EQ(send(post("/webhooks/front", std::string(mebibyte + 1, 'a'))).status, 413);
}

TEST_F(WebhookListenerTest, WhenTheInboxCannotTakeItTheAnswerIs503WithRetryAfter) {
  InboxOptions inbox;
  inbox.queue_bytes_max = 10;
  ListenerOptions options;
  options.retry_after = std::chrono::seconds{7};
  start(std::move(options), std::move(inbox));
  const Answer answer = send(post("/webhooks/front", "evt_1"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("Retry-After"), "7");
  EXPECT_EQ(inbox_->load("front", "evt_1").error().kind, ErrorKind::kNotFound);
}

TEST_F(WebhookListenerTest, NoAnswerComesBeforeTheFsync) {
  std::promise<void> synced;
  std::promise<void> go;
  auto gate = go.get_future().share();
  InboxOptions inbox;
  inbox.probe = [&, gate, told = std::make_shared<std::atomic<bool>>(false)](InboxStep step) {
    if (step != InboxStep::kBeforeWrite || told->exchange(true)) return;
    synced.set_value();
    gate.wait();
  };
  start({}, std::move(inbox));
  RawClient client(listener_->port());
  client.send(post("/webhooks/front", "evt_1"));
  synced.get_future().wait();
  EXPECT_EQ(listener_->http_counters().in_flight, 1u);
  EXPECT_EQ(listener_->stats().accepted, 0u);
  go.set_value();
  EXPECT_EQ(client.receive()->status, 202);
}

TEST_F(WebhookListenerTest, ThePublicUrlIsWhatTheSenderCalled) {
  std::promise<std::string> seen;
  sources_.add("hubspot", [&](const InboundRequest& request) {
    seen.set_value(request.url);
    return accept_body(request);
  });
  ListenerOptions options;
  options.public_url = "https://hooks.example.com";
  start(std::move(options));
  send(post("/webhooks/hubspot?a=%2F", "1"));
  EXPECT_EQ(seen.get_future().get(), "https://hooks.example.com/webhooks/hubspot?a=%2F");
}

TEST_F(WebhookListenerTest, ASourceThatIsSwappedServesTheNextRequest) {
  start();
  RawClient client(listener_->port());
  client.send(post("/webhooks/front", "1"));
  EXPECT_EQ(client.receive()->status, 202);
  sources_.add("front", [](const InboundRequest&) { return reject("bad_signature"); });
  client.send(post("/webhooks/front", "2"));
  EXPECT_EQ(client.receive()->status, 401);
}

TEST_F(WebhookListenerTest, ManySendersAtOnceShareFsyncsAndAllAreStored) {
  ListenerOptions options;
  options.http.threads = 2;
  std::atomic<int> timed{0};
  options.on_answered = [&](std::string_view, std::chrono::nanoseconds) { ++timed; };
  start(std::move(options));
  std::atomic<int> accepted{0};
  std::vector<std::thread> senders;
  for (int t = 0; t < 16; ++t) {
    senders.emplace_back([&, t] {
      RawClient client(listener_->port());
      for (int i = 0; i < 20; ++i) {
        client.send(post("/webhooks/front", std::to_string(t) + "-" + std::to_string(i)));
        const auto answer = client.receive();
        if (answer && answer->status == 202) ++accepted;
      }
    });
  }
  for (auto& sender : senders) sender.join();
  EXPECT_EQ(accepted, 320);
  EXPECT_EQ(timed, 320);
  const auto counts = inbox_->counts();
  EXPECT_EQ(counts.stored, 320u);
  EXPECT_LT(counts.syncs, 320u);
}

TEST_F(WebhookListenerTest, StopFinishesWhatIsInFlight) {
  std::promise<void> reached;
  std::promise<void> go;
  auto gate = go.get_future().share();
  InboxOptions inbox;
  inbox.probe = [&, gate, told = std::make_shared<std::atomic<bool>>(false)](InboxStep step) {
    if (step != InboxStep::kBeforeWrite || told->exchange(true)) return;
    reached.set_value();
    gate.wait();
  };
  start({}, std::move(inbox));
  RawClient idle(listener_->port());
  RawClient client(listener_->port());
  client.send(post("/webhooks/front", "evt_1"));
  reached.get_future().wait();
  std::thread stopper([&] { listener_->stop(); });
  EXPECT_TRUE(idle.closed());
  go.set_value();
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 202);
  EXPECT_EQ(answer->headers.at("Connection"), "close");
  stopper.join();
  EXPECT_TRUE(inbox_->load("front", "evt_1"));
}

}  // namespace
}  // namespace gantry::ingress::test
