#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <gantry/sdk/json.hpp>

namespace gantry::samsara {

/// "EngineFaultOn" as "Engine fault on".
std::string words_of(std::string_view camel_case);

/// A time as Samsara writes it, or GANTRY_TIME_UNKNOWN; numbers are milliseconds.
std::int64_t time_of(const sdk::Json& time);

/// Between 2013, before Samsara's first device, and a day from now. Vendor samples carry seconds
/// read as milliseconds (1970), devices a clock that was never set.
bool is_plausible(std::int64_t time_ns, std::int64_t now_ns) noexcept;

/// {role, name, handle, external_id}; null where the object has neither id nor name.
sdk::Json participant(std::string_view role, const sdk::Json& who);

}  // namespace gantry::samsara
