#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "host/cli/terminal.hpp"

namespace gantry::cli {

/// One line that fills while work goes on; nothing at all where standard error is no terminal.
/// Drawn at most ten times a second, and gone when it ends. [main]
class Progress {
 public:
  /// `total` 0: not known; then only the count is shown.
  Progress(Terminal& terminal, std::string label, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::uint64_t to);

 private:
  void draw();

  Terminal& terminal_;
  const std::string label_;
  const std::uint64_t total_;
  std::uint64_t at_ = 0;
  std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace gantry::cli
