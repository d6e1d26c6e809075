#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::edi {

/// What a tolerant reader let pass, by name: "bom", "wrapped_lines", "segment_count". Each once.
class Warnings {
 public:
  void add(std::string_view name) {
    if (names_.size() < kMax && std::find(names_.begin(), names_.end(), name) == names_.end()) {
      names_.emplace_back(name);
    }
  }
  void add(const Warnings& other) {
    for (const auto& name : other.names_) add(name);
  }
  void clear() { names_.clear(); }
  bool empty() const { return names_.empty(); }
  const std::vector<std::string>& names() const { return names_; }

 private:
  static constexpr std::size_t kMax = 48;
  std::vector<std::string> names_;
};

}  // namespace gantry::edi
