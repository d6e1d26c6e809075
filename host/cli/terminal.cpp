#include "host/cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "host/base/encoding.hpp"

namespace gantry::cli {
namespace {

std::string_view value_of(const config::Environment& environment, std::string_view name) {
  const auto at = environment.find(name);
  return at == environment.end() ? std::string_view{} : std::string_view(at->second);
}

/// The order of POSIX: LC_ALL, LC_CTYPE, LANG; the first that is set counts.
bool speaks_utf8(const config::Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = value_of(environment, name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string_view::npos ||
           value.find("utf8") != std::string_view::npos;
  }
  return false;
}

}  // namespace

Terminal Terminal::standard(const config::Environment& environment) {
  const bool tty = ::isatty(STDERR_FILENO) == 1;
  const bool plain = !value_of(environment, "NO_COLOR").empty();
  Abilities abilities;
  abilities.colour = ::isatty(STDOUT_FILENO) == 1 && tty && !plain;
  abilities.progress = tty && value_of(environment, "TERM") != "dumb";
  abilities.utf8 = speaks_utf8(environment) && !plain;
  winsize size{};
  if (tty && ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    abilities.columns = size.ws_col;
  }
  return {std::cout, std::cerr, abilities};
}

int Terminal::fail(std::string_view text) {
  out_.flush();
  err_ << "gantry: " << text << '\n';
  return 1;
}

std::string Terminal::coloured(const char* code, std::string text) const {
  return abilities_.colour ? "\x1b[" + std::string(code) + 'm' + text + "\x1b[0m" : text;
}

std::string Terminal::pass_sign() const { return coloured("32", abilities_.utf8 ? "✓" : "ok  "); }
std::string Terminal::warn_sign() const { return coloured("33", abilities_.utf8 ? "!" : "warn"); }
std::string Terminal::skip_sign() const { return abilities_.utf8 ? "-" : "skip"; }
std::string Terminal::fail_sign() const { return coloured("31", abilities_.utf8 ? "✗" : "FAIL"); }

}  // namespace gantry::cli
