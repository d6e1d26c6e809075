#include "host/ingress/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/unit/ingress/http_client.hpp"

namespace gantry::ingress::test {
namespace {

using std::chrono::milliseconds;

/// Answers with what it got; "/hang" is never answered, "/none" takes no body, "/block" holds its
/// thread until release().
class Echo final : public ExchangeHandler {
 public:
  Admission admit(const InboundRequest& head) override {
    if (head.target == "/none") return {Response{404, "text/plain", "none", {}}, 0};
    return {std::nullopt, 1'000'000};
  }
  void handle(InboundRequest request, Responder respond) override {
    if (request.target == "/hang") {
      const std::lock_guard lock(mutex_);
      hung_.push_back(respond);
      return;
    }
    if (request.target == "/block") released_.get_future().wait();
    respond({200, "text/plain", request.method + " " + request.target + " " + request.body, {}});
    respond({500, "text/plain", "a second answer is dropped", {}});
  }
  Response refuse(unsigned status, std::string_view reason) override {
    return {status, "text/plain", std::string(reason), {}};
  }
  void release() { released_.set_value(); }
  std::size_t hung() {
    const std::lock_guard lock(mutex_);
    return hung_.size();
  }

 private:
  std::mutex mutex_;
  std::vector<Responder> hung_;
  std::promise<void> released_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (server_) server_->stop();
  }
  void start(HttpOptions options = {}) {
    server_ = std::make_unique<HttpServer>(std::move(options), echo_);
    server_->start().value();
  }
  int status(std::string_view bytes) { return roundtrip(server_->port(), bytes).status; }

  Echo echo_;
  std::unique_ptr<HttpServer> server_;
};

const std::string kHost = "Host: localhost\r\n";

TEST_F(HttpServerTest, OneConnectionServesManyRequests) {
  start();
  RawClient client(server_->port());
  for (const char* body : {"one", "two", "three"}) {
    client.send(post("/x", body));
    EXPECT_EQ(client.receive()->body, "POST /x " + std::string(body));
  }
  EXPECT_EQ(server_->counters().connections, 1u);
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  RawClient client(server_->port());
  std::string bytes;
  for (int i = 0; i < 50; ++i) bytes += post("/" + std::to_string(i), std::to_string(i * i));
  client.send(bytes);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.receive()->body, "POST /" + std::to_string(i) + " " + std::to_string(i * i));
  }
}

TEST_F(HttpServerTest, ARequestCutAnywhereIsOneRequest) {
  start();
  const std::string bytes = post("/cut", "some body", "X-Long: " + std::string(100, 'v') + "\r\n");
  RawClient client(server_->port());
  for (const char byte : bytes) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.receive()->body, "POST /cut some body");
}

TEST_F(HttpServerTest, ChunksAreJoinedAndTrailersAreNotHeaders) {
  start();
  EXPECT_EQ(roundtrip(server_->port(), "POST /c HTTP/1.1\r\n" + kHost +
                                           "Transfer-Encoding: chunked\r\n\r\n"
                                           "4\r\nWiki\r\n5;ext=1\r\npedia\r\n0\r\nHost: b\r\n\r\n")
                .body,
            "POST /c Wikipedia");
}

