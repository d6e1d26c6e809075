#include "host/net/http_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "tests/support/loopback_http.hpp"

namespace gantry::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::LoopbackHttp;
using test::LoopbackRequest;
using test::LoopbackResponse;

EgressList only(const LoopbackHttp& server) {
  return EgressList::parse({server.authority()}).value();
}

HttpRequest get(const LoopbackHttp& server, const std::string& path = "/") {
  HttpRequest request;
  request.url = server.url(path);
  return request;
}

class TempFile {
 public:
  explicit TempFile(const std::string& content) {
    std::string name = (std::filesystem::temp_directory_path() / "gantry-net-XXXXXX").string();
    const int fd = ::mkstemp(name.data());
    EXPECT_NE(fd, -1);
    ::close(fd);
    path_ = name;
    std::ofstream(path_) << content;
  }
  ~TempFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(HttpClient, SendsMethodHeadersAndBodyAsGivenAndOurUserAgent) {
  const LoopbackHttp server([](const LoopbackRequest&) {
    return LoopbackResponse{201, {{"X-Thing", "a"}, {"X-Thing", "b"}}, "made", {}};
  });
  const HttpClient client;
  HttpRequest request = get(server, "/v1/things?limit=2");
  request.method = "PATCH";
  request.headers = {{"Authorization", "Bearer t"}, {"X-Empty", ""}};
  request.body = std::string("a\0b", 3);

  const auto response = client.send(request, only(server));

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 201U);
  EXPECT_EQ(response->body, "made");
  EXPECT_EQ(
      std::ranges::count_if(response->headers, [](const auto& h) { return h.first == "X-Thing"; }),
      2);
  ASSERT_EQ(server.requests().size(), 1U);
  const LoopbackRequest seen = server.requests().front();
  EXPECT_EQ(seen.method, "PATCH");
  EXPECT_EQ(seen.target, "/v1/things?limit=2");
  EXPECT_EQ(seen.body, request.body);
  EXPECT_EQ(seen.header("Authorization"), "Bearer t");
  EXPECT_EQ(seen.header("User-Agent").substr(0, 7), "gantry/");
  EXPECT_EQ(seen.header("Content-Type"), "");
  EXPECT_EQ(seen.header("Content-Length"), "3");
}

TEST(HttpClient, AnEmptyPostSaysLengthZeroAndNoContentType) {
  const LoopbackHttp server([](const LoopbackRequest&) { return LoopbackResponse{}; });
  const HttpClient client;
  HttpRequest request = get(server);
  request.method = "POST";
  ASSERT_TRUE(client.send(request, only(server)));
  EXPECT_EQ(server.requests().front().header("Content-Length"), "0");
  EXPECT_EQ(server.requests().front().header("Content-Type"), "");
}

TEST(HttpClient, AHeadAnswerHasNoBody) {
  const LoopbackHttp server(
      [](const LoopbackRequest&) { return LoopbackResponse{200, {}, "four", {}}; });
  const HttpClient client;
  HttpRequest request = get(server);
  request.method = "HEAD";
  const auto response = client.send(request, only(server));
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body, "");
}

TEST(HttpClient, AHostThatIsNotListedIsNeverContacted) {
  const LoopbackHttp server([](const LoopbackRequest&) { return LoopbackResponse{}; });
  const HttpClient client;
  const auto response = client.send(get(server), EgressList::parse({"other.example"}).value());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(server.connections(), 0U);
}

TEST(HttpClient, ARedirectIsReturnedNotFollowed) {
  const LoopbackHttp server([](const LoopbackRequest&) {
    return LoopbackResponse{302, {{"Location", "/elsewhere"}}, "", {}};
  });
  const HttpClient client;
  const auto response = client.send(get(server), only(server));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302U);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(HttpClient, AnAnswerAboveTheCapIsExhausted) {
  const LoopbackHttp server(
      [](const LoopbackRequest&) { return LoopbackResponse{200, {}, std::string(1025, 'x'), {}}; });
  const HttpClient client;
  HttpRequest request = get(server, "/big?token=s3cret");
  request.response_max = 1024;
  const auto response = client.send(request, only(server));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kExhausted);
  EXPECT_EQ(response.error().message().find("s3cret"), std::string::npos);
  EXPECT_NE(response.error().message().find("/big"), std::string::npos);

  request.response_max = 1025;
  EXPECT_TRUE(client.send(request, only(server)));
}

TEST(HttpClient, ASlowAnswerTimesOut) {
  std::latch done(1);
  const LoopbackHttp server([&done](const LoopbackRequest&) {
    done.wait();
    return LoopbackResponse{};
  });
  const HttpClient client;
  HttpRequest request = get(server);
  request.timeout = milliseconds{50};
  const auto response = client.send(request, only(server));
  done.count_down();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kTimeout);
}

