#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace gantry::sdk {

/// Percent-encoding (RFC 3986 section 2.1) of all but unreserved characters: a '+' or a '&' of a
/// value never reaches the server as a blank or as a separator.
inline std::string percent_encode(std::string_view text) {
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

using Query = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// "a=1&b=x%20y": a query string, and the body of application/x-www-form-urlencoded alike. Fields
/// with an empty value are left out.
inline std::string form_encode(Query fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    if (!out.empty()) out += '&';
    out += percent_encode(name) + '=' + percent_encode(value);
  }
  return out;
}

/// `url` with the fields behind '?' or, where it has a query already, '&'.
inline std::string with_query(std::string url, Query fields) {
  const std::string query = form_encode(fields);
  if (query.empty()) return url;
  url += url.find('?') == std::string::npos ? '?' : '&';
  return url + query;
}

}  // namespace gantry::sdk
