#pragma once

#include <filesystem>

#include "host/config/config.hpp"

namespace gantry::app {

/// A temporary state folder (0700), removed at the end: for commands that must not touch the
/// operator's state. Also gives the embedded engine a free port. [main]
class Scratch {
 public:
  /// Points `config` at it.
  explicit Scratch(config::Config& config);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// A TCP port on 127.0.0.1 that nobody has now.
int free_port();

}  // namespace gantry::app
