#include "verify.hpp"

#include <algorithm>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/signature.hpp>
#include <gantry/sdk/url.hpp>
#include <string>

#include "peek.hpp"

namespace gantry::frontapp {
namespace {

using sdk::Hash;
using sdk::Verdict;

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::size_t kChallengeMax = 1024;

/// Front sends base64. The decoded value is compared, so that one signature has one spelling.
sdk::Objection check_signature(const sdk::Host& host, std::string_view secret_name, Hash hash,
                               std::initializer_list<std::string_view> parts,
                               std::string_view signature) {
  const auto sent = sdk::from_base64(signature);
  if (!sent) return "signature_not_base64";
  return sdk::check_hmac(host, secret_name, hash, parts, *sent);
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
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
                                       "challenge=" + sdk::percent_encode(challenge));
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
  std::string_view signature;
  if (auto no = sdk::take_header(request, kSignatureHeader, "signature", signature)) {
    return Verdict::reject(*no);
  }
  const bool is_application =
      settings.mode == Mode::kApplication ||
      (settings.mode == Mode::kAuto && !request.headers(kTimestampHeader).empty());
  if (!is_application) {
    if (auto no = check_signature(host, kRuleSecret, Hash::kSha1, {request.body()}, signature)) {
      return Verdict::reject(*no);
    }
    return Verdict::accept(peek_event_id(request.body()));
  }

  std::string_view timestamp;
  if (auto no = sdk::take_header(request, kTimestampHeader, "timestamp", timestamp)) {
    return Verdict::reject(*no);
  }
  if (auto no = sdk::check_age(timestamp, sdk::TimeUnit::kMilliseconds, request.received_at_ns(),
                               settings.tolerance)) {
    return Verdict::reject(*no);
  }
  if (auto no = check_signature(host, kSigningKey, Hash::kSha256, {timestamp, ":", request.body()},
                                signature)) {
    return Verdict::reject(*no);
  }
  return accept_or_challenge(settings, request);
}

std::vector<std::pair<std::string, std::string>> sign(const sdk::Host& host,
                                                      const Settings& settings,
                                                      const sdk::Request& request) {
  const bool is_application = settings.mode != Mode::kRule && settings.has_signing_key;
  const std::string_view name = is_application ? kSigningKey : kRuleSecret;
  const sdk::Secret secret = sdk::signing_secret(host, name);
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
