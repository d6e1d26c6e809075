#include "host/net/retry_after.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace gantry::net {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_retry_after(std::string_view value, Instant now) {
  const std::string_view text = trim(value);
  if (text.empty()) return std::nullopt;

  if (text.find_first_not_of("0123456789.") == std::string_view::npos) {
    double seconds = 0;
    const auto [end, problem] =
        std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    if (problem == std::errc::result_out_of_range) return kRetryAfterMax;
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    const double limit = std::chrono::duration<double>(kRetryAfterMax).count();
    return std::chrono::round<std::chrono::nanoseconds>(
        std::chrono::duration<double>(std::min(seconds, limit)));
  }

  // A date needs its clock part: curl_getdate alone would also take "tomorrow-like" fragments.
  if (text.find(':') == std::string_view::npos) return std::nullopt;
  const std::time_t at = curl_getdate(std::string(text).c_str(), nullptr);
  if (at == -1) return std::nullopt;
  const std::chrono::nanoseconds wait = std::chrono::system_clock::from_time_t(at) - now;
  return std::clamp(wait, std::chrono::nanoseconds{0}, kRetryAfterMax);
}

}  // namespace gantry::net
