#include "text.hpp"

#include <gantry/sdk/text.hpp>

namespace gantry::edi {
namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

constexpr std::size_t kHexDigits = 16;

}  // namespace

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view cut(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string without_breaks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c != '\r' && c != '\n') out += c;
  }
  return out;
}

std::string to_utf8(std::string_view text) {
  if (sdk::is_utf8(text)) return std::string(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

std::uint64_t number_in(std::string_view text) noexcept {
  constexpr std::size_t kDigitsMax = 19;
  std::uint64_t value = 0;
  for (const char c : text.substr(0, kDigitsMax)) {
    if (c < '0' || c > '9') break;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::uint64_t hex_number(std::string_view text) noexcept {
  std::uint64_t out = 0;
  for (const char c : text.substr(0, kHexDigits)) {
    const auto digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
    out = out << 4 | static_cast<std::uint64_t>(digit);
  }
  return out;
}

std::string hex_of(std::uint64_t value) {
  std::string out(kHexDigits, '0');
  for (auto at = out.rbegin(); at != out.rend(); ++at, value >>= 4) {
    *at = "0123456789abcdef"[value & 15];
  }
  return out;
}

bool same_number(std::string_view left, std::string_view right) noexcept {
  const auto bare = [](std::string_view text) {
    while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
    return text;
  };
  return bare(left) == bare(right);
}

std::string_view take_until(std::string_view& rest, char separator) noexcept {
  const auto end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

}  // namespace gantry::edi
