#pragma once

#include <gantry/host.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gantry/sdk/call.hpp"

namespace gantry::sdk {

enum class LogLevel : std::int32_t {
  kDebug = GANTRY_LOG_DEBUG,
  kInfo = GANTRY_LOG_INFO,
  kWarn = GANTRY_LOG_WARN,
  kError = GANTRY_LOG_ERROR,
};

enum class Hash : std::int32_t { kSha1 = GANTRY_HASH_SHA1, kSha256 = GANTRY_HASH_SHA256 };

/// A raw digest of 20 or 32 bytes, without an allocation.
class Digest {
 public:
  std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  friend class Host;
  std::array<char, 64> bytes_{};
  std::size_t size_ = 0;
};

/// A secret's value; its memory is overwritten when it goes.
class Secret {
 public:
  explicit Secret(std::string value) noexcept : value_(std::move(value)) {}
  Secret(Secret&&) = delete;
  ~Secret() {
    volatile char* bytes = value_.data();
    for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = 0;
  }
  std::string_view view() const noexcept { return value_; }

 private:
  std::string value_;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  std::chrono::nanoseconds timeout{0};  ///< 0: the host's 30 s.
  std::uint64_t response_max = 0;       ///< Bytes; 0: the host's 16 MiB.
};

struct HttpResponse {
  unsigned status = 0;
  Headers headers;
  std::string body;
  std::chrono::nanoseconds retry_after{0};
};

/// The host's services for one source. Cheap to copy; thread-safe; outlives the instance. A
/// service that the manifest lists is always there; asking for another throws kUnsupported.
class Host {
 public:
  Host(const gantry_host* host, std::string_view source) : host_(host), source_(source) {}

  /// The source's name in the configuration: "front-ops".
  const std::string& source() const noexcept { return source_; }

  /// `event` is a short name, fields carry the rest (at most 16). Silent without a log service.
  void log(LogLevel level, std::string_view event,
           std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {}) const {
    const auto* log = find<gantry_log>(GANTRY_SERVICE_LOG);
    const auto wanted = static_cast<std::int32_t>(level);
    if (log == nullptr || log->enabled(host_, wanted) == 0) return;
    std::array<gantry_pair, 16> pairs{};
    std::uint64_t count = 0;
    for (const auto& [name, value] : fields) {
      if (count == pairs.size()) break;
      pairs[count++] = {span(name), span(value)};
    }
    log->write(host_, wanted, span(source_), span(event), pairs.data(), count);
  }

  /// UNIX time in nanoseconds, UTC.
  std::int64_t now_ns() const { return need<gantry_clock>(GANTRY_SERVICE_CLOCK)->now_ns(host_); }
  /// Throws kCancelled as soon as the call is.
  void wait(const Call& call, std::chrono::nanoseconds duration) const {
    check(need<gantry_clock>(GANTRY_SERVICE_CLOCK)->wait(host_, call.abi(), duration.count()),
          "wait");
  }

  /// Over the parts one after the other, so that nothing needs to be joined first.
  Digest digest(Hash hash, std::initializer_list<std::string_view> parts) const {
    const auto* crypto = need<gantry_crypto>(GANTRY_SERVICE_CRYPTO);
    return into_digest(
        parts, [&](const gantry_span* data, std::uint64_t count, gantry_buffer* out) {
          return crypto->digest(host_, static_cast<std::int32_t>(hash), data, count, out);
        });
  }
  Digest hmac(Hash hash, std::string_view key,
              std::initializer_list<std::string_view> parts) const {
    const auto* crypto = need<gantry_crypto>(GANTRY_SERVICE_CRYPTO);
    return into_digest(
        parts, [&](const gantry_span* data, std::uint64_t count, gantry_buffer* out) {
          return crypto->hmac(host_, static_cast<std::int32_t>(hash), span(key), data, count, out);
        });
  }
  /// In a time that depends only on the lengths. For every comparison of a signature.
  bool equal(std::string_view left, std::string_view right) const {
    return need<gantry_crypto>(GANTRY_SERVICE_CRYPTO)->equal(host_, span(left), span(right)) != 0;
  }
  /// JWS ES256: x and y 32 bytes each, signature 64 bytes r||s.
  bool verify_es256(std::string_view x, std::string_view y, std::string_view message,
                    std::string_view signature) const {
    const gantry_status status =
        need<gantry_crypto>(GANTRY_SERVICE_CRYPTO)
            ->verify_es256(host_, span(x), span(y), span(message), span(signature));
    if (status == GANTRY_DATA) return false;
    check(status, "verify_es256");
    return true;
  }

  /// How many values are active under `name`, a JSON pointer such as "/signing_key".
  std::uint64_t secret_count(std::string_view name) const {
    return need<gantry_secrets>(GANTRY_SERVICE_SECRETS)->count(host_, span(source_), span(name));
  }
  /// The index-th value, newest first. Use it and let it go.
  Secret secret(std::string_view name, std::uint64_t index = 0) const {
    const auto* secrets = need<gantry_secrets>(GANTRY_SERVICE_SECRETS);
    return Secret(read("secret", [&](gantry_buffer* out) {
      return secrets->get(host_, span(source_), span(name), index, out);
    }));
  }
  /// Stores a value that the vendor rotated, durably, before it is used.
  void put_secret(std::string_view name, std::string_view value) const {
    check(need<gantry_secrets>(GANTRY_SERVICE_SECRETS)
              ->put(host_, span(source_), span(name), span(value)),
          "put_secret");
  }

