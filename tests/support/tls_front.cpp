#include "tests/support/tls_front.hpp"

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <thread>

namespace gantry::test {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;
using Secure = asio::ssl::stream<tcp::socket>;

struct Link {
  Link(tcp::socket accepted, asio::ssl::context& context)
      : front(std::move(accepted), context), back(front.get_executor()) {}
  Secure front;
  tcp::socket back;

  void close() {
    boost::system::error_code ignored;
    front.next_layer().close(ignored);
    back.close(ignored);
  }
};

template <class From, class To>
asio::awaitable<void> pass_on(std::shared_ptr<Link> link, From& from, To& to) {
  std::array<char, 16384> buffer;
  try {
    while (true) {
      const std::size_t size = co_await from.async_read_some(asio::buffer(buffer), use_awaitable);
      co_await asio::async_write(to, asio::buffer(buffer, size), use_awaitable);
    }
  } catch (const boost::system::system_error&) {
    link->close();
  }
}

int choose_h2(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
              unsigned in_size, void*) {
  static constexpr unsigned char kH2[] = {2, 'h', '2'};
  auto* chosen = const_cast<unsigned char**>(out);
  return SSL_select_next_proto(chosen, size, kH2, sizeof kH2, in, in_size) == OPENSSL_NPN_NEGOTIATED
             ? SSL_TLSEXT_ERR_OK
             : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

struct TlsFront::Impl {
  explicit Impl(const Options& options)
      : context(asio::ssl::context::tls_server),
        acceptor(io, {asio::ip::make_address("127.0.0.1"), 0}),
        target(asio::ip::make_address("127.0.0.1"), options.target_port) {
    context.use_certificate_chain(asio::buffer(options.identity.certificate));
    context.use_private_key(asio::buffer(options.identity.key), asio::ssl::context::pem);
    SSL_CTX_set_alpn_select_cb(context.native_handle(), choose_h2, nullptr);
    if (!options.client_ca.empty()) {
      context.add_certificate_authority(asio::buffer(options.client_ca));
      context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    asio::co_spawn(io, accept(), asio::detached);
    thread = std::thread([this] { io.run(); });
  }
  ~Impl() {
    io.stop();
    thread.join();
  }

  asio::awaitable<void> accept() {
    while (true) {
      auto link = std::make_shared<Link>(co_await acceptor.async_accept(use_awaitable), context);
      asio::co_spawn(io, serve(link), asio::detached);
    }
  }

  asio::awaitable<void> serve(std::shared_ptr<Link> link) {
    try {
      co_await link->front.async_handshake(asio::ssl::stream_base::server, use_awaitable);
      ++handshakes;
      co_await link->back.async_connect(target, use_awaitable);
      asio::co_spawn(io, pass_on(link, link->front, link->back), asio::detached);
      asio::co_spawn(io, pass_on(link, link->back, link->front), asio::detached);
    } catch (const boost::system::system_error&) {
      link->close();
    }
  }

  asio::io_context io{1};
  asio::ssl::context context;
  tcp::acceptor acceptor;
  const tcp::endpoint target;
  std::atomic<std::size_t> handshakes{0};
  std::thread thread;
};

TlsFront::TlsFront(Options options) : impl_(std::make_unique<Impl>(options)) {}
TlsFront::~TlsFront() = default;
std::uint16_t TlsFront::port() const { return impl_->acceptor.local_endpoint().port(); }
std::size_t TlsFront::handshakes() const { return impl_->handshakes; }

}  // namespace gantry::test
