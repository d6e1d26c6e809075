#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <mutex>

#include "host/temporal/client/client.hpp"
#include "tests/support/temporal_server.hpp"
#include "tests/support/tls_front.hpp"

/// Temporal behind TLS, as every cluster outside a machine is.
namespace gantry::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

temporal::ConnectionOptions secure_options(std::uint16_t port, const std::string& ca) {
  temporal::ConnectionOptions options = TemporalServer::shared().options();
  options.address = "localhost:" + std::to_string(port);
  options.tls.enabled = true;
  options.tls.ca = ca;
  options.call_timeout = std::chrono::seconds(5);
  return options;
}

Result<void> ask(temporal::ConnectionOptions options) {
  options.connect_patience = std::chrono::seconds(3);
  auto connection = temporal::Connection::open(std::move(options), {});
  if (!connection) return connection.error();
  return temporal::Client(**connection).describe_namespace();
}

class Secure : public ::testing::Test {
 protected:
  const test::TlsIdentity ca_ = test::TlsIdentity::make("ca.example");
  const test::TlsIdentity server_ = ca_.issue("localhost");
  const test::TlsIdentity client_ca_ = test::TlsIdentity::make("workers.example");
  const test::TlsIdentity client_ = client_ca_.issue("gantry-worker");
  const std::uint16_t target_ = port_of(TemporalServer::shared().address());
};

TEST_F(Secure, ARealServerIsReachedThroughTls) {
  const test::TlsFront front({target_, server_, ""});
  const auto answer = ask(secure_options(front.port(), ca_.certificate));
  EXPECT_TRUE(answer) << answer.error().message();
  EXPECT_GE(front.handshakes(), 1u);
}

TEST_F(Secure, AnUnknownAuthorityIsRefused) {
  const test::TlsFront front({target_, server_, ""});
  const auto answer = ask(secure_options(front.port(), client_ca_.certificate));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(front.handshakes(), 0u);
}

TEST_F(Secure, AnotherNameIsRefused) {
  const test::TlsIdentity other = ca_.issue("temporal.example");
  const test::TlsFront front({target_, other, ""});
  auto options = secure_options(front.port(), ca_.certificate);
  ASSERT_FALSE(ask(options));
  options.tls.server_name = "temporal.example";
  const auto answer = ask(options);
  EXPECT_TRUE(answer) << answer.error().message();
}

TEST_F(Secure, TheServerMayDemandOurCertificate) {
  const test::TlsFront front({target_, server_, client_ca_.certificate});
  auto options = secure_options(front.port(), ca_.certificate);
  EXPECT_FALSE(ask(options)) << "without one";
  options.tls.certificate = client_.certificate;
  options.tls.key = client_.key;
  const auto answer = ask(options);
  EXPECT_TRUE(answer) << answer.error().message();
}

TEST_F(Secure, PlainTextToATlsPortFails) {
  const test::TlsFront front({target_, server_, ""});
  auto options = secure_options(front.port(), "");
  options.tls.enabled = false;
  EXPECT_FALSE(ask(options));
}

/// Keeps the authorization of each call and implements nothing.
class KeyKeeper : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    const auto [first, last] = context->client_metadata().equal_range("authorization");
    {
      const std::lock_guard lock(mutex_);
      for (auto each = first; each != last; ++each) {
        keys_.emplace_back(each->second.data(), each->second.size());
      }
    }
    struct Refusal : grpc::ServerGenericBidiReactor {
      Refusal() { Finish({grpc::StatusCode::PERMISSION_DENIED, "not yours"}); }
      void OnDone() override { delete this; }
    };
    return new Refusal;
  }
  std::vector<std::string> keys() const {
    const std::lock_guard lock(mutex_);
    return keys_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> keys_;
};

TEST_F(Secure, TheApiKeyGoesWithEveryCallAndIntoNoError) {
  KeyKeeper keeper;
  grpc::SslServerCredentialsOptions credentials;
  credentials.pem_key_cert_pairs.push_back({server_.key, server_.certificate});
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("localhost:0", grpc::SslServerCredentials(credentials), &port);
  builder.RegisterCallbackGenericService(&keeper);
  const auto server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);

  auto options = secure_options(static_cast<std::uint16_t>(port), ca_.certificate);
  options.api_key = "cloud-key-4711";
  const auto answer = ask(options);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), Not(HasSubstr("4711")));
  EXPECT_THAT(keeper.keys(), Not(IsEmpty()));
  EXPECT_THAT(keeper.keys(), Each("Bearer cloud-key-4711"));
  server->Shutdown();
}

}  // namespace
}  // namespace gantry::testing
