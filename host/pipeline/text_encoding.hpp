#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "host/base/error.hpp"

namespace gantry::pipeline {

/// Bytes read as text, and how they were read.
struct Decoded {
  std::string text;      ///< UTF-8 without a byte order mark.
  std::string encoding;  ///< "utf-8", "utf-16le", "windows-1252", or the declared name.
};

/// Finds the encoding of `bytes`, in this order: a byte order mark; well-formed UTF-8; the
/// `declared` charset (may be empty); Windows-1252, which every byte string of Western mail fits.
/// Nothing is ever replaced: what fits none of them, or holds a NUL, is kInvalid. [any-thread]
Result<Decoded> decode(std::string_view bytes, std::string_view declared, std::size_t bytes_max);

}  // namespace gantry::pipeline
