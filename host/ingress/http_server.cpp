#include "host/ingress/http_server.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "host/base/assert.hpp"
#include "host/ingress/session.hpp"

namespace gantry::ingress {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};

/// Often enough that no time-out is late by more than a quarter.
std::chrono::milliseconds tick_of(const HttpLimits& limits) {
  const auto shortest = std::min(
      {limits.idle_timeout, limits.request_timeout, limits.answer_timeout, limits.write_timeout});
  return std::clamp(shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{500});
}

/// One event loop and the connections on it. Everything but `box` and `turned` is its thread's
/// alone.
struct Loop {
  asio::io_context io{1};
  asio::executor_work_guard<LoopExecutor> work{io.get_executor()};
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>
      ticker{io.get_executor()};
  std::shared_ptr<AnswerBox> box = std::make_shared<AnswerBox>(io);
  // Shared with the coroutine and with answers on their way.
  std::unordered_set<std::shared_ptr<Session>> sessions;
  bool closed = false;  // No timer may be armed again.
  std::atomic<std::chrono::steady_clock::time_point> turned{std::chrono::steady_clock::now()};
  std::thread thread;
};

Error bind_error(const HttpOptions& options, const error_code& failed) {
  ErrorKind kind = ErrorKind::kInvalid;
  std::string remedy = "name an address of this machine";
  if (failed == asio::error::address_in_use) {
    kind = ErrorKind::kConflict;
    remedy = "choose another port, or stop the process that has it";
  } else if (failed == asio::error::access_denied) {
    kind = ErrorKind::kDenied;
    remedy = "choose a port above 1023, or give the process the right to bind it";
  }
  return {kind,
          "cannot listen on " + options.address + " port " + std::to_string(options.port) + "; " +
              remedy,
          failed.message()};
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpOptions options_, ExchangeHandler& handler)
      : options(std::move(options_)), context{options, handler, counters, stopping} {}

  using Acceptor = asio::basic_socket_acceptor<tcp, LoopExecutor>;

  const HttpOptions options;
  HttpCounters counters;
  std::atomic<bool> stopping{false};
  SessionContext context;
  std::vector<std::unique_ptr<Loop>> loops;
  std::optional<Acceptor> acceptor;  // The first loop's.
  std::optional<asio::steady_timer> accept_pause;
  std::size_t next_loop = 0;
  std::uint16_t port = 0;
  bool started = false;

  std::mutex mutex;
  std::condition_variable session_ended;
  std::map<std::string, std::size_t, std::less<>> per_address;
  std::size_t live = 0;

  Result<void> bind();
  void accept();
  void accepted(Socket socket, Loop& loop);
  bool admit(const std::string& remote);
  void ended(Loop& loop, const std::shared_ptr<Session>& session, std::exception_ptr failure);
  void arm(Loop& loop);
  bool wait_for_sessions(std::chrono::milliseconds limit);
  template <class Fn>
  void each_session(Fn fn);
};

Result<void> HttpServer::Impl::bind() {
  error_code failed;
  const auto address = asio::ip::make_address(options.address, failed);
  if (failed) return bind_error(options, failed);
  const tcp::endpoint endpoint(address, options.port);
  acceptor.emplace(loops.front()->io.get_executor());
  acceptor->open(endpoint.protocol(), failed);
  if (!failed) acceptor->set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor->bind(endpoint, failed);
  if (!failed) acceptor->listen(asio::socket_base::max_listen_connections, failed);
  if (failed) return bind_error(options, failed);
  port = acceptor->local_endpoint(failed).port();
  accept_pause.emplace(loops.front()->io);
  return {};
}

void HttpServer::Impl::accept() {
  Loop& loop = *loops[next_loop++ % loops.size()];
  acceptor->async_accept(loop.io.get_executor(), [this, &loop](error_code failed, Socket socket) {
    if (stopping) return;
    if (!failed) {
      accepted(std::move(socket), loop);
      return accept();
    }
    // Out of descriptors or memory: those who wait are served when something closes.
    if (options.log) {
      options.log(LogLevel::kWarn, "accept_failed", {{"error", failed.message()}});
    }
    accept_pause->expires_after(kAcceptPause);
    accept_pause->async_wait([this](error_code cancelled) {
      if (!cancelled && !stopping) accept();
    });
  });
}

bool HttpServer::Impl::admit(const std::string& remote) {
  const std::lock_guard lock(mutex);
  if (live >= options.limits.connections_max) return false;
  std::size_t& held = per_address[remote];
  if (held >= options.limits.connections_per_address_max) return false;
  ++held;
  counters.connections = ++live;
  return true;
}

