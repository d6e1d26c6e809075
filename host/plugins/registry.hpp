#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "host/plugins/source.hpp"

namespace gantry::plugins {

/// The sources of one configuration. Never changes once loaded; a reload makes a new one.
///
/// Destroying it ends the sources in reverse order, each plugin after its last source. Nobody may
/// be inside a call then. [any-thread] to read, [main] to destroy
class Registry {
 public:
  explicit Registry(std::vector<std::unique_ptr<Source>> sources);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Null where no such source was loaded.
  const Source* find(std::string_view source_id) const noexcept;
  /// In the order of configuration.
  const std::vector<const Source*>& all() const noexcept { return all_; }
  /// Gives the sources to a caller who ends each when nobody uses it any more.
  std::vector<std::unique_ptr<Source>> release() &&;

 private:
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<const Source*> all_;
};

}  // namespace gantry::plugins
