#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

namespace gantry::test {

/// A published input by its name below GANTRY_INPUTS_DIR; nothing where that is not set, and then
/// the tests of our own fixtures carry the claim alone. Set but without the file: throws.
inline std::optional<std::string> input(const std::string& name) {
  const char* folder = std::getenv("GANTRY_INPUTS_DIR");
  if (folder == nullptr || *folder == '\0') return std::nullopt;
  std::ifstream file(std::string(folder) + '/' + name, std::ios::binary);
  if (!file) throw std::runtime_error("GANTRY_INPUTS_DIR has no " + name);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace gantry::test
