#pragma once

#include <gantry/abi.h>

#include <string_view>

namespace gantry::sdk {

/// The ABI's span as a view, and back. Neither copies; the borrowed bytes end with the call.
inline std::string_view view(gantry_span span) noexcept {
  return span.size == 0 ? std::string_view{} : std::string_view{span.data, span.size};
}

inline gantry_span span(std::string_view text) noexcept {
  return {text.data(), static_cast<uint64_t>(text.size())};
}

}  // namespace gantry::sdk
