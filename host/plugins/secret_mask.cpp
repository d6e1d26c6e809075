#include "host/plugins/secret_mask.hpp"

#include <algorithm>
#include <functional>
#include <mutex>
#include <vector>

namespace gantry::plugins {
namespace {

constexpr std::size_t kValuesMax = 64;
constexpr std::size_t kValueMin = 4;

}  // namespace

void SecretMask::learn(std::string_view value) {
  if (value.size() < kValueMin) return;
  {
    const std::shared_lock lock(mutex_);  // the usual case: known since the first request
    if (std::ranges::find(values_, value) != values_.end()) return;
  }
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(values_, value) != values_.end()) return;
  if (values_.size() >= kValuesMax) values_.pop_front();
  values_.emplace_back(value);
}

std::string SecretMask::apply(std::string text) const {
  const std::shared_lock lock(mutex_);
  std::vector<const std::string*> longest_first;  // so that a value inside another goes with it
  for (const std::string& value : values_) longest_first.push_back(&value);
  std::ranges::sort(longest_first, std::greater{},
                    [](const std::string* value) { return value->size(); });
  for (const std::string* value : longest_first) {
    for (auto at = text.find(*value); at != std::string::npos; at = text.find(*value, at + 3)) {
      text.replace(at, value->size(), "***");
    }
  }
  return text;
}

}  // namespace gantry::plugins