TEST(HttpClient, TheCallersDeadlineCutsTheTimeOut) {
  std::latch done(1);
  const LoopbackHttp server([&done](const LoopbackRequest&) {
    done.wait();
    return LoopbackResponse{};
  });
  const HttpClient client;
  const auto response = client.send(
      get(server), only(server),
      {.cancelled = {}, .progress = {}, .deadline = steady_clock::now() + milliseconds{50}});
  done.count_down();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kTimeout);
}

TEST(HttpClient, CancellingEndsAnExchangeThatWaitsForItsAnswer) {
  std::latch done(1);
  std::atomic<bool> asked{false};
  const LoopbackHttp server([&](const LoopbackRequest&) {
    asked = true;
    done.wait();
    return LoopbackResponse{};
  });
  const HttpClient client;
  const auto response =
      client.send(get(server), only(server),
                  {.cancelled = [&asked] { return asked.load(); }, .progress = {}, .deadline = {}});
  done.count_down();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kCancelled);
}

TEST(HttpClient, ArrivingBytesAreProgress) {
  const LoopbackHttp server(
      [](const LoopbackRequest&) { return LoopbackResponse{200, {}, "x", {}}; });
  const HttpClient client;
  int heard = 0;
  ASSERT_TRUE(client.send(get(server), only(server),
                          {.cancelled = {}, .progress = [&heard] { ++heard; }, .deadline = {}}));
  EXPECT_GE(heard, 1);
}

TEST(HttpClient, ACutAnswerIsUnavailable) {
  const LoopbackHttp server([](const LoopbackRequest&) {
    return LoopbackResponse{200, {}, "", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"};
  });
  const HttpClient client;
  const auto response = client.send(get(server), only(server));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kUnavailable);
}

TEST(HttpClient, AnEndlessHeaderBlockIsExhausted) {
  std::string raw = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 6000; ++i) raw += "X-Pad: " + std::string(50, 'x') + "\r\n";
  const LoopbackHttp server([&raw](const LoopbackRequest&) {
    return LoopbackResponse{200, {}, "", raw + "Content-Length: 0\r\n\r\n"};
  });
  const HttpClient client;
  const auto response = client.send(get(server), only(server));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kExhausted);
}

TEST(HttpClient, NobodyListeningIsUnavailable) {
  std::uint16_t port = 0;
  {
    const LoopbackHttp gone([](const LoopbackRequest&) { return LoopbackResponse{}; });
    port = gone.port();
  }
  const HttpClient client;
  HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(port) + "/?key=s3cret";
  const auto response =
      client.send(request, EgressList::parse({"127.0.0.1:" + std::to_string(port)}).value());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(response.error().message().find("s3cret"), std::string::npos);
}

TEST(HttpClient, ConnectionsAreUsedAgain) {
  const LoopbackHttp server([](const LoopbackRequest&) { return LoopbackResponse{}; });
  const HttpClient client;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client.send(get(server), only(server)));
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClient, ASecondThreadGetsItsOwnConnection) {
  std::latch both(2);
  const LoopbackHttp server([&both](const LoopbackRequest&) {
    both.arrive_and_wait();  // passes only when two requests are in flight at once
    return LoopbackResponse{};
  });
  const HttpClient client;
  std::thread other([&] { EXPECT_TRUE(client.send(get(server), only(server))); });
  EXPECT_TRUE(client.send(get(server), only(server)));
  other.join();
}

TEST(HttpClient, NothingIsRetriedByDefault) {
  const LoopbackHttp server(
      [](const LoopbackRequest&) { return LoopbackResponse{503, {}, "", {}}; });
  const HttpClient client;
  const auto response = client.send(get(server), only(server));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503U);
  EXPECT_EQ(server.requests().size(), 1U);
}

constexpr HttpRetry kThrice{.attempts_max = 3,
                            .backoff_initial = milliseconds{1},
                            .backoff_max = milliseconds{2},
                            .repeat_any_method = false};

TEST(HttpClient, APassingAnswerToAGetIsRetriedUntilItPasses) {
  std::atomic<int> count{0};
  const LoopbackHttp server([&count](const LoopbackRequest&) {
    return LoopbackResponse{++count < 3 ? 503U : 200U, {}, "", {}};
  });
  const HttpClient client;
  const auto response = client.send(get(server), only(server), {}, kThrice);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200U);
  EXPECT_EQ(count, 3);
}

TEST(HttpClient, APostThatReachedTheVendorIsNotRepeated) {
  const LoopbackHttp server(
      [](const LoopbackRequest&) { return LoopbackResponse{503, {}, "", {}}; });
  const HttpClient client;
  HttpRequest request = get(server);
  request.method = "POST";
  ASSERT_TRUE(client.send(request, only(server), {}, kThrice));
  EXPECT_EQ(server.requests().size(), 1U);
}

/// Answers the first request and then hangs up on each that it has read: what a vendor does whose
/// idle connections end in the moment in which the next request arrives.
LoopbackHttp hangs_up_after_the_first() {
  return LoopbackHttp([count = std::make_shared<std::atomic<int>>(0)](const LoopbackRequest&) {
    return ++*count == 1 ? LoopbackResponse{} : LoopbackResponse{200, {}, "", std::string()};
  });
}

