#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "host/ingress/exchange.hpp"
#include "host/ingress/http_server.hpp"
#include "host/ingress/request_parser.hpp"

namespace gantry::ingress {

using LoopExecutor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>;
template <class T>
using Awaitable = boost::asio::awaitable<T, LoopExecutor>;
inline constexpr boost::asio::use_awaitable_t<LoopExecutor> kAwait{};

/// Carries answers from any thread to the event loop of their connections: one wake-up for all that
/// came since the last. Outlives the loop, because answers may. [any-thread]
class AnswerBox {
 public:
  explicit AnswerBox(boost::asio::io_context& loop) : loop_(&loop) {}
  void put(std::shared_ptr<Session> session, std::uint64_t exchange, Response response);
  /// From here on answers are dropped. [strand]
  void close();

 private:
  using Answer = std::tuple<std::shared_ptr<Session>, std::uint64_t, Response>;
  void drain();

  std::mutex mutex_;
  boost::asio::io_context* loop_;
  std::vector<Answer> waiting_;
  std::vector<Answer> taken_;  // The loop's: keeps its room between two drains.
};

/// What all connections of a server share. Outlives them.
struct SessionContext {
  const HttpOptions& options;
  ExchangeHandler& handler;
  HttpCounters& counters;
  const std::atomic<bool>& stopping;
};

/// One connection, from accept to close: reads a request, has it answered, writes the answer, and
/// again. It is on one event loop; only Responder touches it from outside, through the AnswerBox.
///
/// Deadlines are checked by the loop's tick, which costs nothing per operation. [strand]
class Session : public std::enable_shared_from_this<Session> {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Session(Socket socket, std::string remote, SessionContext& context,
          std::shared_ptr<AnswerBox> answers);

  /// Serves until the connection ends.
  Awaitable<void> run();
  /// Ends what has outlived its deadline.
  void tick(Time now);
  /// Graceful: an idle connection closes now, a busy one after its answer.
  void wind_down();
  /// Closes at once, whatever it is doing.
  void abort();
  /// An answer has come; stale ones are dropped.
  void deliver(std::uint64_t exchange, Response response);

  const std::string& remote() const noexcept { return remote_; }
  const std::shared_ptr<AnswerBox>& answers() const noexcept { return answers_; }

 private:
  enum class Phase { kIdle, kReading, kAnswering, kWriting, kLingering };
  enum class Read { kDone, kClosed, kRefused };

  Awaitable<bool> exchange();
  Awaitable<Read> read_head(RequestParser& parser);
  Awaitable<Read> read_body(RequestParser& parser, std::size_t body_max);
  Awaitable<bool> fill(std::size_t wanted);
  Awaitable<std::optional<Response>> answer(InboundRequest request);
  Awaitable<bool> send(Response response, bool keep_alive, bool with_body);
  Awaitable<bool> refuse(unsigned status, std::string_view reason);
  Awaitable<void> linger();
  Read refused(unsigned status, std::string_view reason);
  bool reserve(std::size_t bytes);
  void release();
  void enter(Phase phase, std::chrono::milliseconds limit);

  std::optional<Socket> socket_;  // Gone when run() ends: an answer may keep the rest alive.
  const std::string remote_;
  SessionContext& context_;
  const std::shared_ptr<AnswerBox> answers_;

  boost::beast::flat_buffer buffer_;
  std::string out_;
  Phase phase_ = Phase::kIdle;
  Time deadline_{};
  bool expired_ = false;
  bool aborted_ = false;
  std::size_t reserved_ = 0;
  unsigned refusal_ = 0;
  std::string_view refusal_reason_;

  std::uint64_t exchange_ = 0;
  std::function<void()> resume_;
  std::optional<Response> answer_;
};

}  // namespace gantry::ingress
