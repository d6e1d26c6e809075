#pragma once

#include <cstdint>
#include <string_view>

namespace gantry::edi {

/// A segment's name, at most four characters in upper case, packed so that comparing two is one
/// instruction. 0: longer than any name that exists.
using Tag = std::uint32_t;

constexpr Tag tag_of(std::string_view name) noexcept {
  if (name.size() > 4) return 0;
  Tag tag = 0;
  for (const char c : name) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    tag = tag << 8 | static_cast<unsigned char>(upper);
  }
  return tag;
}

namespace tags {
inline constexpr Tag kISA = tag_of("ISA"), kIEA = tag_of("IEA"), kTA1 = tag_of("TA1");
inline constexpr Tag kISB = tag_of("ISB"), kISE = tag_of("ISE");
inline constexpr Tag kGS = tag_of("GS"), kGE = tag_of("GE");
inline constexpr Tag kST = tag_of("ST"), kSE = tag_of("SE");
inline constexpr Tag kUNB = tag_of("UNB"), kUNZ = tag_of("UNZ");
inline constexpr Tag kUNG = tag_of("UNG"), kUNE = tag_of("UNE");
inline constexpr Tag kUNH = tag_of("UNH"), kUNT = tag_of("UNT");
}  // namespace tags

}  // namespace gantry::edi
