#include "host/ingress/session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "host/ingress/response_text.hpp"

namespace gantry::ingress {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t kReadBytes = 4 * 1024;
constexpr std::size_t kLingerBytesMax = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds kLingerTimeout{2'000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

void Responder::operator()(Response response) const {
  session_->answers()->put(session_, exchange_, std::move(response));
}

void AnswerBox::put(std::shared_ptr<Session> session, std::uint64_t exchange, Response response) {
  const std::lock_guard lock(mutex_);
  if (!loop_) return;
  waiting_.emplace_back(std::move(session), exchange, std::move(response));
  if (waiting_.size() == 1) asio::post(*loop_, [this] { drain(); });
}

void AnswerBox::drain() {
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(waiting_);
  }
  for (auto& [session, exchange, response] : taken_) {
    session->deliver(exchange, std::move(response));
  }
  taken_.clear();
}

void AnswerBox::close() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
  waiting_.clear();
}

Session::Session(Socket socket, std::string remote, SessionContext& context,
                 std::shared_ptr<AnswerBox> answers)
    : socket_(std::move(socket)),
      remote_(std::move(remote)),
      context_(context),
      answers_(std::move(answers)),
      buffer_(context.options.limits.header_bytes_max + kReadBytes) {
  buffer_.reserve(kReadBytes);
}

Awaitable<void> Session::run() {
  const auto self = shared_from_this();
  bool more = true;
  while (more) {
    more = co_await exchange();
    release();
  }
  error_code ignored;
  socket_->close(ignored);
  socket_.reset();
}

Awaitable<bool> Session::exchange() {
  RequestParser parser(static_cast<std::uint32_t>(context_.options.limits.header_bytes_max));
  Read read = co_await read_head(parser);
  if (read == Read::kClosed) co_return false;
  if (read == Read::kRefused) co_return co_await refuse(refusal_, refusal_reason_);
  ++context_.counters.requests;

  InboundRequest& request = parser.request();
  request.remote = remote_;
  const bool head_only = request.method == "HEAD";
  Admission admission = context_.handler.admit(request);
  if (admission.refusal) {
    const bool whole = !parser.has_body();
    const bool keep = whole && parser.keep_alive() && !context_.stopping;
    const bool sent = co_await send(std::move(*admission.refusal), keep, !head_only);
    if (sent && !whole) co_await linger();
    co_return sent&& keep;
  }

  read = co_await read_body(parser, admission.body_max);
  if (read == Read::kClosed) co_return false;
  if (read == Read::kRefused) co_return co_await refuse(refusal_, refusal_reason_);
  request.received_at = context_.options.clock->now();

  auto response = co_await answer(std::move(request));
  if (!response) {
    if (aborted_) co_return false;
    co_return co_await refuse(503, "no answer in time");
  }
  const bool keep = parser.keep_alive() && !context_.stopping;
  co_return co_await send(std::move(*response), keep, !head_only) && keep;
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): awaited in place.
Awaitable<Session::Read> Session::read_head(RequestParser& parser) {
  const auto& limits = context_.options.limits;
  std::size_t taken = 0;
  if (buffer_.size() == 0) {
    enter(Phase::kIdle, limits.idle_timeout);
    if (context_.stopping || !co_await fill(kReadBytes)) co_return Read::kClosed;
  }
  enter(Phase::kReading, limits.request_timeout);
  while (true) {
    error_code failed;
    const std::size_t used = parser.put(buffer_.data(), failed);
    buffer_.consume(used);
    taken += used;
    if (failed && failed != http::error::need_more) {
      if (failed == http::error::header_limit) co_return refused(431, "header too large");
      co_return refused(400, "malformed request");
    }
    // Beast counts only what it has not consumed yet.
    const bool done = parser.is_header_done();
    if (taken + (done ? 0 : buffer_.size()) > limits.header_bytes_max) {
      co_return refused(431, "header too large");
    }
    if (done) break;
    if (!co_await fill(kReadBytes)) {
      co_return expired_ && !aborted_ ? refused(408, "request not complete in time")
                                      : Read::kClosed;
    }
  }
  if (parser.refusal()) co_return refused(parser.refusal(), "malformed request");
  co_return Read::kDone;
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): awaited in place.
Awaitable<Session::Read> Session::read_body(RequestParser& parser, std::size_t body_max) {
  if (parser.is_done()) co_return Read::kDone;
  const auto length = parser.content_length();
  if (length && *length > body_max) co_return refused(413, "body too large");
  if (length && !reserve(static_cast<std::size_t>(*length))) {
    co_return refused(503, "too many bytes in flight");
  }
  parser.body_limit(body_max);
  if (parser.expects_continue() && buffer_.size() == 0) {
    error_code failed;
    co_await asio::async_write(*socket_, asio::buffer(kContinue),
                               asio::redirect_error(kAwait, failed));
    if (failed) co_return Read::kClosed;
  }
  while (!parser.is_done()) {
    error_code failed;
    const std::size_t used = parser.put(buffer_.data(), failed);
    buffer_.consume(used);
    if (failed == http::error::body_limit) co_return refused(413, "body too large");
    if (failed && failed != http::error::need_more) co_return refused(400, "malformed body");
    const std::size_t held = parser.request().body.size();
    if (held > reserved_ && !reserve(held - reserved_)) {
      co_return refused(503, "too many bytes in flight");
    }
    if (parser.is_done()) break;
    if (used > 0 && buffer_.size() > 0) continue;
    // A chunk header that fills the buffer never ends.
    if (buffer_.size() == buffer_.max_size()) co_return refused(400, "malformed body");
    // A large body comes in the largest pieces that the buffer takes.
    const bool large = length && *length > held + kReadBytes;
    if (!co_await fill(large ? buffer_.max_size() : kReadBytes)) {
      co_return expired_ && !aborted_ ? refused(408, "request not complete in time")
                                      : Read::kClosed;
    }
  }
  co_return Read::kDone;
}

