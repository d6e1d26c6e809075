#include "host/ingress/response_text.hpp"

#include <boost/beast/http/status.hpp>
#include <chrono>
#include <ctime>
#include <string_view>

namespace gantry::ingress {
namespace {

/// RFC 9110 section 5.6.7, one text per second and thread.
std::string_view http_date(Instant now) {
  thread_local std::time_t last = -1;
  thread_local char text[32];
  thread_local std::size_t size = 0;
  const std::time_t at =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (at != last) {
    std::tm parts{};
    gmtime_r(&at, &parts);
    size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    last = at;
  }
  return {text, size};
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) out.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
  out.append("\r\n");
}

}  // namespace

void write_response(std::string& out, const Response& response, bool keep_alive, bool with_body,
                    Instant now) {
  const auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
  out.clear();
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason.data(), reason.size()).append("\r\n");
  append_field(out, "Date", http_date(now));
  if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) append_field(out, name, value);
  // A 204 and a 304 have no body and may not speak of one.
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) append_field(out, "Content-Length", std::to_string(response.body.size()));
  append_field(out, "Connection", keep_alive ? "keep-alive" : "close");
  out.append("\r\n");
  if (with_body && !bodiless) out.append(response.body);
}

}  // namespace gantry::ingress