  /// A value of this source's small durable state and its revision; empty and 0 where absent.
  std::pair<std::string, std::uint64_t> kv_get(std::string_view key) const {
    const auto* kv = need<gantry_kv>(GANTRY_SERVICE_KV);
    std::uint64_t revision = 0;
    std::string value = read("kv_get", [&](gantry_buffer* out) {
      return kv->get(host_, span(source_), span(key), out, &revision);
    });
    return {std::move(value), revision};
  }
  /// True where `key` still had `revision`, which becomes the new one; false: read again.
  bool kv_put(std::string_view key, std::string_view value, std::uint64_t& revision) const {
    const gantry_status status = need<gantry_kv>(GANTRY_SERVICE_KV)
                                     ->put(host_, span(source_), span(key), span(value), &revision);
    if (status == GANTRY_DATA) return false;
    check(status, "kv_put");
    return true;
  }

  /// One exchange; any HTTP status returns. Throws kTransient without an answer, kConfig for a
  /// host that is not on the source's egress list.
  HttpResponse http(const Call& call, const HttpRequest& request) const {
    const auto* http = need<gantry_http>(GANTRY_SERVICE_HTTP);
    std::vector<gantry_pair> headers;
    headers.reserve(request.headers.size());
    for (const auto& [name, value] : request.headers) headers.push_back({span(name), span(value)});
    gantry_http_request out{};
    out.struct_size = sizeof out;
    out.header_count = static_cast<std::uint32_t>(headers.size());
    out.method = span(request.method);
    out.url = span(request.url);
    out.headers = headers.data();
    out.body = span(request.body);
    out.timeout_ns = request.timeout.count();
    out.response_max = request.response_max;
    Answer answer;
    check(http->send(host_, call.abi(), span(source_), &out, &Host::copy_answer, &answer), "http");
    if (!answer.complete) throw Failure(Status::kTransient, "out of memory for an HTTP answer");
    return std::move(answer.response);
  }

 private:
  struct Answer {
    HttpResponse response;
    bool complete = false;
  };

  template <class Service>
  const Service* find(std::string_view id) const noexcept {
    return static_cast<const Service*>(host_->get_service(host_, span(id)));
  }
  template <class Service>
  const Service* need(std::string_view id) const {
    const auto* service = find<Service>(id);
    if (service == nullptr) {
      throw Failure(Status::kUnsupported, "this host has no service " + std::string(id));
    }
    return service;
  }

  static void check(gantry_status status, const char* what) {
    if (status == GANTRY_OK) return;
    throw Failure(static_cast<Status>(status), std::string("host service failed: ") + what);
  }

  template <class Fill>
  static Digest into_digest(std::initializer_list<std::string_view> parts, Fill&& fill) {
    std::array<gantry_span, 8> spans{};
    if (parts.size() > spans.size()) throw Failure(Status::kBug, "more than 8 parts to hash");
    std::size_t count = 0;
    for (const auto part : parts) spans[count++] = span(part);
    Digest digest;
    gantry_buffer out{digest.bytes_.data(), digest.bytes_.size(), 0};
    check(fill(spans.data(), count, &out), "crypto");
    if (out.size > digest.bytes_.size()) throw Failure(Status::kBug, "digest of unknown size");
    digest.size_ = out.size;
    return digest;
  }

  /// Offers memory until it is enough; a value may grow between two asks.
  template <class Fill>
  static std::string read(const char* what, Fill&& fill) {
    std::string value(128, '\0');
    for (int round = 0; round < 4; ++round) {
      gantry_buffer out{value.data(), value.size(), 0};
      check(fill(&out), what);
      const bool fits = out.size <= value.size();
      value.resize(out.size);
      if (fits) return value;
    }
    throw Failure(Status::kTransient, std::string("value kept growing: ") + what);
  }

  static void copy_answer(void* impl, const gantry_http_response* response) noexcept {
    auto* answer = static_cast<Answer*>(impl);
    try {
      answer->response.status = response->status;
      answer->response.body = view(response->body);
      answer->response.retry_after = std::chrono::nanoseconds(response->retry_after_ns);
      for (std::uint32_t i = 0; i < response->header_count; ++i) {
        const gantry_pair& header = response->headers[i];
        answer->response.headers.emplace_back(view(header.name), view(header.value));
      }
      answer->complete = true;
    } catch (...) {
      answer->complete = false;  // Only bad_alloc can come; the caller throws.
    }
  }

  const gantry_host* host_;
  std::string source_;
};

/// What a source is made from: its name and services, and its configuration as JSON text.
struct Setup {
  Host host;
  std::string_view config;
};

}  // namespace gantry::sdk
