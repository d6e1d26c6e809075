#include <charconv>

#include "host/base/encoding.hpp"
#include "host/stores/redis/connection.hpp"
#include "host/stores/redis/redis_cache.hpp"

namespace gantry::stores::redis {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};

Error bad_url(std::string why) {
  return {ErrorKind::kInvalid,
          "the cache's URL must be redis://host[:port][/database] or rediss://: " + std::move(why)};
}

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && stop == text.data() + text.size();
}

}  // namespace

Result<Target> Target::parse(const RedisOptions& options) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, options.url.c_str(), CURLU_NON_SUPPORT_SCHEME) !=
      CURLUE_OK) {
    return bad_url("this is no URL");
  }
  Target out;
  const std::string scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "redis" && scheme != "rediss") return bad_url("the scheme is another");
  out.tls = scheme == "rediss";
  if (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_PASSWORD).empty()) {
    return bad_url("user and password have their own keys");
  }
  if (!part(url.get(), CURLUPART_QUERY).empty() || !part(url.get(), CURLUPART_FRAGMENT).empty()) {
    return bad_url("it takes no query and no fragment");
  }
  out.host = part(url.get(), CURLUPART_HOST);
  if (out.host.empty()) return bad_url("the host is missing");
  if (const std::string port = part(url.get(), CURLUPART_PORT); !port.empty()) {
    if (!read_number(port, out.port) || out.port == 0) return bad_url("the port is no port");
  }
  std::string database = part(url.get(), CURLUPART_PATH);
  if (database.starts_with('/')) database.erase(0, 1);
  if (!database.empty() && !read_number(database, out.database)) {
    return bad_url("the database is a number");
  }
  if (!options.user.empty() && options.secret.empty()) {
    return bad_url("its user needs the password");
  }
  out.user = options.user;
  out.secret = options.secret;
  out.ca_file = options.ca_file;
  out.connect_timeout = options.connect_timeout;
  return out;
}

std::string Target::shown() const {
  return "redis " + escape_control(host) + ':' + std::to_string(port);
}

}  // namespace gantry::stores::redis
