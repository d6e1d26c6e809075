#include "verify.hpp"

#include <algorithm>
#include <gantry/sdk/signature.hpp>

#include "event.hpp"

namespace gantry::hubspot {
namespace {

using sdk::Objection;
using sdk::Verdict;

/// The address as HubSpot called it. What the proxy made of it, Host and path, is not looked at.
std::string uri_of(const Settings& settings, const sdk::Request& request) {
  std::string uri = settings.public_url.empty() ? std::string(request.url()) : settings.public_url;
  const auto query = request.target().find('?');
  if (!uri.empty() && uri.find('?') == std::string::npos && query != std::string_view::npos) {
    uri += request.target().substr(query);
  }
  return uri;
}

/// HubSpot's documentation decodes these characters of the URI before it signs.
std::string decoded(std::string_view uri) {
  constexpr std::string_view kDecoded = ":/?@!$'()*,;";
  std::string out;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    if (uri[i] == '%' && i + 2 < uri.size()) {
      const auto byte = sdk::from_hex(uri.substr(i + 1, 2));
      if (byte && kDecoded.find((*byte)[0]) != std::string_view::npos) {
        out += *byte;
        i += 2;
        continue;
      }
    }
    out += uri[i];
  }
  return out;
}

/// Undoes what proxies do to a header's base64: '+' became a blank, and one at the front was cut.
std::string mended(std::string_view signature) {
  std::string out(signature);
  std::replace(out.begin(), out.end(), ' ', '+');
  if (out.size() == 43 && out.back() == '=') out.insert(0, 1, '+');
  return out;
}

template <class Compute>
Objection check_uris(const sdk::Host& host, const std::string& uri, std::string_view sent,
                     Compute&& compute) {
  const auto check = [&](const std::string& form) {
    return sdk::check_secret(host, kClientSecret, sent,
                             [&](std::string_view secret) { return compute(secret, form); });
  };
  auto objection = check(uri);
  if (objection && uri.find('%') != std::string::npos) objection = check(decoded(uri));
  return objection;
}

Objection check_v3(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  std::string_view signature;
  std::string_view timestamp;
  if (auto no = sdk::take_header(request, kV3Header, "signature", signature)) return no;
  if (auto no = sdk::take_header(request, kTimestampHeader, "timestamp", timestamp)) return no;
  if (auto no = sdk::check_age(timestamp, sdk::TimeUnit::kMilliseconds, request.received_at_ns(),
                               settings.tolerance)) {
    return no;
  }
  const auto sent = sdk::from_base64(mended(signature));
  if (!sent || sent->size() != 32) return "signature_malformed";
  const std::string uri = uri_of(settings, request);
  if (uri.empty()) return "public_url_missing";
  return check_uris(host, uri, *sent, [&](std::string_view secret, std::string_view form) {
    return host.hmac(sdk::Hash::kSha256, secret,
                     {request.method(), form, request.body(), timestamp});
  });
}

Objection check_old(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  std::string_view signature;
  std::string_view version;
  if (auto no = sdk::take_header(request, kSignatureHeader, "signature", signature)) return no;
  if (auto no = sdk::take_header(request, kVersionHeader, "version", version)) return no;
  const bool is_v1 = version == "v1" && settings.accepts_v1;
  const bool is_v2 = version == "v2" && settings.accepts_v2;
  if (!is_v1 && !is_v2) return "version_refused";
  const auto sent = sdk::from_hex(signature);
  if (!sent || sent->size() != 32) return "signature_malformed";
  if (is_v1) {
    return sdk::check_secret(host, kClientSecret, *sent, [&](std::string_view secret) {
      return host.digest(sdk::Hash::kSha256, {secret, request.body()});
    });
  }
  const std::string uri = uri_of(settings, request);
  if (uri.empty()) return "public_url_missing";
  return check_uris(host, uri, *sent, [&](std::string_view secret, std::string_view form) {
    return host.digest(sdk::Hash::kSha256, {secret, request.method(), form, request.body()});
  });
}

}  // namespace

Verdict verify(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  const bool by_v3 = settings.accepts_v3 && (!request.headers(kV3Header).empty() ||
                                             (!settings.accepts_v1 && !settings.accepts_v2));
  if (auto no = by_v3 ? check_v3(host, settings, request) : check_old(host, settings, request)) {
    return Verdict::reject(*no);
  }
  return Verdict::accept(delivery_id_of(host, request.body()));
}

sdk::Headers sign(const sdk::Host& host, const Settings& settings, const sdk::Request& request) {
  const sdk::Secret secret = sdk::signing_secret(host, kClientSecret);
  const std::string uri = uri_of(settings, request);
  if (!settings.accepts_v1 && uri.empty()) {
    throw sdk::Failure(sdk::Status::kConfig, "v2 and v3 sign the webhook's address: set public_url")
        .pointer("/public_url");
  }
  if (settings.accepts_v3 && !uri.empty()) {
    const std::string timestamp = std::to_string(host.now_ns() / 1'000'000);
    const auto mac = host.hmac(sdk::Hash::kSha256, secret.view(),
                               {request.method(), uri, request.body(), timestamp});
    return {{std::string(kTimestampHeader), timestamp},
            {std::string(kV3Header), sdk::to_base64(mac.view())}};
  }
  const bool is_v2 = settings.accepts_v2 && !uri.empty();
  const auto digest = is_v2 ? host.digest(sdk::Hash::kSha256,
                                          {secret.view(), request.method(), uri, request.body()})
                            : host.digest(sdk::Hash::kSha256, {secret.view(), request.body()});
  return {{std::string(kVersionHeader), is_v2 ? "v2" : "v1"},
          {std::string(kSignatureHeader), sdk::to_hex(digest.view())}};
}

}  // namespace gantry::hubspot
