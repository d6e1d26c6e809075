#pragma once

#include <gantry/gantry.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/digest.hpp"

namespace gantry::test {

/// The host's services as a test controls them; see plugin_host.hpp.

inline std::string text(gantry_span span) {
  return span.size == 0 ? std::string() : std::string(span.data, span.size);
}
inline gantry_span span(std::string_view text) { return {text.data(), text.size()}; }

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "POST";
  std::string target = "/webhooks/test";
  Pairs headers;
  std::string body;
  std::int64_t received_at_ns = 0;
};

struct ErrorText {
  std::string message, detail, code, pointer;
  std::int64_t retry_after_ns = 0;
};

inline ErrorText error_text(const gantry_error& error) {
  return {text(error.message), text(error.detail), text(error.code), text(error.pointer),
          error.retry_after_ns};
}

struct Record {
  std::string kind, key, title, text, content_type, raw, metadata, participants;
  std::int64_t occurred_at_ns = 0;
  std::int64_t version = 0;
  std::uint32_t flags = 0;
};

struct Verdict {
  gantry_status status = GANTRY_OK;
  int decision = -1;  ///< -1: the plugin decided nothing.
  std::string delivery_id, reason;
  unsigned reply_status = 0;  ///< 0: no reply.
  std::string reply_type, reply_body;
};

struct Output {
  gantry_status status = GANTRY_OK;
  ErrorText error;
  std::vector<Record> records;
  std::vector<std::pair<std::string, ErrorText>> rejected;
  std::vector<std::string> checkpoints;
  bool more = false;                         ///< Poller only.
  std::map<std::string, std::string> files;  ///< Batch only: what went to the outbox.
};

struct Finding {
  int state;
  std::string what, remedy;
};

struct FileInfo {
  std::string name = "test.dat";
  std::string sha256 = std::string(64, '0');
  std::int64_t modified_at_ns = 0;
};

struct HttpExchange {
  std::string method, url, body;
  Pairs headers;
};
struct HttpAnswer {
  gantry_status status = GANTRY_OK;
  std::uint32_t http_status = 200;
  Pairs headers;
  std::string body;
  std::int64_t retry_after_ns = 0;
};

/// What a test controls and sees. Not thread-safe except for reading secrets and the clock.
struct World {
  std::int64_t now_ns = 0;
  std::map<std::string, std::vector<std::string>> secrets;  ///< By JSON pointer, newest first.
  std::map<std::string, std::pair<std::string, std::uint64_t>> kv;
  std::function<HttpAnswer(const HttpExchange&)> http;
  /// x, y, message, signature; unset: UNSUPPORTED.
  std::function<bool(std::string_view, std::string_view, std::string_view, std::string_view)> es256;
  std::vector<std::string> log;  ///< "event name=value name=value"
  bool cancelled = false;
  int progress = 0;
  std::size_t records_max = SIZE_MAX;  ///< The sink answers STOP from here on.
};

