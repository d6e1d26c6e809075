#include "tests/unit/cli/fake_host.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <mutex>
#include <thread>

namespace gantry::cli {
namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
}  // namespace

struct FakeHost::Impl {
  explicit Impl(std::function<Answer(const Request&)> answer_)
      : answer(std::move(answer_)),
        acceptor(context, {asio::ip::make_address("127.0.0.1"), 0}),
        port(acceptor.local_endpoint().port()),
        thread([this] { serve(); }) {}

  void serve() {
    for (;;) {
      boost::system::error_code error;
      tcp::socket socket(context);
      acceptor.accept(socket, error);
      if (error || stop) return;
      beast::flat_buffer buffer;
      http::request_parser<http::string_body> parser;
      parser.body_limit(std::uint64_t{64} << 20);
      http::read(socket, buffer, parser, error);
      if (error) continue;
      Request request{std::string(parser.get().method_string()),
                      std::string(parser.get().target()),
                      {},
                      parser.get().body()};
      for (const auto& field : parser.get()) {
        request.headers.emplace_back(field.name_string(), field.value());
      }
      const Answer said = answer(request);
      {
        const std::lock_guard lock(mutex);
        requests.push_back(std::move(request));
      }
      http::response<http::string_body> response(static_cast<http::status>(said.status), 11,
                                                 said.body);
      response.set(http::field::content_type, "application/json");
      response.keep_alive(false);
      response.prepare_payload();
      http::write(socket, response, error);
      socket.shutdown(tcp::socket::shutdown_both, error);
    }
  }

  std::function<Answer(const Request&)> answer;
  asio::io_context context;
  tcp::acceptor acceptor;
  const unsigned short port;
  std::atomic<bool> stop{false};
  mutable std::mutex mutex;
  std::vector<Request> requests;
  std::thread thread;
};

std::string FakeHost::Request::header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (beast::iequals(key, name)) return value;
  }
  return {};
}

FakeHost::FakeHost(std::function<Answer(const Request&)> answer)
    : impl_(std::make_unique<Impl>(std::move(answer))) {}

FakeHost::~FakeHost() {
  impl_->stop = true;
  // A blocking accept ends with a connection of our own.
  boost::system::error_code ignored;
  tcp::socket wake(impl_->context);
  wake.connect({asio::ip::make_address("127.0.0.1"), impl_->port}, ignored);
  impl_->thread.join();
}

std::string FakeHost::address() const { return "127.0.0.1:" + std::to_string(impl_->port); }

std::vector<FakeHost::Request> FakeHost::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

}  // namespace gantry::cli
