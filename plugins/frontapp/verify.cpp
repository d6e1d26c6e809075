#include "verify.hpp"

#include <algorithm>
#include <charconv>
#include <gantry/sdk/json.hpp>
#include <optional>
#include <string>

#include "peek.hpp"

namespace gantry::frontapp {
namespace {

using sdk::Hash;
using sdk::Verdict;

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::size_t kSha1Bytes = 20;
constexpr std::size_t kSha256Bytes = 32;
constexpr std::size_t kChallengeMax = 1024;

/// A word for the reason where the request must be rejected; nothing where it may go on.
using Objection = std::optional<std::string>;

Objection check_age(std::string_view timestamp, std::int64_t received_at_ns,
                    std::int64_t tolerance_ms) {
  // 15 digits of milliseconds reach the year 33658; more cannot be a time and could overflow.
  std::int64_t sent_at_ms = 0;
  const auto* end = timestamp.data() + timestamp.size();
  const auto [stop, error] = std::from_chars(timestamp.data(), end, sent_at_ms);
  if (error != std::errc{} || stop != end || timestamp.size() > 15 || timestamp[0] == '-') {
    return "timestamp_malformed";
  }
  const std::int64_t age_ms = received_at_ns / kNsPerMs - sent_at_ms;
  if (age_ms > tolerance_ms) return "stale";
  if (age_ms < -tolerance_ms) return "future";
  return std::nullopt;
}

/// Compares with every active value of the secret; during a rotation there are several.
Objection check_signature(const sdk::Host& host, std::string_view secret_name, Hash hash,
                          std::initializer_list<std::string_view> parts,
                          std::string_view signature) {
  const auto sent = sdk::from_base64(signature);
  if (!sent) return "signature_not_base64";
  if (sent->size() != (hash == Hash::kSha1 ? kSha1Bytes : kSha256Bytes)) {
    return "signature_wrong_length";
  }
  const std::uint64_t count = host.secret_count(secret_name);
  if (count == 0) return "secret_missing";
  bool usable = false;
  for (std::uint64_t i = 0; i < count; ++i) {
    const sdk::Secret secret = host.secret(secret_name, i);
    // An empty key would make the signature computable by anybody.
    if (sdk::trim(secret.view()).empty()) continue;
    usable = true;
    if (host.equal(host.hmac(hash, secret.view(), parts).view(), *sent)) return std::nullopt;
  }
  return usable ? "signature_mismatch" : "secret_blank";
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

/// The three forms that Front accepts (its AsyncAPI description of webhooks).
Verdict with_challenge(Verdict verdict, ChallengeForm form, std::string_view challenge) {
  switch (form) {
    case ChallengeForm::kJson: {
      sdk::Json body = sdk::Json::object();
      body.set("challenge", challenge);
      return std::move(verdict).answer(200, "application/json", body.dump());
    }
    case ChallengeForm::kText:
      return std::move(verdict).answer(200, "text/plain", std::string(challenge));
    case ChallengeForm::kForm:
      return std::move(verdict).answer(200, "application/x-www-form-urlencoded",
                                       "challenge=" + percent_encoded(challenge));
  }
  return verdict;
}

Verdict accept_or_challenge(const Settings& settings, const sdk::Request& request) {
  std::string id = peek_event_id(request.body());
  const auto challenges = request.headers(kChallengeHeader);
  if (challenges.empty()) return Verdict::accept(std::move(id));
  if (challenges.size() > 1) return Verdict::reject("challenge_repeated");
  const std::string_view challenge = challenges[0];
  if (challenge.empty() || challenge.size() > kChallengeMax || !is_visible_ascii(challenge)) {
    return Verdict::reject("challenge_malformed");
  }
  // Front sends the challenge with {"type":"sync"}. Should one ever come with an event, the event
  // must not be lost.
  Verdict verdict = id.empty() ? Verdict::reply(200, "", "") : Verdict::accept(std::move(id));
  return with_challenge(std::move(verdict), settings.challenge, challenge);
}

}  // namespace

Verdict verify(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  const auto signatures = request.headers(kSignatureHeader);
  if (signatures.empty()) return Verdict::reject("signature_missing");
  // Two signatures mean that somebody between Front and us adds headers.
  if (signatures.size() > 1) return Verdict::reject("signature_repeated");
  if (signatures[0].empty()) return Verdict::reject("signature_blank");

  const auto timestamps = request.headers(kTimestampHeader);
  const bool is_application =
      settings.mode == Mode::kApplication || (settings.mode == Mode::kAuto && !timestamps.empty());
  if (!is_application) {
    if (const auto objection =
            check_signature(host, kRuleSecret, Hash::kSha1, {request.body()}, signatures[0])) {
      return Verdict::reject(*objection);
    }
    return Verdict::accept(peek_event_id(request.body()));
  }

  if (timestamps.empty()) return Verdict::reject("timestamp_missing");
  if (timestamps.size() > 1) return Verdict::reject("timestamp_repeated");
  if (timestamps[0].empty()) return Verdict::reject("timestamp_malformed");
  if (const auto objection =
          check_age(timestamps[0], request.received_at_ns(), settings.tolerance_ms)) {
    return Verdict::reject(*objection);
  }
  if (const auto objection = check_signature(host, kSigningKey, Hash::kSha256,
                                             {timestamps[0], ":", request.body()}, signatures[0])) {
    return Verdict::reject(*objection);
  }
  return accept_or_challenge(settings, request);
}

std::vector<std::pair<std::string, std::string>> sign(const sdk::Host& host,
                                                      const Settings& settings,
                                                      const sdk::Request& request) {
  const bool is_application = settings.mode != Mode::kRule && settings.has_signing_key;
  const std::string_view name = is_application ? kSigningKey : kRuleSecret;
  if (host.secret_count(name) == 0) {
    throw sdk::Failure(sdk::Status::kConfig, "no value for the secret: nothing to sign with")
        .pointer(std::string(name));
  }
  const sdk::Secret secret = host.secret(name);
  if (!is_application) {
    const auto mac = host.hmac(Hash::kSha1, secret.view(), {request.body()});
    return {{std::string(kSignatureHeader), sdk::to_base64(mac.view())}};
  }
  const std::string timestamp = std::to_string(host.now_ns() / kNsPerMs);
  const auto mac = host.hmac(Hash::kSha256, secret.view(), {timestamp, ":", request.body()});
  return {{std::string(kTimestampHeader), timestamp},
          {std::string(kSignatureHeader), sdk::to_base64(mac.view())}};
}

}  // namespace gantry::frontapp