Awaitable<bool> Session::fill(std::size_t wanted) {
  const std::size_t room = std::min(wanted, buffer_.max_size() - buffer_.size());
  if (room == 0 || expired_) co_return false;
  error_code failed;
  const std::size_t count = co_await socket_->async_read_some(buffer_.prepare(room),
                                                              asio::redirect_error(kAwait, failed));
  buffer_.commit(count);
  co_return !failed && !expired_;
}

Awaitable<std::optional<Response>> Session::answer(InboundRequest request) {
  enter(Phase::kAnswering, context_.options.limits.answer_timeout);
  ++context_.counters.in_flight;
  answer_.reset();
  context_.handler.handle(std::move(request), Responder(shared_from_this(), ++exchange_));
  if (!expired_) {
    co_await asio::async_initiate<const asio::use_awaitable_t<LoopExecutor>, void()>(
        [this](auto handler) {
          // Shared only because std::function wants to copy.
          auto held = std::make_shared<decltype(handler)>(std::move(handler));
          resume_ = [held] { std::move (*held)(); };
        },
        kAwait);
  }
  ++exchange_;
  --context_.counters.in_flight;
  co_return std::exchange(answer_, std::nullopt);
}

void Session::deliver(std::uint64_t exchange, Response response) {
  if (exchange != exchange_ || phase_ != Phase::kAnswering || answer_ || expired_) return;
  answer_ = std::move(response);
  if (const auto resume = std::exchange(resume_, nullptr)) resume();
}

Awaitable<bool> Session::send(Response response, bool keep_alive, bool with_body) {
  enter(Phase::kWriting, context_.options.limits.write_timeout);
  if (aborted_) co_return false;
  write_response(out_, response, keep_alive, with_body, context_.options.clock->now());
  error_code failed;
  co_await asio::async_write(*socket_, asio::buffer(out_), asio::redirect_error(kAwait, failed));
  if (out_.capacity() > kReadBytes) std::string().swap(out_);
  co_return !failed && !expired_;
}

Session::Read Session::refused(unsigned status, std::string_view reason) {
  refusal_ = status;
  refusal_reason_ = reason;
  return Read::kRefused;
}

/// Tells the sender why and closes: what follows on this connection cannot be trusted.
Awaitable<bool> Session::refuse(unsigned status, std::string_view reason) {
  auto& counters = context_.counters;
  if (status == 413 || status == 431) {
    ++counters.too_large;
  } else if (status == 408) {
    ++counters.timed_out;
  } else if (status == 503) {
    ++counters.overloaded;
  } else {
    ++counters.malformed;
  }
  if (co_await send(context_.handler.refuse(status, reason), false, true)) co_await linger();
  co_return false;
}

/// Reads on for a moment after the answer: closing over unread bytes would reset the connection and
/// take the answer with it (RFC 9112 section 9.6).
Awaitable<void> Session::linger() {
  enter(Phase::kLingering, kLingerTimeout);
  error_code failed;
  socket_->shutdown(asio::ip::tcp::socket::shutdown_send, failed);
  buffer_.clear();
  std::size_t left = kLingerBytesMax;
  while (left > 0 && co_await fill(kReadBytes)) {
    left -= std::min(left, buffer_.size());
    buffer_.clear();
  }
}

bool Session::reserve(std::size_t bytes) {
  const std::size_t before = context_.counters.in_flight_bytes.fetch_add(bytes);
  reserved_ += bytes;
  if (before + bytes <= context_.options.limits.in_flight_bytes_max) return true;
  release();
  return false;
}

void Session::release() { context_.counters.in_flight_bytes -= std::exchange(reserved_, 0); }

void Session::enter(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  expired_ = aborted_;
  deadline_ = std::chrono::steady_clock::now() + limit;
}

void Session::tick(Time now) {
  if (expired_ || now < deadline_ || !socket_) return;
  expired_ = true;
  if (const auto resume = std::exchange(resume_, nullptr)) return resume();
  error_code ignored;
  socket_->cancel(ignored);
}

void Session::wind_down() {
  if (phase_ == Phase::kIdle) abort();
}

void Session::abort() {
  aborted_ = true;
  deadline_ = {};
  tick(std::chrono::steady_clock::now());
}

}  // namespace gantry::ingress
