#pragma once

#include <string_view>

namespace gantry {

/// True where a field, setting or header of this name holds something that must not be shown:
/// secret, token, password, authorization, signature, cookie, …; letter case and `-`/`_` do not
/// matter. "key" alone and names such as "api_key" count, "idempotency_key" does not. [any-thread]
bool names_secret(std::string_view name) noexcept;

/// What is shown in its place.
inline constexpr std::string_view kMasked = "***";

}  // namespace gantry
