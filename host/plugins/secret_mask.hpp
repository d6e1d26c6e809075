#pragma once

#include <deque>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace gantry::plugins {

/// Blots secrets out of what a plugin says. It knows every value that the plugin was given: a value
/// that was never handed out cannot be repeated. [any-thread]
class SecretMask {
 public:
  /// Remembers a value that goes to the plugin. The newest 64 are kept: rotation ends old ones.
  void learn(std::string_view value);

  /// `text` with every known value as "***". Values under 4 bytes are left: they would blot out
  /// ordinary words, and protect nothing.
  std::string apply(std::string text) const;

 private:
  mutable std::shared_mutex mutex_;
  std::deque<std::string> values_;
};

}  // namespace gantry::plugins
