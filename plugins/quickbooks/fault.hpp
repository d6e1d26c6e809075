#pragma once

#include <gantry/sdk/failure.hpp>
#include <gantry/sdk/host.hpp>
#include <gantry/sdk/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::quickbooks {

inline constexpr std::string_view kNotFound = "610";  ///< Object not found: deleted.

/// The failure that an answer is, or nothing where it is good. `json` is the body where it is JSON.
///
/// Intuit writes {"Fault":{"Error":[{"Message","Detail","code"}],"type"}}, also in lower case, also
/// without the outer name, also with HTTP 200. The code decides where there is one:
///
///   10000 and above   kTransient: severe, whatever the type says
///   610               kData, kNotFound
///   3001, HTTP 429    kRateLimited: 500 a minute and company
///   3100              kConfig: the company is not of this environment
///   1 to 499, 3200    kAuth
///   others            kConfig: validation; the request is at fault
///
/// XML (asked for was JSON) is kData with code "XML": it must not pass for "no changes".
std::optional<sdk::Failure> fault_of(std::string_view doing, const sdk::HttpResponse& response,
                                     const sdk::Json& json);

std::string_view code_of(const sdk::Failure& failure) noexcept;

}  // namespace gantry::quickbooks
