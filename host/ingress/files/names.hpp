#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/clock.hpp"

namespace gantry::files {

/// Longest name a partner may give, in bytes: it must fit into an id.
inline constexpr std::size_t kNameBytesMax = 200;

/// Why a name is refused, in words; nothing where it is fine. Refused are control characters, bytes
/// that are not UTF-8, a directory in the name, "..", a leading dash (a tool would take it for an
/// option) and more than kNameBytesMax bytes. Pure. [any-thread]
std::optional<std::string> why_refused(std::string_view name);

/// The name with everything that why_refused() minds replaced by "_". Never empty. [any-thread]
std::string safe_name(std::string_view name);

/// True for "x.tmp" and "x.part", in either case: still being written. [any-thread]
bool is_temporary(std::string_view name);
/// True for "x.done" and "x.ctl": says that x is complete. [any-thread]
bool is_marker(std::string_view name);
/// "loads.csv" for "loads.csv.part": the name that a temporary or marker name stands for.
std::string_view without_suffix(std::string_view name);

/// True where `patterns` is empty or one of them fits (fnmatch(3), case counts). [any-thread]
bool matches_any(const std::vector<std::string>& patterns, const std::string& name);

/// The name a file has from its claim on: "20260116T080211.250Z-9f3c21aa-loads.csv"; an archive's
/// n-th entry is "20260116T080211.250Z-9f3c21aa.n-loads.csv". Sorts by time; `salt` is 8 hex digits
/// that keep two claims of one millisecond apart.
std::string claim_id(Instant at, std::string_view salt, std::string_view name);
std::string entry_id(std::string_view archive_id, std::size_t index, std::string_view name);

struct ClaimName {
  std::string name;     ///< What the partner called it.
  std::string archive;  ///< The id up to the salt, which an archive and its entries share.
  bool is_entry = false;
};
/// Nothing where `id` was not made by the two functions above. [any-thread]
std::optional<ClaimName> read_claim_id(std::string_view id);

}  // namespace gantry::files
