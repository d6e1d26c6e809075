#pragma once

#include <string>
#include <string_view>

namespace gantry {

/// Raw digests (32 and 20 bytes); to_hex or to_base64 make them readable. [any-thread]
std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string hmac_sha1(std::string_view key, std::string_view bytes);

/// Equal content, in a time that depends only on the lengths. [any-thread]
bool constant_time_equal(std::string_view left, std::string_view right) noexcept;

/// `count` bytes from the system's random source; for tokens and nonces. [any-thread]
std::string random_bytes(std::size_t count);

}  // namespace gantry
