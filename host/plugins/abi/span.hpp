#pragma once

#include <gantry/abi.h>
#include <gantry/host.h>

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::plugins::abi {

/// Values that cross the plugin boundary, in both directions. Nothing here knows where the other
/// side runs. [any-thread]

inline gantry_span span_of(std::string_view text) noexcept { return {text.data(), text.size()}; }

/// The plugin's bytes, borrowed. Empty where the span is not one: no data, or larger than any
/// address space, which a size of -1 would be.
inline std::optional<std::string_view> view_of(const gantry_span& span) noexcept {
  if (span.size == 0) return std::string_view{};
  if (span.data == nullptr || span.size > (UINT64_C(1) << 47U)) return std::nullopt;
  return std::string_view(span.data, static_cast<std::size_t>(span.size));
}

/// As view_of, cut to `size_max` bytes; empty text where the span is not one.
inline std::string_view view_or_empty(const gantry_span& span, std::size_t size_max) noexcept {
  return view_of(span).value_or(std::string_view{}).substr(0, size_max);
}

/// Copies a struct that begins with struct_size and may be of another minor: fields that the other
/// side does not have stay zero, fields that we do not know are left out. Empty where it is null or
/// shorter than `size_min`, its size in minor 0.
template <class T>
std::optional<T> read_struct(const T* other, std::size_t size_min) noexcept {
  if (other == nullptr) return std::nullopt;
  std::uint32_t size = 0;
  std::memcpy(&size, other, sizeof size);
  if (size < size_min) return std::nullopt;
  T mine{};
  std::memcpy(&mine, other, size < sizeof(T) ? size : sizeof(T));
  return mine;
}

/// Fills a buffer of the other side by its rule: nothing is written where it does not fit.
inline gantry_status fill(gantry_buffer* out, std::string_view bytes) noexcept {
  if (out == nullptr) return GANTRY_BUG;
  out->size = bytes.size();
  if (bytes.empty() || bytes.size() > out->capacity) return GANTRY_OK;
  if (out->data == nullptr) return GANTRY_BUG;
  std::memcpy(out->data, bytes.data(), bytes.size());
  return GANTRY_OK;
}

}  // namespace gantry::plugins::abi
