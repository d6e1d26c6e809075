#pragma once

#include <chrono>
#include <nlohmann/json.hpp>

#include "host/base/json.hpp"

/// For the sources of this folder only: this header brings nlohmann's.
namespace gantry::contracts {

/// Reads `key` where it is there: an older history lacks newer fields.
template <class T>
void read(const Json& in, const char* key, T& value) {
  if (const auto found = in.find(key); found != in.end()) found->get_to(value);
}

inline void read_ms(const Json& in, const char* key, std::chrono::milliseconds& value) {
  std::int64_t count = value.count();
  read(in, key, count);
  value = std::chrono::milliseconds{count};
}

}  // namespace gantry::contracts
