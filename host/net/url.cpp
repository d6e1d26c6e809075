#include "host/net/url.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <charconv>

#include "host/base/encoding.hpp"

namespace gantry::net {
namespace {

std::string part(CURLU* handle, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle, which, &text, flags) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

bool is_plain_host(std::string_view host) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_:";
  return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

void Url::Free::operator()(Curl_URL* handle) const noexcept { curl_url_cleanup(handle); }

Result<Url> Url::parse(const std::string& text) {
  Url url;
  url.handle_.reset(curl_url());
  CURLU* const handle = url.handle_.get();
  if (text.find('\0') != std::string::npos ||
      curl_url_set(handle, CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return Error{ErrorKind::kInvalid, "not an absolute URL; write https://host/path"};
  }
  url.scheme_ = part(handle, CURLUPART_SCHEME);
  url.host_ = part(handle, CURLUPART_HOST);
  std::ranges::transform(url.host_, url.host_.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (url.host_.starts_with('[') && url.host_.ends_with(']')) {
    url.host_ = url.host_.substr(1, url.host_.size() - 2);
  }
  if (url.host_.ends_with('.')) url.host_.pop_back();
  const std::string port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), url.port_);

  if (url.scheme_ != "https" && url.scheme_ != "http") {
    return Error{ErrorKind::kInvalid, "URL scheme is neither https nor http"};
  }
  if (!part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty()) {
    return Error{ErrorKind::kInvalid,
                 "URL carries a user name or password; send them in a header instead"};
  }
  if (!is_plain_host(url.host_) || url.port_ == 0) {
    return Error{ErrorKind::kInvalid, "URL host is neither an ASCII name nor an address"};
  }
  const bool is_v6 = url.host_.find(':') != std::string::npos;
  url.shown_ = url.scheme_ + "://" + (is_v6 ? '[' + url.host_ + ']' : url.host_);
  const bool is_default = url.port_ == (url.scheme_ == "https" ? 443 : 80);
  if (!is_default) url.shown_ += ':' + std::to_string(url.port_);
  url.shown_ += escape_control(part(handle, CURLUPART_PATH));
  return url;
}

bool Url::is_loopback() const noexcept {
  if (host_ == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host_.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host_.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace gantry::net