void HttpServer::Impl::accepted(Socket socket, Loop& loop) {
  error_code failed;
  const auto peer = socket.remote_endpoint(failed);
  if (failed) return;
  std::string remote = peer.address().to_string();
  if (!admit(remote)) {
    ++counters.connections_refused;
    return;
  }
  socket.set_option(tcp::no_delay(true), failed);
  auto session = std::make_shared<Session>(std::move(socket), std::move(remote), context, loop.box);
  asio::post(loop.io, [this, &loop, session] {
    loop.sessions.insert(session);
    if (stopping) session->wind_down();
    asio::co_spawn(loop.io.get_executor(), session->run(),
                   [this, &loop, session](std::exception_ptr failure) {
                     ended(loop, session, std::move(failure));
                   });
  });
}

void HttpServer::Impl::ended(Loop& loop, const std::shared_ptr<Session>& session,
                             std::exception_ptr failure) {
  if (failure && options.log) {
    options.log(LogLevel::kError, "connection_failed", {{"remote", session->remote()}});
  }
  loop.sessions.erase(session);
  const std::lock_guard lock(mutex);
  const auto held = per_address.find(session->remote());
  if (--held->second == 0) per_address.erase(held);
  counters.connections = --live;
  session_ended.notify_all();
}

void HttpServer::Impl::arm(Loop& loop) {
  loop.ticker.expires_after(tick_of(options.limits));
  loop.ticker.async_wait([this, &loop](error_code cancelled) {
    // One that has fired already cannot be cancelled any more.
    if (cancelled || loop.closed) return;
    const auto now = std::chrono::steady_clock::now();
    loop.turned = now;
    // A resumed connection may end and leave the set: walk over a copy.
    const std::vector<std::shared_ptr<Session>> open(loop.sessions.begin(), loop.sessions.end());
    for (const auto& session : open) session->tick(now);
    arm(loop);
  });
}

template <class Fn>
void HttpServer::Impl::each_session(Fn fn) {
  for (auto& loop : loops) {
    asio::post(loop->io, [&loop = *loop, fn] {
      const std::vector<std::shared_ptr<Session>> open(loop.sessions.begin(), loop.sessions.end());
      for (const auto& session : open) fn(*session);
    });
  }
}

bool HttpServer::Impl::wait_for_sessions(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex);
  return session_ended.wait_for(lock, limit, [this] { return live == 0; });
}

HttpServer::HttpServer(HttpOptions options, ExchangeHandler& handler)
    : impl_(std::make_unique<Impl>(std::move(options), handler)) {}

HttpServer::~HttpServer() { GANTRY_ASSERT(!impl_->started); }

Result<void> HttpServer::start() {
  GANTRY_ASSERT(!impl_->started);
  impl_->stopping = false;
  for (std::size_t i = 0; i < std::max<std::size_t>(1, impl_->options.threads); ++i) {
    impl_->loops.push_back(std::make_unique<Loop>());
  }
  if (auto bound = impl_->bind(); !bound) {
    impl_->acceptor.reset();
    impl_->loops.clear();
    return bound;
  }
  for (auto& loop : impl_->loops) {
    impl_->arm(*loop);
    loop->thread = std::thread([&io = loop->io] { io.run(); });
  }
  asio::post(impl_->loops.front()->io, [impl = impl_.get()] { impl->accept(); });
  impl_->started = true;
  return {};
}

void HttpServer::stop() {
  if (!impl_->started) return;
  impl_->stopping = true;
  asio::post(impl_->loops.front()->io, [impl = impl_.get()] {
    error_code ignored;
    impl->acceptor->close(ignored);
    impl->accept_pause->cancel();
  });
  impl_->each_session([](Session& session) { session.wind_down(); });
  if (!impl_->wait_for_sessions(impl_->options.limits.drain_timeout)) {
    impl_->each_session([](Session& session) { session.abort(); });
    // An aborted connection has nothing left to wait for.
    impl_->wait_for_sessions(std::chrono::hours{1});
  }
  for (auto& loop : impl_->loops) {
    asio::post(loop->io, [&loop = *loop] {
      loop.closed = true;
      loop.box->close();
      loop.ticker.cancel();
      loop.work.reset();
    });
  }
  for (auto& loop : impl_->loops) loop->thread.join();
  impl_->accept_pause.reset();
  impl_->acceptor.reset();
  impl_->loops.clear();
  impl_->started = false;
}

std::uint16_t HttpServer::port() const noexcept { return impl_->port; }
const HttpCounters& HttpServer::counters() const noexcept { return impl_->counters; }

std::chrono::steady_clock::duration HttpServer::silence() const noexcept {
  std::chrono::steady_clock::duration longest{0};
  const auto now = std::chrono::steady_clock::now();
  for (const auto& loop : impl_->loops) longest = std::max(longest, now - loop->turned.load());
  return longest;
}

}  // namespace gantry::ingress
