#include "host/console/admin_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <vector>

#include "host/console/route.hpp"
#include "tests/unit/ingress/http_client.hpp"

namespace gantry::console::test {
namespace {

using ingress::test::Answer;
using ingress::test::post;
using ingress::test::RawClient;
using ingress::test::roundtrip;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(RoutePattern, ANameTakesOneDecodedSegment) {
  const RoutePattern pattern("/documents/{id}");
  EXPECT_THAT(*pattern.match("/documents/front%3Amsg%2F1"),
              UnorderedElementsAre(Pair("id", "front:msg/1")));
  EXPECT_FALSE(pattern.match("/documents"));
  EXPECT_FALSE(pattern.match("/documents/"));
  EXPECT_FALSE(pattern.match("/documents/a/b"));
  EXPECT_FALSE(pattern.match("/other/a"));
  EXPECT_FALSE(pattern.match("/documents/%zz"));
  EXPECT_FALSE(pattern.match("documents/a"));
}

TEST(RoutePattern, TheRootIsItsOwnPath) {
  const RoutePattern root("/");
  EXPECT_TRUE(root.match("/"));
  EXPECT_FALSE(root.match("/x"));
}

TEST(ParseQuery, DecodesNamesAndValues) {
  EXPECT_THAT(*parse_query("q=load+LD%2D1%20%2B&limit=5&flag&&last=1&last=2"),
              UnorderedElementsAre(Pair("q", "load LD-1 +"), Pair("limit", "5"), Pair("flag", ""),
                                   Pair("last", "2")));
  EXPECT_TRUE(parse_query("")->empty());
  EXPECT_FALSE(parse_query("q=%"));
  EXPECT_FALSE(parse_query("q=%4"));
  EXPECT_FALSE(parse_query("q=%00"));
}

TEST(AdminRequest, AnEmptyValueCountsAsNone) {
  AdminRequest request;
  request.query = {{"source", "turvo"}, {"kind", ""}};
  EXPECT_EQ(request.value("source", "all"), "turvo");
  EXPECT_EQ(request.value("kind", "all"), "all");
  EXPECT_EQ(request.value("status"), "");
}

TEST(AdminRequest, ALimitIsAWholeNumberBetweenTheTwo) {
  AdminRequest request;
  EXPECT_EQ(request.limit(20, 1, 100).value(), 20u);
  for (const char* good : {"1", "100"}) {
    request.query["limit"] = good;
    EXPECT_EQ(request.limit(20, 1, 100).value(), std::stoul(good));
  }
  for (const char* bad : {"0", "101", "-1", "1.5", "ten", "5x", "99999999999999999999999"}) {
    request.query["limit"] = bad;
    ASSERT_FALSE(request.limit(20, 1, 100)) << bad;
    EXPECT_EQ(request.limit(20, 1, 100).error().what, "limit: want a whole number, 1 to 100");
  }
  request.query["limit"] = "0";
  EXPECT_EQ(request.limit(20, 0, 100).value(), 0u);
}

class AdminServerTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (server_) server_->stop();
  }
  AdminServer& make(AdminOptions options = {}) {
    server_ = std::make_unique<AdminServer>(std::move(options));
    server_->route("GET", "/documents/{id}", [](const AdminRequest& request) {
      return json_response(200, request.params.at("id") + "?" + request.query.at("q"));
    });
    server_->route(
        "POST", "/documents",
        [](const AdminRequest& request) {
          return json_response(201, std::to_string(request.body.size()) + " " +
                                        std::string(request.header("x-name")));
        },
        AdminServer::kUploadBytesMax);
    server_->route("GET", "/documents",
                   [](const AdminRequest&) { return json_response(200, "[]"); });
    server_->route(
        "POST", "/small", [](const AdminRequest&) { return json_response(200, "{}"); }, 10);
    server_->route("GET", "/throws", [](const AdminRequest&) -> AdminResponse {
      throw std::runtime_error("inner detail");
    });
    return *server_;
  }
  Answer get(std::string_view target, std::string_view host = "localhost",
             std::string_view more = "") {
    return roundtrip(server_->port(), "GET " + std::string(target) + " HTTP/1.1\r\nHost: " +
                                          std::string(host) + "\r\n" + std::string(more) + "\r\n");
  }

  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, AHandlerGetsTheRequestTakenApart) {
  make().start().value();
  const Answer answer = get("/documents/a%2Fb?q=x+y");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "a/b?x y");
  EXPECT_EQ(roundtrip(server_->port(), post("/documents", "12345", "X-Name: n\r\n")).body, "5 n");
}

