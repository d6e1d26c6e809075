#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "host/config/config.hpp"

namespace gantry::cli {

/// Where a command writes, and what the other end can show. [main]
class Terminal {
 public:
  struct Abilities {
    bool colour = false;    ///< Standard error is a terminal and NO_COLOR is not set.
    bool progress = false;  ///< Standard error is a terminal.
    bool utf8 = false;      ///< The locale's encoding, without NO_COLOR.
    int columns = 80;
  };

  Terminal(std::ostream& out, std::ostream& err, Abilities abilities)
      : out_(out), err_(err), abilities_(abilities) {}

  /// The process's own streams.
  static Terminal standard(const config::Environment& environment);

  std::ostream& out() { return out_; }  ///< Data.
  std::ostream& err() { return err_; }  ///< Talk.
  const Abilities& abilities() const { return abilities_; }

  /// "gantry: <text>" on the talk side; returns 1, the exit code of a failure.
  int fail(std::string_view text);
  /// ✓ or ok, ! or warn, ✗ or FAIL: coloured where possible.
  std::string pass_sign() const;
  std::string warn_sign() const;
  std::string fail_sign() const;
  std::string skip_sign() const;  ///< - or skip: neither good nor bad.

 private:
  std::string coloured(const char* code, std::string text) const;

  std::ostream& out_;
  std::ostream& err_;
  Abilities abilities_;
};

}  // namespace gantry::cli
