#include "host/base/redact.hpp"

#include <algorithm>
#include <string>

namespace gantry {
namespace {

// Written without separators, because names are compared that way.
constexpr std::string_view kParts[] = {
    "secret", "token",  "password",   "passwd",     "passphrase", "authorization", "signature",
    "cookie", "apikey", "privatekey", "signingkey", "accesskey",  "credential",
};

}  // namespace

bool names_secret(std::string_view name) noexcept {
  // Longer than any name: also bounds the work for hostile input.
  char plain[128];
  std::size_t used = 0;
  for (const char c : name.substr(0, sizeof plain)) {
    if (c == '_' || c == '-' || c == '.' || c == ' ') continue;
    plain[used++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const std::string_view text(plain, used);
  if (text == "key" || text == "auth") return true;
  return std::any_of(std::begin(kParts), std::end(kParts), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

}  // namespace gantry
