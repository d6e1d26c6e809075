#include "words.hpp"

#include <charconv>
#include <gantry/sdk/time.hpp>

namespace gantry::samsara {

using sdk::Json;

std::string words_of(std::string_view camel_case) {
  std::string out;
  for (const char c : camel_case) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty()) out += ' ';
    out += upper && !out.empty() ? static_cast<char>(c + 32) : c;
  }
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

std::int64_t time_of(const Json& time) {
  const auto text = time.text();
  if (time.is_number()) {
    std::int64_t ms = 0;
    std::int64_t ns = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(end - text.size(), end, ms);
    const bool fits = error == std::errc{} && stop == end &&
                      !__builtin_mul_overflow(ms, std::int64_t{1'000'000}, &ns);
    return fits ? ns : GANTRY_TIME_UNKNOWN;
  }
  const auto read = sdk::read_timestamp(text);
  return read ? read->ns : GANTRY_TIME_UNKNOWN;
}

bool is_plausible(std::int64_t time_ns, std::int64_t now_ns) noexcept {
  constexpr std::int64_t kFirstNs = 1'356'998'400'000'000'000;  // 2013-01-01T00:00:00Z
  constexpr std::int64_t kDayNs = 86'400'000'000'000;
  return time_ns >= kFirstNs && time_ns <= now_ns + kDayNs;
}

Json participant(std::string_view role, const Json& who) {
  if (who["id"].text().empty() && who["name"].text().empty()) return {};
  Json out = Json::object();
  out.set("role", role);
  out.set("name", who["name"].text());
  out.set("handle", who["username"].text());
  out.set("external_id", who["id"].text());
  return out;
}

}  // namespace gantry::samsara
