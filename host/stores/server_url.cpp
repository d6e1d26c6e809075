#include "host/stores/server_url.hpp"

#include <curl/curl.h>

#include <memory>
#include <optional>

namespace gantry::stores {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};

std::optional<std::string> part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string out = text;
  curl_free(text);
  return out;
}

}  // namespace

Result<ServerUrl> ServerUrl::parse(const std::string& url) {
  const std::size_t end = url.find("://");
  const std::unique_ptr<CURLU, FreeUrl> read(curl_url());
  if (end == std::string::npos ||
      curl_url_set(read.get(), CURLUPART_URL, ("https" + url.substr(end)).c_str(), 0) !=
          CURLUE_OK) {
    return Error{ErrorKind::kInvalid, "want scheme://host:port"};
  }
  if (part(read.get(), CURLUPART_PASSWORD)) {
    return Error{ErrorKind::kInvalid,
                 "a password is not written into the URL: give a reference to it beside it"};
  }
  if (part(read.get(), CURLUPART_QUERY) || part(read.get(), CURLUPART_FRAGMENT)) {
    return Error{ErrorKind::kInvalid, "the URL takes no query and no fragment"};
  }
  const std::string scheme = url.substr(0, end);
  ServerUrl out;
  out.address =
      scheme.substr(scheme.find('+') + 1) + "://" + part(read.get(), CURLUPART_HOST).value_or("");
  if (const auto port = part(read.get(), CURLUPART_PORT)) out.address += ':' + *port;
  out.user = part(read.get(), CURLUPART_USER, CURLU_URLDECODE).value_or("");
  out.name = part(read.get(), CURLUPART_PATH).value_or("").substr(1);
  return out;
}

}  // namespace gantry::stores
