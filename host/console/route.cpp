#include "host/console/route.hpp"

#include <utility>

#include "host/base/assert.hpp"

namespace gantry::console {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

std::optional<std::map<std::string, std::string>> parse_query(std::string_view query) {
  std::map<std::string, std::string> values;
  for (const std::string_view pair : split(query, '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    values.insert_or_assign(std::move(*name), std::move(*value));
  }
  return values;
}

RoutePattern::RoutePattern(std::string_view pattern) {
  GANTRY_ASSERT(pattern.starts_with('/'));
  for (const std::string_view part : split(pattern.substr(1), '/')) {
    const bool named = part.size() > 2 && part.front() == '{' && part.back() == '}';
    segments_.push_back({std::string(named ? part.substr(1, part.size() - 2) : part), named});
  }
}

std::optional<std::map<std::string, std::string>> RoutePattern::match(std::string_view path) const {
  if (!path.starts_with('/')) return std::nullopt;
  const auto parts = split(path.substr(1), '/');
  if (parts.size() != segments_.size()) return std::nullopt;
  std::map<std::string, std::string> values;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto text = percent_decode(parts[i], false);
    if (!text) return std::nullopt;
    if (segments_[i].named) {
      if (text->empty()) return std::nullopt;
      values.emplace(segments_[i].text, std::move(*text));
    } else if (*text != segments_[i].text) {
      return std::nullopt;
    }
  }
  return values;
}

}  // namespace gantry::console
