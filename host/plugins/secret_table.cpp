#include "host/plugins/secret_table.hpp"

namespace gantry::plugins {
namespace {

constexpr std::size_t kActiveMax = 2;  ///< After a rotation: the new value and the one before.

}  // namespace

SecretTable::SecretTable(Persist persist) : persist_(std::move(persist)) {}

void SecretTable::set(std::string_view source, std::string_view name,
                      std::vector<std::string> values) {
  const std::lock_guard lock(mutex_);
  values_[std::string(source)][std::string(name)] = std::move(values);
}

const std::vector<std::string>* SecretTable::find(std::string_view source,
                                                  std::string_view name) const {
  const auto fields = values_.find(source);
  if (fields == values_.end()) return nullptr;
  const auto values = fields->second.find(name);
  return values == fields->second.end() ? nullptr : &values->second;
}

std::size_t SecretTable::count(std::string_view source, std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto* const values = find(source, name);
  return values == nullptr ? 0 : values->size();
}

Result<std::string> SecretTable::get(std::string_view source, std::string_view name,
                                     std::size_t index) const {
  const std::lock_guard lock(mutex_);
  const auto* const values = find(source, name);
  if (values == nullptr || index >= values->size()) {
    return Error{ErrorKind::kNotFound, "source " + std::string(source) + ": no secret for " +
                                           std::string(name) +
                                           "; configure it as env:NAME or file:PATH"};
  }
  return (*values)[index];
}

Result<void> SecretTable::put(std::string_view source, std::string_view name,
                              std::string_view value) {
  if (!persist_) {
    return Error{ErrorKind::kUnsupported,
                 "source " + std::string(source) + ": this host keeps no rotated secrets"};
  }
  if (auto kept = persist_(source, name, value); !kept) return kept.error();
  const std::lock_guard lock(mutex_);
  auto& values = values_[std::string(source)][std::string(name)];
  values.insert(values.begin(), std::string(value));
  if (values.size() > kActiveMax) values.resize(kActiveMax);
  return {};
}

}  // namespace gantry::plugins
