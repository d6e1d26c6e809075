#include "host/ingress/files/names.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>

#include "host/base/encoding.hpp"
#include "host/base/time.hpp"

namespace gantry::files {
namespace {

using Suffixes = std::array<std::string_view, 2>;
constexpr Suffixes kTemporary = {".tmp", ".part"};
constexpr Suffixes kMarker = {".done", ".ctl"};

constexpr std::size_t kStampSize = std::string_view("20260116T080211.250Z").size();
constexpr std::size_t kSaltSize = 8;

bool ends_with_any(std::string_view name, const Suffixes& suffixes) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view suffix) {
    return name.size() > suffix.size() &&
           std::equal(suffix.begin(), suffix.end(), name.end() - std::ptrdiff_t(suffix.size()),
                      [&](char want, char have) { return want == lower(have); });
  });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// "20260116T080211.250Z", always with milliseconds, so that ids sort by time.
std::string stamp(Instant at) {
  std::string text = to_rfc3339(std::chrono::floor<std::chrono::milliseconds>(at));
  if (text.size() == std::string_view("2026-01-16T08:02:11Z").size()) text.insert(19, ".000");
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> why_refused(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kNameBytesMax) {
    return "it is longer than " + std::to_string(kNameBytesMax) + " bytes";
  }
  if (std::any_of(name.begin(), name.end(), is_control)) return "it holds a control character";
  if (!is_utf8(name)) return "it is not UTF-8";
  if (name.find_first_of("/\\") != std::string_view::npos) return "it names a directory";
  if (name == "." || name == "..") return "it names a directory";
  if (name.front() == '-') return "it begins with a dash";
  return std::nullopt;
}

std::string safe_name(std::string_view name) {
  std::string safe(name.substr(0, kNameBytesMax));
  const bool sound = is_utf8(safe);
  for (char& c : safe) {
    const bool foreign = !sound && static_cast<unsigned char>(c) >= 0x80;
    if (is_control(c) || c == '/' || c == '\\' || foreign) c = '_';
  }
  if (safe.empty()) return "_";
  if (safe.front() == '-' || safe.front() == '.') safe.front() = '_';
  return safe;
}

bool is_temporary(std::string_view name) { return ends_with_any(name, kTemporary); }
bool is_marker(std::string_view name) { return ends_with_any(name, kMarker); }
std::string_view without_suffix(std::string_view name) { return name.substr(0, name.rfind('.')); }

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
         });
}

std::string claim_id(Instant at, std::string_view salt, std::string_view name) {
  return stamp(at) + '-' + std::string(salt) + '-' + std::string(name);
}

std::string entry_id(std::string_view archive_id, std::size_t index, std::string_view name) {
  return std::string(archive_id.substr(0, kStampSize + 1 + kSaltSize)) + '.' +
         std::to_string(index) + '-' + std::string(name);
}

std::optional<ClaimName> read_claim_id(std::string_view id) {
  constexpr std::size_t kPrefix = kStampSize + 1 + kSaltSize;
  if (id.size() < kPrefix + 2 || id[8] != 'T' || id[kStampSize - 1] != 'Z' ||
      id[kStampSize] != '-' || !is_hex(id.substr(kStampSize + 1, kSaltSize))) {
    return std::nullopt;
  }
  ClaimName read;
  read.archive = id.substr(0, kPrefix);
  std::string_view rest = id.substr(kPrefix);
  if (rest.front() == '.') {
    read.is_entry = true;
    const std::size_t dash = rest.find('-');
    const std::string_view digits = rest.substr(1, dash - 1);
    if (dash == std::string_view::npos || digits.empty() ||
        digits.find_first_not_of("0123456789") != std::string_view::npos) {
      return std::nullopt;
    }
    rest.remove_prefix(dash);
  }
  if (rest.size() < 2 || rest.front() != '-') return std::nullopt;
  read.name = rest.substr(1);
  return read;
}

}  // namespace gantry::files
