#include "host/stores/redis/pool.hpp"

#include <algorithm>

namespace gantry::stores::redis {
namespace {

constexpr std::chrono::milliseconds kCancelPoll{50};

/// A replica or a server without our rights stays one: the next call must dial again.
bool worth_keeping(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ERROR) return true;
  const std::string_view text(reply.str, reply.len);
  return !text.starts_with("READONLY") && !text.starts_with("NOAUTH");
}

}  // namespace

Pool::Pool(Target target, std::size_t connections_max, std::chrono::milliseconds timeout)
    : target_(std::move(target)), connections_max_(connections_max), timeout_(timeout) {}

Result<Reply> Pool::call(std::string_view what, std::span<const std::string_view> words,
                         const CallOptions& options) {
  const Patience patience = Patience::of(options, timeout_);
  auto borrowed = borrow(patience);
  if (!borrowed) return borrowed.error();
  std::unique_ptr<Connection> connection = std::move(*borrowed);
  Result<Reply> reply = Error{};
  for (bool fresh = false;; connection.reset()) {
    if (!connection) {
      auto dialled = Connection::dial(target_, patience);
      if (!dialled) {
        reply = dialled.error();
        break;
      }
      connection = std::move(*dialled);
      fresh = true;
    }
    reply = connection->call(words, patience);
    if (reply || fresh || reply.error().kind != ErrorKind::kUnavailable) break;
    forget_idle();  // the server went away meanwhile: the others are dead as well
  }
  const bool keep = reply && worth_keeping(**reply);
  give_back(keep ? std::move(connection) : nullptr);
  if (!reply) {
    return Error{reply.error().kind, std::string(what) + " on " + reply.error().what,
                 reply.error().upstream};
  }
  if ((*reply)->type == REDIS_REPLY_ERROR) {
    return error_of(**reply, std::string(what) + " on " + target_.shown());
  }
  return reply;
}

Result<std::unique_ptr<Connection>> Pool::borrow(const Patience& patience) {
  std::unique_lock lock(mutex_);
  while (in_use_ >= connections_max_) {
    if (patience.cancelled && patience.cancelled()) {
      return Error{ErrorKind::kCancelled, target_.shown() + ": the caller gave up"};
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= patience.end) {
      return Error{ErrorKind::kTimeout, target_.shown() + ": all connections were in use"};
    }
    freed_.wait_until(
        lock, patience.cancelled ? std::min(patience.end, now + kCancelPoll) : patience.end);
  }
  ++in_use_;
  if (idle_.empty()) return std::unique_ptr<Connection>();
  auto out = std::move(idle_.back());
  idle_.pop_back();
  return out;
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    --in_use_;
    if (connection) idle_.push_back(std::move(connection));
  }
  freed_.notify_one();
}

void Pool::forget_idle() {
  std::vector<std::unique_ptr<Connection>> dead;
  const std::lock_guard lock(mutex_);
  dead.swap(idle_);
}

}  // namespace gantry::stores::redis
