#include "host/plugins/secret_table.hpp"

#include <algorithm>

namespace gantry::plugins {
namespace {

constexpr std::size_t kActiveMax = 2;  ///< After a rotation: the new value and the one before.

}  // namespace

void SecretTable::set(std::string_view source, std::string_view name,
                      std::vector<std::string> values) {
  const std::lock_guard lock(mutex_);
  values_[std::string(source)][std::string(name)] = std::move(values);
}

void SecretTable::set_all(std::string_view source, Fields fields) {
  const std::lock_guard lock(mutex_);
  values_[std::string(source)] = std::move(fields);
}

SecretTable::Fields SecretTable::configured(std::string_view source) const {
  const std::lock_guard lock(mutex_);
  const auto fields = values_.find(source);
  return fields == values_.end() ? Fields{} : fields->second;
}

std::vector<std::string> SecretTable::configured(std::string_view source,
                                                 std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto fields = values_.find(source);
  if (fields == values_.end()) return {};
  const auto values = fields->second.find(name);
  return values == fields->second.end() ? std::vector<std::string>{} : values->second;
}

Result<std::vector<std::string>> SecretTable::active(std::string_view source,
                                                     std::string_view name) const {
  auto given = configured(source, name);
  if (rotated_ == nullptr) return given;
  auto rotated = rotated_->values(source, name, given.empty() ? std::string() : given.front());
  if (!rotated) return rotated.error();
  return rotated->empty() ? std::move(given) : std::move(*rotated);
}

std::size_t SecretTable::count(std::string_view source, std::string_view name) const {
  const auto values = active(source, name);
  return values ? values->size() : configured(source, name).size();
}

Result<std::string> SecretTable::get(std::string_view source, std::string_view name,
                                     std::size_t index) const {
  auto values = active(source, name);
  if (!values) return values.error();
  if (index >= values->size()) {
    return Error{ErrorKind::kNotFound, "source " + std::string(source) + ": no secret for " +
                                           std::string(name) +
                                           "; configure it as env:NAME or file:PATH"};
  }
  return std::move((*values)[index]);
}

Result<void> SecretTable::put(std::string_view source, std::string_view name,
                              std::string_view value) {
  if (rotated_ == nullptr) {
    return Error{ErrorKind::kUnsupported,
                 "source " + std::string(source) + ": this host keeps no rotated secrets"};
  }
  const std::lock_guard lock(put_mutex_);
  const auto given = configured(source, name);
  const auto before = active(source, name);
  // A damaged file gives way: the vendor has ended the value that it held.
  auto values = before ? *before : given;
  std::erase(values, value);
  values.insert(values.begin(), std::string(value));
  if (values.size() > kActiveMax) values.resize(kActiveMax);
  return rotated_->put(source, name, given.empty() ? std::string() : given.front(), values);
}

}  // namespace gantry::plugins
