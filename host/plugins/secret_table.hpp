#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "host/plugins/ports.hpp"
#include "host/plugins/rotated_secrets.hpp"

namespace gantry::plugins {

/// The secrets of all sources: what the configuration gave, and before it what vendors rotated.
/// [any-thread]
class SecretTable final : public SecretSource {
 public:
  /// A source's fields with their values, newest first.
  using Fields = std::map<std::string, std::vector<std::string>, std::less<>>;

  /// `rotated` outlives this; null: put is kUnsupported.
  explicit SecretTable(RotatedSecrets* rotated = nullptr) : rotated_(rotated) {}

  /// Replaces the configured values of one field, newest first.
  void set(std::string_view source, std::string_view name, std::vector<std::string> values);
  /// Replaces all configured fields of a source; a reload calls it.
  void set_all(std::string_view source, Fields fields);
  /// What is configured for a source.
  Fields configured(std::string_view source) const;

  std::size_t count(std::string_view source, std::string_view name) const override;
  Result<std::string> get(std::string_view source, std::string_view name,
                          std::size_t index) const override;
  /// The value before stays active beside the new one: the vendor may still sign with it.
  Result<void> put(std::string_view source, std::string_view name, std::string_view value) override;

 private:
  std::vector<std::string> configured(std::string_view source, std::string_view name) const;
  /// Rotated values where they count, else configured ones.
  Result<std::vector<std::string>> active(std::string_view source, std::string_view name) const;

  RotatedSecrets* const rotated_;
  mutable std::mutex mutex_;
  std::map<std::string, Fields, std::less<>> values_;  ///< By source, then by name.
  std::mutex put_mutex_;  ///< What was active is read and written in one piece.
};

}  // namespace gantry::plugins
