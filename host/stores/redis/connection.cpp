#include "host/stores/redis/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <vector>

#include "host/base/assert.hpp"

namespace gantry::stores::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kCancelPoll{50};
constexpr std::size_t kReadBytes = 16U << 10U;

/// Never undone: another library of the process may use libcurl until the very end.
void init_curl_once() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  GANTRY_ASSERT(ready);
}

int stop_when_cancelled(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& patience = *static_cast<const Patience*>(user);
  return patience.cancelled && patience.cancelled() ? 1 : 0;
}

milliseconds left_of(const Patience& patience) {
  return std::chrono::ceil<milliseconds>(patience.end - steady_clock::now());
}

Error too_late(const std::string& shown) {
  return {ErrorKind::kTimeout, shown + ": no answer in time"};
}

}  // namespace

Patience Patience::of(const CallOptions& options, milliseconds timeout) {
  auto end = steady_clock::now() + timeout;
  if (options.deadline) end = std::min(end, *options.deadline);
  return {end, options.cancelled};
}

Connection::Connection(std::string shown)
    : shown_(std::move(shown)), easy_(curl_easy_init()), reader_(redisReaderCreate()) {
  GANTRY_ASSERT(easy_ && reader_);
}

Result<std::unique_ptr<Connection>> Connection::dial(const Target& target,
                                                     const Patience& patience) {
  init_curl_once();
  std::unique_ptr<Connection> out(new Connection(target.shown()));
  if (auto done = out->connect(target, patience); !done) return done.error();
  if (auto done = out->greet(target, patience); !done) return done.error();
  return out;
}

Result<void> Connection::connect(const Target& target, const Patience& patience) {
  const milliseconds left = std::min(left_of(patience), target.connect_timeout);
  if (left <= milliseconds{0}) return too_late(shown_);
  CURL* const easy = easy_.get();
  // With CONNECT_ONLY no HTTP is spoken: the scheme only says whether TLS is.
  const std::string url =
      (target.tls ? "https://" : "http://") + target.host + ':' + std::to_string(target.port);
  char detail[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!target.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, target.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(left.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, stop_when_cancelled);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &patience);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
  const CURLcode code = curl_easy_perform(easy);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, nullptr);
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return Error{ErrorKind::kCancelled, shown_ + ": the caller gave up"};
  }
  if (code == CURLE_OPERATION_TIMEDOUT && steady_clock::now() >= patience.end) {
    return too_late(shown_);
  }
  if (code != CURLE_OK) {
    return Error{ErrorKind::kUnavailable,
                 shown_ + ": no connection; check that it runs, its address and its certificate",
                 detail[0] != '\0' ? detail : curl_easy_strerror(code)};
  }
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket_);
  return {};
}

Result<void> Connection::greet(const Target& target, const Patience& patience) {
  if (!target.secret.empty()) {
    std::vector<std::string_view> words = {"AUTH"};
    if (!target.user.empty()) words.push_back(target.user);
    words.push_back(target.secret);
    if (auto done = expect_ok(words, patience); !done) return done.error();
  }
  if (target.database == 0) return {};
  const std::string number = std::to_string(target.database);
  const std::array<std::string_view, 2> words = {"SELECT", number};
  return expect_ok(words, patience);
}

Result<void> Connection::expect_ok(std::span<const std::string_view> words,
                                   const Patience& patience) {
  auto reply = call(words, patience);
  if (!reply) return reply.error();
  if ((*reply)->type == REDIS_REPLY_ERROR) {
    Error refused = error_of(**reply, shown_ + ": " + std::string(words.front()));
    // A server without AUTH names the arguments of the command it does not know: the secret.
    if (words.front() == "AUTH") {
      refused.upstream = refused.upstream.substr(0, refused.upstream.find(' '));
    }
    return refused;
  }
  return {};
}

Result<Reply> Connection::call(std::span<const std::string_view> words, const Patience& patience) {
  std::vector<const char*> data;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    data.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* command = nullptr;
  const int size =
      redisFormatCommandArgv(&command, static_cast<int>(words.size()), data.data(), sizes.data());
  GANTRY_ASSERT(size > 0);
  const std::unique_ptr<char, decltype(&redisFreeCommand)> owner(command, redisFreeCommand);
  if (auto sent = send({command, static_cast<std::size_t>(size)}, patience); !sent) {
    return sent.error();
  }
  return receive(patience);
}

Result<void> Connection::send(std::string_view bytes, const Patience& patience) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const CURLcode code = curl_easy_send(easy_.get(), bytes.data(), bytes.size(), &sent);
    if (code == CURLE_AGAIN) {
      if (auto ready = wait(POLLOUT, patience); !ready) return ready.error();
    } else if (code != CURLE_OK) {
      return broke(curl_easy_strerror(code));
    }
    bytes.remove_prefix(sent);
  }
  return {};
}

Result<Reply> Connection::receive(const Patience& patience) {
  std::array<char, kReadBytes> buffer;
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) return broke(reader_->errstr);
    if (reply != nullptr) return Reply(static_cast<redisReply*>(reply));
    std::size_t size = 0;
    const CURLcode code = curl_easy_recv(easy_.get(), buffer.data(), buffer.size(), &size);
    if (code == CURLE_AGAIN) {
      if (auto ready = wait(POLLIN, patience); !ready) return ready.error();
      continue;
    }
    if (code != CURLE_OK) return broke(curl_easy_strerror(code));
    if (size == 0) return broke("the server closed it");
    if (redisReaderFeed(reader_.get(), buffer.data(), size) != REDIS_OK) {
      return broke(reader_->errstr);
    }
  }
}

Result<void> Connection::wait(short events, const Patience& patience) {
  while (true) {
    if (patience.cancelled && patience.cancelled()) {
      return Error{ErrorKind::kCancelled, shown_ + ": the caller gave up"};
    }
    const milliseconds left = left_of(patience);
    if (left <= milliseconds{0}) return too_late(shown_);
    const milliseconds slice = patience.cancelled ? std::min(left, kCancelPoll) : left;
    ::pollfd one{socket_, events, 0};
    if (::poll(&one, 1, static_cast<int>(slice.count())) > 0) return {};
  }
}

Error Connection::broke(std::string why) const {
  return {ErrorKind::kUnavailable, shown_ + ": the connection broke", std::move(why)};
}

Error error_of(const redisReply& reply, const std::string& what) {
  const std::string_view text(reply.str, reply.len);
  const std::string_view code = text.substr(0, text.find(' '));
  const auto is_one_of = [code](std::initializer_list<std::string_view> codes) {
    return std::ranges::find(codes, code) != codes.end();
  };
  // The code words are protocol, the rest is prose (redis.io, RESP "Simple errors").
  if (is_one_of({"NOAUTH", "WRONGPASS", "NOPERM"})) {
    return {ErrorKind::kDenied, what + ": refused; check user and password", std::string(text)};
  }
  if (is_one_of({"LOADING", "READONLY", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN",
                 "NOREPLICAS", "UNKILLABLE"})) {
    return {ErrorKind::kUnavailable, what + ": the server cannot serve this now",
            std::string(text)};
  }
  if (is_one_of({"OOM", "MISCONF"})) {
    return {ErrorKind::kExhausted, what + ": the server is out of memory or disk",
            std::string(text)};
  }
  return {ErrorKind::kInternal, what + ": refused", std::string(text)};
}

}  // namespace gantry::stores::redis
