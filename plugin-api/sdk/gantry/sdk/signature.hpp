#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "gantry/sdk/host.hpp"
#include "gantry/sdk/text.hpp"
#include "gantry/sdk/webhook.hpp"

namespace gantry::sdk {

/// The steps that every vendor's signature check is made of. Each answers a word for the metric
/// where the request must be rejected, and nothing where it may go on.
using Objection = std::optional<std::string>;

/// The one value of header `name`. Two mean that somebody between the vendor and us adds headers.
/// Objects with "<word>_missing", "<word>_repeated" or "<word>_blank".
inline Objection take_header(const Request& request, std::string_view name, std::string_view word,
                             std::string_view& value) {
  const auto values = request.headers(name);
  if (values.empty()) return std::string(word) + "_missing";
  if (values.size() > 1) return std::string(word) + "_repeated";
  if (values[0].empty()) return std::string(word) + "_blank";
  value = values[0];
  return std::nullopt;
}

enum class TimeUnit : std::int64_t { kSeconds = 1'000'000'000, kMilliseconds = 1'000'000 };

/// The replay window, into the past and into the future. A text that is no whole positive number
/// or no time of 64 bits is "timestamp_malformed"; one in another unit lies outside any window.
inline Objection check_age(std::string_view timestamp, TimeUnit unit, std::int64_t received_at_ns,
                           std::chrono::nanoseconds tolerance) {
  std::int64_t sent_at = 0;
  const auto [stop, error] =
      std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), sent_at);
  if (error != std::errc{} || stop != timestamp.data() + timestamp.size() || timestamp[0] == '-')
    return "timestamp_malformed";
  std::int64_t sent_at_ns = 0;
  if (__builtin_mul_overflow(sent_at, static_cast<std::int64_t>(unit), &sent_at_ns)) {
    return "timestamp_malformed";
  }
  const std::int64_t age_ns = received_at_ns - sent_at_ns;
  if (age_ns > tolerance.count()) return "stale";
  if (age_ns < -tolerance.count()) return "future";
  return std::nullopt;
}

/// Compares `sent` (raw bytes) with compute(secret) -> Digest for every active value of the secret;
/// during a rotation there are several.
template <class Compute>
Objection check_secret(const Host& host, std::string_view secret_name, std::string_view sent,
                       Compute&& compute) {
  const std::uint64_t count = host.secret_count(secret_name);
  if (count == 0) return "secret_missing";
  bool usable = false;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Secret secret = host.secret(secret_name, i);
    // An empty key would make the signature computable by anybody.
    if (trim(secret.view()).empty()) continue;
    usable = true;
    const Digest digest = compute(secret.view());
    if (host.equal(digest.view(), sent)) return std::nullopt;
  }
  return usable ? "signature_mismatch" : "secret_blank";
}

/// HMAC of the parts, one after the other, with the secret's text as the key.
inline Objection check_hmac(const Host& host, std::string_view secret_name, Hash hash,
                            std::initializer_list<std::string_view> parts, std::string_view sent) {
  const std::size_t size = hash == Hash::kSha1 ? 20 : 32;
  if (sent.size() != size) return "signature_wrong_length";
  return check_secret(host, secret_name, sent,
                      [&](std::string_view secret) { return host.hmac(hash, secret, parts); });
}

/// The newest value of a secret to sign a sample with. Throws kConfig where there is none.
inline Secret signing_secret(const Host& host, std::string_view secret_name) {
  if (host.secret_count(secret_name) == 0) {
    throw Failure(Status::kConfig, "no value for the secret: nothing to sign with")
        .pointer(std::string(secret_name));
  }
  return host.secret(secret_name);
}

}  // namespace gantry::sdk