TEST_F(AdminServerTest, EveryAnswerCarriesTheSecurityHeaders) {
  make().start().value();
  for (const Answer& answer : {get("/documents"), get("/nowhere"), get("/throws")}) {
    EXPECT_EQ(answer.headers.at("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.headers.at("X-Frame-Options"), "DENY");
    EXPECT_EQ(answer.headers.at("Content-Security-Policy"), "default-src 'self'");
  }
}

TEST_F(AdminServerTest, UnknownPathsAre404AndOtherMethods405WithAllow) {
  make().start().value();
  const Answer unknown = get("/nowhere");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, R"({"error":{"kind":"not_found","message":"no such path"}})");
  const Answer other =
      roundtrip(server_->port(), "DELETE /documents HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(other.status, 405);
  EXPECT_EQ(other.headers.at("Allow"), "GET, HEAD, POST");
}

TEST_F(AdminServerTest, HeadIsAGetWithoutItsBody) {
  make().start().value();
  RawClient client(server_->port());
  client.send("HEAD /documents HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto answer = client.receive(true);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.at("Content-Length"), "2");
}

TEST_F(AdminServerTest, ABodyAboveTheRoutesCapIs413AndALargeUploadIsTaken) {
  make().start().value();
  EXPECT_EQ(roundtrip(server_->port(), post("/small", "0123456789")).status, 200);
  EXPECT_EQ(roundtrip(server_->port(), post("/small", "0123456789a")).status, 413);
  const std::string upload(5 * 1024 * 1024, 'u');
  EXPECT_EQ(roundtrip(server_->port(), post("/documents", upload)).body, "5242880 ");
}

TEST_F(AdminServerTest, WhatAHandlerThrowsIsA500ThatTellsNothing) {
  std::promise<std::string> logged;
  AdminOptions options;
  options.http.log = [&](ingress::LogLevel, std::string_view event, const ingress::LogFields& f) {
    if (event == "admin_handler_threw") logged.set_value(f.back().second);
  };
  make(std::move(options)).start().value();
  const Answer answer = get("/throws");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("inner detail"), std::string::npos);
  EXPECT_EQ(logged.get_future().get(), "inner detail");
}

TEST_F(AdminServerTest, OnLoopbackAForeignHostOrOriginIsRefused) {
  AdminOptions options;
  options.host_names = {"gantry.internal"};
  make(std::move(options)).start().value();
  for (const char* host : {"localhost", "LOCALHOST:8078", "127.0.0.1:1", "gantry.internal"}) {
    EXPECT_EQ(get("/documents", host).status, 200) << host;
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", ""}) {
    EXPECT_EQ(get("/documents", host).status, 403) << host;
  }
  EXPECT_EQ(get("/documents", "localhost", "Origin: http://localhost:8078\r\n").status, 200);
  EXPECT_EQ(get("/documents", "localhost", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(get("/documents", "localhost", "Origin: null\r\n").status, 403);
}

TEST_F(AdminServerTest, WorkBeyondThePoolIs503) {
  AdminOptions options;
  options.handler_threads = 1;
  options.handlers_waiting_max = 1;
  std::promise<void> reached;
  std::promise<void> go;
  auto gate = go.get_future().share();
  make(std::move(options)).route("GET", "/blocks", [&](const AdminRequest&) {
    reached.set_value();
    gate.wait();
    return json_response(200, "{}");
  });
  server_->start().value();
  RawClient first(server_->port());
  first.send("GET /blocks HTTP/1.1\r\nHost: localhost\r\n\r\n");
  reached.get_future().wait();
  const Answer second = get("/documents");
  EXPECT_EQ(second.status, 503);
  EXPECT_EQ(second.headers.at("Retry-After"), "1");
  go.set_value();
  EXPECT_EQ(first.receive()->status, 200);
}

TEST(ErrorResponse, NamesTheKindAndTheMessage) {
  const auto response = error_response(Error(ErrorKind::kNotFound, "no document front:msg:1"));
  EXPECT_EQ(response.status, 404u);
  EXPECT_EQ(response.body, R"({"error":{"kind":"not_found","message":"no document front:msg:1"}})");
}

}  // namespace
}  // namespace gantry::console::test
