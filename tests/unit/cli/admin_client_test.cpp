#include "host/cli/admin_client.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/cli/fake_host.hpp"

namespace gantry::cli {
namespace {

// RFC 3986 section 2.3 lists what stays.
TEST(PercentEncoded, UnreservedStaysAndAllElseIsEncoded) {
  EXPECT_EQ(percent_encoded("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encoded("a/b:c d%"), "a%2Fb%3Ac%20d%25");
  EXPECT_EQ(percent_encoded("\xC3\xA9\n"), "%C3%A9%0A");
  EXPECT_EQ(percent_encoded(""), "");
}

TEST(WithQuery, WhatHasNoValueIsLeftOutAndTheRestIsEncoded) {
  EXPECT_EQ(with_query("/dlq", {{"source", ""}, {"kind", ""}}), "/dlq");
  EXPECT_EQ(with_query("/search", {{"q", "a&b c"}, {"source", ""}, {"limit", "3"}}),
            "/search?q=a%26b%20c&limit=3");
}

TEST(AdminClient, AStatusBecomesTheKindOfError) {
  for (const auto& [status, kind] : {std::pair{400u, ErrorKind::kInvalid},
                                     {404u, ErrorKind::kNotFound},
                                     {503u, ErrorKind::kUnavailable},
                                     {500u, ErrorKind::kInternal}}) {
    FakeHost host([&](const FakeHost::Request&) { return FakeHost::Answer{status, "oops"}; });
    const auto answer = AdminClient("http://" + host.address()).get("/x");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, kind) << status;
  }
}

TEST(AdminClient, ALargeBodyArrivesWholeAndReportsProgress) {
  std::size_t arrived = 0;
  FakeHost host([&](const FakeHost::Request& request) {
    arrived = request.body.size();
    return FakeHost::Answer{202, "{}"};
  });
  const std::string body(5'000'000, 'x');
  std::uint64_t sent = 0;
  const auto answer = AdminClient("http://" + host.address())
                          .post("/documents", "text/plain", body,
                                [&](std::uint64_t bytes) { sent = std::max(sent, bytes); });
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(arrived, body.size());
  EXPECT_EQ(sent, body.size());
}

}  // namespace
}  // namespace gantry::cli
