#include "host/plugins/conformance/bench_host.hpp"

#include <algorithm>

#include "host/net/retry_after.hpp"
#include "host/plugins/abi/span.hpp"
#include "host/plugins/services/services.hpp"

namespace gantry::plugins::conformance {
namespace {

BenchHost& of(const gantry_host* host) { return *static_cast<BenchHost*>(host->impl); }

std::string copy(const gantry_span& span) {
  return std::string(abi::view_of(span).value_or(std::string_view{}));
}

bool is_cancelled(const gantry_call* call) { return call != nullptr && call->cancelled(call) != 0; }

void explain(const gantry_call* call, std::string_view message) {
  if (call == nullptr) return;
  gantry_error error{};
  error.struct_size = sizeof error;
  error.message = abi::span_of(message);
  call->set_error(call, &error);
}

std::optional<net::HttpRequest> read_request(const gantry_http_request* raw) {
  const auto read = abi::read_struct(raw, sizeof(gantry_http_request));
  if (!read || (read->header_count > 0 && read->headers == nullptr)) return std::nullopt;
  net::HttpRequest request;
  request.method = copy(read->method);
  request.url = copy(read->url);
  request.body = copy(read->body);
  if (read->response_max != 0) request.response_max = read->response_max;
  for (std::uint32_t i = 0; i < read->header_count; ++i) {
    request.headers.emplace_back(copy(read->headers[i].name), copy(read->headers[i].value));
  }
  return request;
}

/// As the real service reads it: Retry-After of either form, from the scripted now.
std::int64_t retry_after_of(const HttpGiven& given, Instant now) {
  for (const auto& [name, value] : given.headers) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (lower != "retry-after") continue;
    return net::parse_retry_after(value, now).value_or(std::chrono::nanoseconds{0}).count();
  }
  return 0;
}

void hand_over(const HttpGiven& given, Instant now,
               void (*done)(void*, const gantry_http_response*), void* impl) {
  std::vector<gantry_pair> headers;
  for (const auto& [name, value] : given.headers) {
    headers.push_back({abi::span_of(name), abi::span_of(value)});
  }
  gantry_http_response out{};
  out.struct_size = sizeof out;
  out.status = given.status;
  out.header_count = static_cast<std::uint32_t>(headers.size());
  out.headers = headers.data();
  out.body = abi::span_of(given.body);
  out.retry_after_ns = retry_after_of(given, now);
  done(impl, &out);
}

}  // namespace

/// The services that the real ones cannot stand in for. Each refuses a source that is not the
/// plugin's own, as the real ones do.
struct BenchHost::Tables {
  static const void* find(const gantry_host* host, gantry_span id) {
    static const gantry_log kLog{sizeof(gantry_log), 0, enabled, write};
    static const gantry_clock kClock{sizeof(gantry_clock), 0, now_ns, steady_ns, wait};
    static const gantry_secrets kSecrets{sizeof(gantry_secrets), 0, count, get, put};
    static const gantry_kv kKv{sizeof(gantry_kv), 0, kv_get, kv_put};
    static const gantry_http kHttp{sizeof(gantry_http), 0, send};
    const auto name = abi::view_of(id);
    if (!name || !of(host).services.contains(*name)) return nullptr;
    if (*name == GANTRY_SERVICE_LOG) return &kLog;
    if (*name == GANTRY_SERVICE_CLOCK) return &kClock;
    if (*name == GANTRY_SERVICE_CRYPTO) return &services::crypto();
    if (*name == GANTRY_SERVICE_SECRETS) return &kSecrets;
    if (*name == GANTRY_SERVICE_KV) return &kKv;
    if (*name == GANTRY_SERVICE_HTTP) return &kHttp;
    return nullptr;
  }

  static bool owns(const gantry_host* host, const gantry_span& source) {
    return copy(source) == of(host).source_;
  }

  static std::int32_t enabled(const gantry_host*, std::int32_t) noexcept { return 1; }
  static void write(const gantry_host* host, std::int32_t, gantry_span, gantry_span event,
                    const gantry_pair* fields, std::uint64_t field_count) noexcept {
    std::string line = copy(event);
    for (std::uint64_t i = 0; fields != nullptr && i < field_count; ++i) {
      line += ' ' + copy(fields[i].name) + '=' + copy(fields[i].value);
    }
    const std::lock_guard lock(of(host).mutex_);
    of(host).logs.push_back(std::move(line));
  }

  static std::int64_t now_ns(const gantry_host* host) noexcept {
    const std::lock_guard lock(of(host).mutex_);
    return of(host).now.time_since_epoch().count();
  }
  static std::int64_t steady_ns(const gantry_host* host) noexcept { return now_ns(host); }
  /// Time passes only here, and at once: a plugin that waits a minute costs the check nothing.
  static gantry_status wait(const gantry_host* host, const gantry_call* call,
                            std::int64_t duration) noexcept {
    if (is_cancelled(call)) return GANTRY_CANCELLED;
    const std::lock_guard lock(of(host).mutex_);
    of(host).now += std::chrono::nanoseconds{std::max<std::int64_t>(duration, 0)};
    return GANTRY_OK;
  }

