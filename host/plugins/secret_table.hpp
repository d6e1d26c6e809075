#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "host/plugins/ports.hpp"

namespace gantry::plugins {

/// Resolved secrets in memory, filled from the configuration. [any-thread]
class SecretTable final : public SecretSource {
 public:
  /// Makes a rotated value durable before it counts; empty: put is kUnsupported.
  using Persist = std::function<Result<void>(std::string_view source, std::string_view name,
                                             std::string_view value)>;

  explicit SecretTable(Persist persist = {});

  /// Replaces the values of one field, newest first; a reload calls it again.
  void set(std::string_view source, std::string_view name, std::vector<std::string> values);

  std::size_t count(std::string_view source, std::string_view name) const override;
  Result<std::string> get(std::string_view source, std::string_view name,
                          std::size_t index) const override;
  /// The value before stays active beside the new one: the vendor may still sign with it.
  Result<void> put(std::string_view source, std::string_view name, std::string_view value) override;

 private:
  /// Null where nothing is set; the lock is held.
  const std::vector<std::string>* find(std::string_view source, std::string_view name) const;

  const Persist persist_;
  mutable std::mutex mutex_;
  using Fields = std::map<std::string, std::vector<std::string>, std::less<>>;
  std::map<std::string, Fields, std::less<>> values_;  ///< By source, then by name.
};

}  // namespace gantry::plugins