TEST(HttpClient, APostIsNeverSentTwiceWhenItsConnectionDies) {
  for (const char* method : {"POST", "PATCH"}) {
    for (const char* body : {"", "refresh_token=r1"}) {
      const LoopbackHttp server = hangs_up_after_the_first();
      const HttpClient client;
      ASSERT_TRUE(client.send(get(server), only(server)));
      HttpRequest request = get(server, "/token");
      request.method = method;
      request.body = body;
      const auto response = client.send(request, only(server), {}, kThrice);
      ASSERT_FALSE(response);
      EXPECT_EQ(response.error().kind, ErrorKind::kUnavailable);
      EXPECT_EQ(server.requests().size(), 2U) << method << ' ' << body;
    }
  }
}

TEST(HttpClient, AGetOnAConnectionThatDiedIsSentAgain) {
  std::atomic<int> count{0};
  const LoopbackHttp server([&count](const LoopbackRequest&) {
    return ++count == 2 ? LoopbackResponse{200, {}, "", std::string()} : LoopbackResponse{};
  });
  const HttpClient client;
  ASSERT_TRUE(client.send(get(server), only(server)));
  EXPECT_TRUE(client.send(get(server), only(server)));
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(HttpClient, ARetryAfterPastTheDeadlineEndsTheRetries) {
  const LoopbackHttp server([](const LoopbackRequest&) {
    return LoopbackResponse{429, {{"Retry-After", "600"}}, "", {}};
  });
  const HttpClient client;
  const auto response = client.send(
      get(server), only(server),
      {.cancelled = {}, .progress = {}, .deadline = steady_clock::now() + std::chrono::seconds{20}},
      kThrice);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 429U);
  EXPECT_EQ(response->retry_after, std::chrono::seconds{600});
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(HttpClient, AHeaderThatCouldSmuggleIsRefused) {
  const LoopbackHttp server([](const LoopbackRequest&) { return LoopbackResponse{}; });
  const HttpClient client;
  const std::pair<std::string, std::string> bad[] = {{"X-A", "1\r\nX-B: 2"},
                                                     {"X A", "1"},
                                                     {"", "1"},
                                                     {"Host", "other.example"},
                                                     {"Content-Length", "0"},
                                                     {"transfer-encoding", "chunked"}};
  for (const auto& header : bad) {
    HttpRequest request = get(server);
    request.headers = {header};
    const auto response = client.send(request, only(server));
    ASSERT_FALSE(response) << header.first;
    EXPECT_EQ(response.error().kind, ErrorKind::kInvalid) << header.first;
  }
  EXPECT_EQ(server.connections(), 0U);
}

TEST(HttpClient, TheProxyOfTheEnvironmentIsNotUsed) {
  const LoopbackHttp proxy(
      [](const LoopbackRequest&) { return LoopbackResponse{502, {}, "", {}}; });
  const LoopbackHttp server([](const LoopbackRequest&) { return LoopbackResponse{}; });
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  const HttpClient client;
  const auto response = client.send(get(server), only(server));
  ::unsetenv("http_proxy");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200U);
  EXPECT_EQ(proxy.connections(), 0U);
}

TEST(HttpClient, AConfiguredProxyIsUsed) {
  const LoopbackHttp proxy(
      [](const LoopbackRequest&) { return LoopbackResponse{203, {}, "", {}}; });
  const LoopbackHttp server([](const LoopbackRequest&) { return LoopbackResponse{}; });
  HttpClientOptions options;
  options.proxy = proxy.url("");
  const HttpClient client(options);
  const auto response = client.send(get(server), only(server));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 203U);
  EXPECT_EQ(server.connections(), 0U);
}

TEST(HttpClientTls, ACertificateOfAKnownCaForTheRightNameIsAccepted) {
  const auto identity = test::TlsIdentity::make("localhost");
  const LoopbackHttp server([](const LoopbackRequest&) { return LoopbackResponse{}; }, identity);
  const TempFile ca(identity.certificate);
  HttpClientOptions options;
  options.ca_file = ca.path();
  const HttpClient client(options);
  const auto response = client.send(get(server), only(server));
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 200U);
}

TEST(HttpClientTls, AnUnknownCaIsRefused) {
  const LoopbackHttp server([](const LoopbackRequest&) { return LoopbackResponse{}; },
                            test::TlsIdentity::make("localhost"));
  const HttpClient client;
  const auto response = client.send(get(server), only(server));
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().what.find("TLS certificate was not accepted"), std::string::npos);
  EXPECT_TRUE(server.requests().empty());
}

TEST(HttpClientTls, ACertificateForAnotherNameIsRefused) {
  const auto identity = test::TlsIdentity::make("other.example");
  const LoopbackHttp server([](const LoopbackRequest&) { return LoopbackResponse{}; }, identity);
  const TempFile ca(identity.certificate);
  HttpClientOptions options;
  options.ca_file = ca.path();
  const HttpClient client(options);
  EXPECT_FALSE(client.send(get(server), only(server)));
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace gantry::net