namespace detail {

inline World& world(const gantry_host* host) { return *static_cast<World*>(host->impl); }

inline gantry_status fill(std::string_view value, gantry_buffer* out) {
  out->size = value.size();
  if (value.size() <= out->capacity) std::memcpy(out->data, value.data(), value.size());
  return GANTRY_OK;
}

inline std::string join(const gantry_span* parts, std::uint64_t count) {
  std::string all;
  for (std::uint64_t i = 0; i < count; ++i) all += text(parts[i]);
  return all;
}

inline const gantry_log kLog{sizeof(gantry_log), 0,
                             [](const gantry_host*, std::int32_t) { return std::int32_t{1}; },
                             [](const gantry_host* host, std::int32_t, gantry_span,
                                gantry_span event, const gantry_pair* fields, std::uint64_t count) {
                               std::string line = text(event);
                               for (std::uint64_t i = 0; i < count; ++i) {
                                 line += ' ' + text(fields[i].name) + '=' + text(fields[i].value);
                               }
                               world(host).log.push_back(line);
                             }};

inline const gantry_clock kClock{
    sizeof(gantry_clock), 0, [](const gantry_host* host) { return world(host).now_ns; },
    [](const gantry_host* host) { return world(host).now_ns; },
    [](const gantry_host* host, const gantry_call*, std::int64_t duration_ns) {
      if (world(host).cancelled) return gantry_status{GANTRY_CANCELLED};
      world(host).now_ns += duration_ns;
      return gantry_status{GANTRY_OK};
    }};

inline const gantry_crypto kCrypto{
    sizeof(gantry_crypto),
    0,
    [](const gantry_host*, std::int32_t hash, const gantry_span* parts, std::uint64_t count,
       gantry_buffer* out) {
      if (hash != GANTRY_HASH_SHA256) return gantry_status{GANTRY_UNSUPPORTED};
      return fill(sha256(join(parts, count)), out);
    },
    [](const gantry_host*, std::int32_t hash, gantry_span key, const gantry_span* parts,
       std::uint64_t count, gantry_buffer* out) {
      if (key.size == 0) return gantry_status{GANTRY_CONFIG};
      const std::string all = join(parts, count);
      return fill(
          hash == GANTRY_HASH_SHA1 ? hmac_sha1(text(key), all) : hmac_sha256(text(key), all), out);
    },
    [](const gantry_host*, gantry_span left, gantry_span right) {
      return std::int32_t{constant_time_equal(text(left), text(right))};
    },
    [](const gantry_host* host, gantry_span x, gantry_span y, gantry_span message,
       gantry_span signature) {
      const auto& es256 = world(host).es256;
      if (!es256) return gantry_status{GANTRY_UNSUPPORTED};
      const bool good = es256(text(x), text(y), text(message), text(signature));
      return gantry_status{good ? GANTRY_OK : GANTRY_DATA};
    }};

inline const gantry_secrets kSecrets{
    sizeof(gantry_secrets), 0,
    [](const gantry_host* host, gantry_span, gantry_span name) {
      const auto& all = world(host).secrets;
      const auto found = all.find(text(name));
      return found == all.end() ? std::uint64_t{0} : std::uint64_t{found->second.size()};
    },
    [](const gantry_host* host, gantry_span, gantry_span name, std::uint64_t index,
       gantry_buffer* out) {
      const auto& all = world(host).secrets;
      const auto found = all.find(text(name));
      if (found == all.end() || index >= found->second.size()) return gantry_status{GANTRY_CONFIG};
      return fill(found->second[index], out);
    },
    [](const gantry_host* host, gantry_span, gantry_span name, gantry_span value) {
      auto& values = world(host).secrets[text(name)];
      values.insert(values.begin(), text(value));
      return gantry_status{GANTRY_OK};
    }};

inline const gantry_kv kKv{sizeof(gantry_kv), 0,
                           [](const gantry_host* host, gantry_span, gantry_span key,
                              gantry_buffer* out, std::uint64_t* revision) {
                             const auto& entry = world(host).kv[text(key)];
                             *revision = entry.second;
                             return fill(entry.first, out);
                           },
                           [](const gantry_host* host, gantry_span, gantry_span key,
                              gantry_span value, std::uint64_t* revision) {
                             auto& entry = world(host).kv[text(key)];
                             if (entry.second != *revision) return gantry_status{GANTRY_DATA};
                             entry.first = text(value);
                             *revision = ++entry.second;
                             return gantry_status{GANTRY_OK};
                           }};

inline std::vector<gantry_pair> borrow(const Pairs& pairs) {
  std::vector<gantry_pair> out;
  for (const auto& [name, value] : pairs) out.push_back({span(name), span(value)});
  return out;
}

inline const gantry_http kHttp{
    sizeof(gantry_http), 0,
    [](const gantry_host* host, const gantry_call*, gantry_span, const gantry_http_request* request,
       void (*done)(void*, const gantry_http_response*), void* impl) {
      HttpExchange exchange{text(request->method), text(request->url), text(request->body), {}};
      for (std::uint32_t i = 0; i < request->header_count; ++i) {
        exchange.headers.emplace_back(text(request->headers[i].name),
                                      text(request->headers[i].value));
      }
      if (!world(host).http) return gantry_status{GANTRY_CONFIG};
      const HttpAnswer answer = world(host).http(exchange);
      if (answer.status != GANTRY_OK) return answer.status;
      const auto headers = borrow(answer.headers);
      const gantry_http_response response{sizeof response,
                                          answer.http_status,
                                          static_cast<std::uint32_t>(headers.size()),
                                          0,
                                          headers.data(),
                                          span(answer.body),
                                          answer.retry_after_ns};
      done(impl, &response);
      return gantry_status{GANTRY_OK};
    }};

inline const void* get_service(const gantry_host*, gantry_span id) {
  const std::string name = text(id);
  if (name == GANTRY_SERVICE_LOG) return &kLog;
  if (name == GANTRY_SERVICE_CLOCK) return &kClock;
  if (name == GANTRY_SERVICE_CRYPTO) return &kCrypto;
  if (name == GANTRY_SERVICE_SECRETS) return &kSecrets;
  if (name == GANTRY_SERVICE_KV) return &kKv;
  if (name == GANTRY_SERVICE_HTTP) return &kHttp;
  return nullptr;
}

}  // namespace detail
}  // namespace gantry::test
