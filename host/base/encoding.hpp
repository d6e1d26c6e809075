#pragma once

#include <string>
#include <string_view>

#include "host/base/error.hpp"

namespace gantry {

/// Lower-case hexadecimal. [any-thread]
std::string to_hex(std::string_view bytes);
/// Either case; an odd length or a foreign character is kInvalid. [any-thread]
Result<std::string> from_hex(std::string_view text);

/// Standard base64 with padding (RFC 4648 section 4). [any-thread]
std::string to_base64(std::string_view bytes);
/// Strict: padding required, no white space, unused bits zero; else kInvalid. [any-thread]
Result<std::string> from_base64(std::string_view text);

/// Control characters and bytes that are not UTF-8 as \xNN: safe on a terminal and in a log line.
/// [any-thread]
std::string escape_control(std::string_view text);

/// True where `text` is well-formed UTF-8 (RFC 3629). [any-thread]
bool is_utf8(std::string_view text) noexcept;

}  // namespace gantry