TEST_F(HttpServerTest, ExpectContinueIsAnsweredBeforeTheBodyIsSent) {
  start();
  RawClient client(server_->port());
  client.send("POST /e HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.receive()->status, 100);
  client.send("body");
  EXPECT_EQ(client.receive()->body, "POST /e body");
}

TEST_F(HttpServerTest, ABodyThatIsNotWantedIsNotAskedFor) {
  start();
  RawClient client(server_->port());
  client.send("POST /none HTTP/1.1\r\n" + kHost +
              "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.receive()->status, 404);
}

TEST_F(HttpServerTest, HeadTellsTheLengthWithoutTheBody) {
  start();
  RawClient client(server_->port());
  client.send("HEAD /h HTTP/1.1\r\n" + kHost + "\r\n" + post("/next", ""));
  EXPECT_EQ(client.receive(true)->headers.at("Content-Length"), "8");
  EXPECT_EQ(client.receive()->body, "POST /next ");
}

TEST_F(HttpServerTest, Http10ClosesUnlessAskedToStay) {
  start();
  RawClient once(server_->port());
  once.send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_EQ(once.receive()->headers.at("Connection"), "close");
  EXPECT_TRUE(once.closed());
  RawClient stays(server_->port());
  stays.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(stays.receive()->headers.at("Connection"), "keep-alive");
}

TEST_F(HttpServerTest, MalformedRequestsAre400AndTheConnectionCloses) {
  start();
  const std::vector<std::string> malformed = {
      "\x16\x03\x01\x02garbage\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/3.0\r\n" + kHost + "\r\n",
      "GET / HTTP/1.1\nHost: localhost\n\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\n" + kHost + kHost + "\r\n",
      "GET / HTTP/1.1\r\n" + kHost + "Bad Name: 1\r\n\r\n",
      "GET / HTTP/1.1\r\n" + kHost + "Spaced : 1\r\n\r\n",
      "POST / HTTP/1.1\r\n" + kHost + "Content-Length: nine\r\n\r\n",
      "POST / HTTP/1.1\r\n" + kHost + "Content-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\n" + kHost + "Content-Length: 99999999999999999999\r\n\r\n",
      "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\nzz\r\nbody\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n4\r\nbodyXX0\r\n\r\n",
  };
  for (const auto& bytes : malformed) {
    RawClient client(server_->port());
    client.send(bytes);
    client.finish_sending();
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << bytes;
    EXPECT_EQ(answer->status, 400) << bytes;
    EXPECT_TRUE(client.closed()) << bytes;
  }
  EXPECT_EQ(server_->counters().malformed, malformed.size());
}

// RFC 9112 section 11.2: a message that two parsers may end in two places is refused whole.
TEST_F(HttpServerTest, NoSmugglingShapeReachesTheHandler) {
  start();
  const std::string inner = "GET /smuggled HTTP/1.1\r\n" + kHost + "\r\n";
  const std::vector<std::string> shapes = {
      "Content-Length: 0\r\nContent-Length: 44\r\n",
      "Content-Length: 44\r\nContent-Length: 44\r\n",
      "Content-Length: 44, 44\r\n",
      "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 44\r\n",
      "Transfer-Encoding: gzip\r\n",
      "Transfer-Encoding: gzip, chunked\r\n",
      "Transfer-Encoding: chunked, identity\r\n",
      "Transfer-Encoding: xchunked\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
      "Content-Length : 44\r\n",
  };
  for (const auto& shape : shapes) {
    RawClient client(server_->port());
    client.send("POST /outer HTTP/1.1\r\n" + kHost + shape + "\r\n" + inner);
    client.finish_sending();
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << shape;
    EXPECT_TRUE(answer->status == 400 || answer->status == 501) << shape << answer->status;
    EXPECT_TRUE(client.closed()) << shape;
  }
}

TEST_F(HttpServerTest, ChunkedInHttp10Is400) {
  start();
  EXPECT_EQ(status("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST_F(HttpServerTest, AnotherExpectationIs417) {
  start();
  EXPECT_EQ(status("POST / HTTP/1.1\r\n" + kHost + "Expect: 200-maybe\r\n\r\n"), 417);
}

TEST_F(HttpServerTest, AHeaderAboveItsLimitIs431HoweverItComes) {
  start();
  const std::string line = "X-Fill: " + std::string(1'000, 'v') + "\r\n";
  std::string head = "GET / HTTP/1.1\r\n" + kHost;
  EXPECT_EQ(status(head + line + line + line + line + line + line + line + "\r\n"), 200);
  EXPECT_EQ(status(head + "X-Fill: " + std::string(9'000, 'v') + "\r\n\r\n"), 431);
  RawClient slow(server_->port());
  slow.send(head);
  for (int i = 0; i < 9; ++i) slow.send(line);
  EXPECT_EQ(slow.receive()->status, 431);
  EXPECT_EQ(server_->counters().too_large, 2u);
}

TEST_F(HttpServerTest, ASlowRequestIs408AndASlowBodyToo) {
  HttpOptions options;
  options.limits.request_timeout = milliseconds{40};
  start(std::move(options));
  RawClient head(server_->port());
  head.send("POST /slow HTTP/1.1\r\nHos");
  EXPECT_EQ(head.receive()->status, 408);
  EXPECT_TRUE(head.closed());
  RawClient body(server_->port());
  body.send("POST /slow HTTP/1.1\r\n" + kHost + "Content-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(body.receive()->status, 408);
  EXPECT_EQ(server_->counters().timed_out, 2u);
}

TEST_F(HttpServerTest, ADripOfBytesDoesNotExtendTheTimeOfARequest) {
  HttpOptions options;
  options.limits.request_timeout = milliseconds{60};
  start(std::move(options));
  RawClient client(server_->port());
  client.send("GET / HTTP/1.1\r\n");
  // One header per round until the server has had enough; it must not go on for ever.
  std::thread dripping([&] {
    while (client.send("X-Drip: 1\r\n") && server_->counters().timed_out == 0) {
      std::this_thread::yield();
      if (server_->counters().too_large > 0) return;
    }
  });
  const auto answer = client.receive();
  dripping.join();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->status == 408 || answer->status == 431);
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosedInSilence) {
  HttpOptions options;
  options.limits.idle_timeout = milliseconds{40};
  start(std::move(options));
  RawClient never(server_->port());
  RawClient after(server_->port());
  after.send(post("/x", ""));
  EXPECT_EQ(after.receive()->status, 200);
  EXPECT_TRUE(never.closed());
  EXPECT_TRUE(after.closed());
  EXPECT_EQ(server_->counters().timed_out, 0u);
}

TEST_F(HttpServerTest, AHandlerThatDoesNotAnswerIs503) {
  HttpOptions options;
  options.limits.answer_timeout = milliseconds{40};
  start(std::move(options));
  EXPECT_EQ(status(post("/hang", "")), 503);
  EXPECT_EQ(server_->counters().overloaded, 1u);
}

TEST_F(HttpServerTest, ConnectionsPerAddressAndInTotalAreBounded) {
  for (const bool per_address : {true, false}) {
    HttpOptions options;
    (per_address ? options.limits.connections_per_address_max : options.limits.connections_max) = 2;
    start(std::move(options));
    auto first = std::make_unique<RawClient>(server_->port());
    RawClient second(server_->port());
    for (auto* client : {first.get(), &second}) {
      client->send(post("/x", ""));
      ASSERT_EQ(client->receive()->status, 200);
    }
    RawClient third(server_->port());
    EXPECT_TRUE(third.closed());
    EXPECT_EQ(server_->counters().connections_refused, 1u);
    // Room again once one has gone.
    first->send("GET / HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n");
    first->receive();
    EXPECT_TRUE(first->closed());
    while (server_->counters().connections > 1) std::this_thread::yield();
    EXPECT_EQ(status(post("/x", "")), 200);
    server_->stop();
  }
}

TEST_F(HttpServerTest, BytesInFlightAreBounded) {
  HttpOptions options;
  options.limits.in_flight_bytes_max = 1'000;
  start(std::move(options));
  RawClient holder(server_->port());
  holder.send("POST /x HTTP/1.1\r\n" + kHost + "Content-Length: 800\r\n\r\n" +
              std::string(799, 'a'));
  while (server_->counters().in_flight_bytes == 0) std::this_thread::yield();
  EXPECT_EQ(status(post("/x", std::string(300, 'b'))), 503);
  EXPECT_EQ(status("POST /x HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n12c\r\n" +
                   std::string(300, 'c') + "\r\n0\r\n\r\n"),
            503);
  holder.send("a");
  EXPECT_EQ(holder.receive()->status, 200);
  while (server_->counters().in_flight_bytes > 0) std::this_thread::yield();
  EXPECT_EQ(status(post("/x", std::string(300, 'b'))), 200);
}

TEST_F(HttpServerTest, StopGivesUpOnWhatDoesNotEndAndLateAnswersAreDropped) {
  HttpOptions options;
  options.limits.drain_timeout = milliseconds{30};
  start(std::move(options));
  RawClient hanging(server_->port());
  hanging.send(post("/hang", ""));
  RawClient reading(server_->port());
  reading.send("POST /x HTTP/1.1\r\n");
  while (echo_.hung() == 0) std::this_thread::yield();
  server_->stop();
  EXPECT_TRUE(hanging.closed());
  EXPECT_EQ(server_->counters().connections, 0u);
}

TEST_F(HttpServerTest, StartsAgainAfterAStop) {
  start();
  EXPECT_EQ(status(post("/x", "")), 200);
  server_->stop();
  server_->stop();
  ASSERT_TRUE(server_->start());
  EXPECT_EQ(status(post("/x", "")), 200);
}

// A timer that has fired but not run yet cannot be cancelled; it must not arm itself again.
TEST_F(HttpServerTest, AStopThatMeetsTheTickerEnds) {
  for (int i = 0; i < 400; ++i) {
    HttpOptions options;
    options.limits.idle_timeout = milliseconds{20};  // ticks each 5 ms
    start(std::move(options));
    const auto due = std::chrono::steady_clock::now() + std::chrono::microseconds{4'600 + i};
    while (std::chrono::steady_clock::now() < due) std::this_thread::yield();
    server_->stop();
  }
}

TEST_F(HttpServerTest, ALoopThatStandsStillIsSilentUntilItTurnsAgain) {
  start();
  std::jthread asker([this] { EXPECT_EQ(status(post("/block", "")), 200); });
  while (server_->silence() < milliseconds{1'500}) std::this_thread::yield();
  echo_.release();
  while (server_->silence() > milliseconds{1'000}) std::this_thread::yield();
  asker.join();
  server_->stop();
  EXPECT_EQ(server_->silence(), milliseconds{0});
}

TEST_F(HttpServerTest, APortThatIsTakenIsAConflictThatNamesIt) {
  start();
  HttpOptions options;
  options.port = server_->port();
  HttpServer second(std::move(options), echo_);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::kConflict);
  EXPECT_NE(started.error().what.find(std::to_string(server_->port())), std::string::npos);
}

TEST_F(HttpServerTest, AnAddressThatIsNoneIsInvalid) {
  HttpOptions options;
  options.address = "not-an-address";
  HttpServer server(std::move(options), echo_);
  EXPECT_EQ(server.start().error().kind, ErrorKind::kInvalid);
}

}  // namespace
}  // namespace gantry::ingress::test
