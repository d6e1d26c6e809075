#include "tests/support/loopback_http.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace gantry::test {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

template <class T, void (*Free)(T*)>
struct Release {
  void operator()(T* object) const noexcept { Free(object); }
};

std::string pem_of(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
  if (write(bio.get()) != 1) throw std::runtime_error("PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::unique_ptr<BIO, int (*)(BIO*)> bio_over(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

}  // namespace

std::string LoopbackRequest::header(const std::string& name) const {
  for (const auto& [candidate, value] : headers) {
    if (boost::beast::iequals(candidate, name)) return value;
  }
  return {};
}

namespace {

/// Signed by `issuer`, or by itself as a CA where there is none.
TlsIdentity make_identity(const std::string& dns_name, const TlsIdentity* issuer) {
  const std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Release<X509, X509_free>> cert(X509_new());
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* const name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(dns_name.c_str()), -1, -1, 0);
  std::unique_ptr<X509, Release<X509, X509_free>> ca_cert;
  std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>> ca_key;
  if (issuer != nullptr) {
    ca_cert.reset(
        PEM_read_bio_X509(bio_over(issuer->certificate).get(), nullptr, nullptr, nullptr));
    ca_key.reset(PEM_read_bio_PrivateKey(bio_over(issuer->key).get(), nullptr, nullptr, nullptr));
  }
  X509* const signer = ca_cert ? ca_cert.get() : cert.get();
  X509_set_issuer_name(cert.get(), X509_get_subject_name(signer));
  X509V3_CTX context;
  X509V3_set_ctx(&context, signer, cert.get(), nullptr, nullptr, 0);
  const std::pair<int, std::string> extensions[] = {
      {NID_subject_alt_name, "DNS:" + dns_name},
      {NID_basic_constraints, ca_cert ? "critical,CA:FALSE" : "critical,CA:TRUE"}};
  for (const auto& [nid, value] : extensions) {
    const std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION, X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    X509_add_ext(cert.get(), extension.get(), -1);
  }
  if (X509_sign(cert.get(), ca_key ? ca_key.get() : key.get(), EVP_sha256()) == 0) {
    throw std::runtime_error("X509_sign");
  }
  return {pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, cert.get()); }),
          pem_of([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace

TlsIdentity TlsIdentity::make(const std::string& dns_name) {
  return make_identity(dns_name, nullptr);
}

TlsIdentity TlsIdentity::issue(const std::string& dns_name) const {
  return make_identity(dns_name, this);
}

struct LoopbackHttp::Impl {
  struct Session {
    explicit Session(tcp::socket accepted) : socket(std::move(accepted)) {}
    tcp::socket socket;
    std::thread thread;
  };

  Handler handler;
  bool tls = false;
  asio::io_context io;
  asio::ssl::context ssl{asio::ssl::context::tls_server};
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::uint16_t port = acceptor.local_endpoint().port();
  mutable std::mutex mutex;
  std::vector<LoopbackRequest> requests;
  std::list<Session> sessions;
  bool stopping = false;
  std::thread accepting;

  void accept_loop() {
    while (true) {
      boost::system::error_code problem;
      tcp::socket socket = acceptor.accept(problem);
      const std::lock_guard lock(mutex);
      if (problem || stopping) return;
      Session& session = sessions.emplace_back(std::move(socket));
      session.thread = std::thread([this, &session] { serve(session.socket); });
    }
  }

  void serve(tcp::socket& socket) {
    try {
      if (!tls) {
        answer_all(socket);
      } else {
        asio::ssl::stream<tcp::socket&> stream(socket, ssl);
        stream.handshake(asio::ssl::stream_base::server);
        answer_all(stream);
      }
    } catch (const std::exception&) {
      // The client went away or refused our certificate: that is what such tests are about.
    }
    ::shutdown(socket.native_handle(), SHUT_RDWR);  // closed by its owner, after the join
  }

  template <class Stream>
  void answer_all(Stream& stream) {
    boost::beast::flat_buffer buffer;
    while (true) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(64U << 20U);
      http::read(stream, buffer, parser);
      const auto& message = parser.get();
      LoopbackRequest request{
          std::string(message.method_string()), std::string(message.target()), {}, message.body()};
      for (const auto& field : message) {
        request.headers.emplace_back(field.name_string(), field.value());
      }
      {
        const std::lock_guard lock(mutex);
        requests.push_back(request);
      }
      const LoopbackResponse answer = handler(request);
      if (answer.raw) {
        asio::write(stream, asio::buffer(*answer.raw));
        return;
      }
      http::response<http::string_body> out;
      out.version(11);
      out.result(answer.status);
      for (const auto& [name, value] : answer.headers) out.insert(name, value);
      out.body() = answer.body;
      out.keep_alive(message.keep_alive());
      if (request.method == "HEAD") {
        out.content_length(answer.body.size());
        out.body().clear();
        http::response_serializer<http::string_body> head(out);
        http::write_header(stream, head);
      } else {
        out.prepare_payload();
        http::write(stream, out);
      }
      if (!message.keep_alive()) return;
    }
  }
};

LoopbackHttp::LoopbackHttp(Handler handler, std::optional<TlsIdentity> tls)
    : impl_(std::make_unique<Impl>()) {
  impl_->handler = std::move(handler);
  if (tls) {
    impl_->tls = true;
    impl_->ssl.use_certificate(asio::buffer(tls->certificate), asio::ssl::context::pem);
    impl_->ssl.use_private_key(asio::buffer(tls->key), asio::ssl::context::pem);
  }
  impl_->accepting = std::thread([this] { impl_->accept_loop(); });
}

LoopbackHttp::~LoopbackHttp() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    ::shutdown(impl_->acceptor.native_handle(), SHUT_RDWR);  // wakes a blocked accept
    for (auto& session : impl_->sessions) ::shutdown(session.socket.native_handle(), SHUT_RDWR);
  }
  impl_->accepting.join();
  for (auto& session : impl_->sessions) session.thread.join();
}

std::uint16_t LoopbackHttp::port() const { return impl_->port; }

std::string LoopbackHttp::authority() const {
  return (impl_->tls ? "localhost:" : "127.0.0.1:") + std::to_string(impl_->port);
}

std::string LoopbackHttp::url(const std::string& path) const {
  return (impl_->tls ? "https://" : "http://") + authority() + path;
}

std::vector<LoopbackRequest> LoopbackHttp::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

std::size_t LoopbackHttp::connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->sessions.size();
}

}  // namespace gantry::test