  static std::uint64_t count(const gantry_host* host, gantry_span source,
                             gantry_span name) noexcept {
    if (!owns(host, source)) return 0;
    const std::lock_guard lock(of(host).mutex_);
    const auto found = of(host).secrets_.find(copy(name));
    return found == of(host).secrets_.end() ? 0 : found->second.size();
  }
  static gantry_status get(const gantry_host* host, gantry_span source, gantry_span name,
                           std::uint64_t index, gantry_buffer* out) noexcept {
    if (!owns(host, source)) return GANTRY_CONFIG;
    const std::lock_guard lock(of(host).mutex_);
    const auto found = of(host).secrets_.find(copy(name));
    if (found == of(host).secrets_.end() || index >= found->second.size()) return GANTRY_CONFIG;
    return abi::fill(out, found->second[index]);
  }
  static gantry_status put(const gantry_host* host, gantry_span source, gantry_span name,
                           gantry_span value) noexcept {
    if (!owns(host, source)) return GANTRY_CONFIG;
    std::string bytes = copy(value);
    if (bytes.empty()) return GANTRY_DATA;
    const std::lock_guard lock(of(host).mutex_);
    auto& values = of(host).secrets_[copy(name)];
    values.insert(values.begin(), std::move(bytes));
    return GANTRY_OK;
  }

  static gantry_status kv_get(const gantry_host* host, gantry_span source, gantry_span key,
                              gantry_buffer* out, std::uint64_t* revision) noexcept {
    if (!owns(host, source)) return GANTRY_CONFIG;
    const std::lock_guard lock(of(host).mutex_);
    const auto& [value, current] = of(host).kv_[copy(key)];
    *revision = value.empty() ? 0 : current;
    return abi::fill(out, value);
  }
  static gantry_status kv_put(const gantry_host* host, gantry_span source, gantry_span key,
                              gantry_span value, std::uint64_t* revision) noexcept {
    if (!owns(host, source)) return GANTRY_CONFIG;
    constexpr std::size_t kKeyMax = 256;
    constexpr std::size_t kValueMax = 64U << 10U;
    std::string name = copy(key);
    std::string bytes = copy(value);
    if (name.empty() || name.size() > kKeyMax || bytes.size() > kValueMax) return GANTRY_DATA;
    const std::lock_guard lock(of(host).mutex_);
    ++of(host).kv_writes;
    auto& [held, current] = of(host).kv_[std::move(name)];
    if (*revision != (held.empty() ? 0 : current)) return GANTRY_DATA;
    held = std::move(bytes);
    ++current;
    *revision = held.empty() ? 0 : current;
    return GANTRY_OK;
  }

  static gantry_status send(const gantry_host* host, const gantry_call* call, gantry_span source,
                            const gantry_http_request* raw,
                            void (*done)(void*, const gantry_http_response*), void* impl) noexcept {
    if (!owns(host, source)) return GANTRY_CONFIG;
    const auto request = read_request(raw);
    if (!request) return GANTRY_BUG;
    if (is_cancelled(call)) return GANTRY_CANCELLED;
    HttpGiven given;
    Instant at;
    {
      const std::lock_guard lock(of(host).mutex_);
      of(host).asked.push_back(*request);
      if (of(host).vendor) given = of(host).vendor(*request);
      at = of(host).now;
    }
    if (given.outcome == GANTRY_TRANSIENT) explain(call, "no answer from the scripted vendor");
    if (given.outcome != GANTRY_OK) return given.outcome;
    if (is_cancelled(call)) return GANTRY_CANCELLED;
    if (given.body.size() > request->response_max) {
      explain(call, "the scripted vendor's answer is longer than response_max");
      return GANTRY_DATA;
    }
    if (done != nullptr) hand_over(given, at, done, impl);
    return GANTRY_OK;
  }
};

BenchHost::BenchHost(std::string source, Shape shape)
    : source_(std::move(source)),
      native_(gantry_host{0, GANTRY_ABI_MINOR, this, Tables::find}, shape) {}

void BenchHost::reset(const std::map<std::string, std::vector<std::string>>& secrets,
                      const std::map<std::string, std::string>& kv, Instant at) {
  const std::lock_guard lock(mutex_);
  secrets_ = secrets;
  kv_.clear();
  for (const auto& [key, value] : kv) kv_[key] = {value, 1};
  now = at;
  logs.clear();
  asked.clear();
  kv_writes = 0;
}

}  // namespace gantry::plugins::conformance
