#include "delimiters.hpp"

#include <cstring>
#include <gantry/sdk/text.hpp>

#include "text.hpp"

namespace gantry::edi {
namespace {

constexpr std::size_t kSeparators = 16;
constexpr std::size_t kIsaMax = 400;    // Longer, and it is no ISA; padding and wrapping included.
constexpr std::size_t kLookAhead = 40;  // Enough for the gap, line breaks and the next tag.
constexpr std::size_t kOffsets[] = {3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103};

bool is_blank(char c) { return c == '\r' || c == '\n' || c == ' ' || c == '\t'; }

/// Bytes of the UTF-8 character that `text` begins with; 1 where it is none.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 2; size <= 4 && size <= text.size(); ++size) {
    if (static_cast<unsigned char>(text[0]) >= 0xC2 && sdk::is_utf8(text.substr(0, size))) {
      return size;
    }
  }
  return 1;
}

/// Where a segment that may follow an ISA begins in `text`, or npos.
std::size_t next_segment(std::string_view text, char separator) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const std::string_view name : {"GS", "TA1", "IEA", "ISB", "ISE", "ST"}) {
      if (text.size() - i > name.size() && text[i + name.size()] == separator &&
          sdk::equal_ignoring_case(text.substr(i, name.size()), name) &&
          (i == 0 || !is_alnum(text[i - 1]))) {
        return i;
      }
    }
  }
  return std::string_view::npos;
}

/// True where the first line of `text` ends with `c`: then c is the terminator and the line break
/// only decoration.
bool line_ends_with(std::string_view text, char c) {
  const auto end = text.find_first_of("\r\n");
  if (end == std::string_view::npos || end == 0) return false;
  return text[end - 1] == c;
}

/// Splits what stands between the 16th separator and the next segment into component separator and
/// terminator. Returns the bytes taken.
std::size_t read_gap(std::string_view tail, std::string_view gap, IsaSegment& out) {
  Delimiters& to = out.delimiters;
  std::size_t at = 0;
  while (at < gap.size() && is_blank(gap[at])) ++at;
  if (at == gap.size()) {  // Nothing but white space: a line break ends it.
    out.warnings.add("component_separator_missing");
    to.component = 0;
    const auto end = gap.find_first_of("\r\n");
    to.terminator = end == std::string_view::npos ? "\n" : std::string(1, gap[end]);
    return gap.size();
  }
  const std::size_t first = at;
  const std::size_t first_size = character_size(gap.substr(at));
  at = first + first_size;
  std::size_t next = at;
  while (next < gap.size() && is_blank(gap[next])) ++next;
  if (next < gap.size()) {  // The usual: component, then terminator.
    to.component = gap[first];
    if (next != at) out.warnings.add("blank_before_terminator");
    const std::size_t size = character_size(gap.substr(next));
    to.terminator = std::string(gap.substr(next, size));
    return next + size;
  }
  // One character alone. Followed directly by a segment, or on a line whose successor ends with the
  // same character, it is the terminator and ISA16 is missing; else a line break is the terminator.
  const bool at_once = at == gap.size();
  if (at_once || line_ends_with(tail.substr(gap.size()), gap[first])) {
    out.warnings.add("component_separator_missing");
    to.component = 0;
    to.terminator = std::string(gap.substr(first, first_size));
    return first + first_size;
  }
  to.component = gap[first];
  const auto end = gap.find_first_of("\r\n", at);
  if (end == std::string_view::npos) {
    to.terminator = " ";
    return at;
  }
  to.terminator = std::string(1, gap[end]);
  return end + 1;
}

bool offsets_hold(std::string_view text) {
  if (text.size() < 106) return false;
  for (const auto offset : kOffsets) {
    if (text[offset] != text[3]) return false;
  }
  // A separator inside a padded id would fit the offsets by chance only with too many of them.
  std::size_t count = 0;
  for (std::size_t i = 0; i < 104; ++i) count += text[i] == text[3] ? 1u : 0u;
  return count == kSeparators;
}

}  // namespace

std::size_t Delimiters::find_terminator(std::string_view text, std::size_t from) const noexcept {
  while (from < text.size()) {
    const void* found = std::memchr(text.data() + from, terminator[0], text.size() - from);
    if (found == nullptr) return std::string_view::npos;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (terminator.size() == 1 || text.substr(at, terminator.size()) == terminator) return at;
    if (text.size() - at < terminator.size()) return std::string_view::npos;
    from = at + 1;
  }
  return std::string_view::npos;
}

bool starts_isa(std::string_view text) noexcept {
  return text.size() >= 4 && sdk::equal_ignoring_case(text.substr(0, 3), "ISA") &&
         !is_alnum(text[3]) && !is_blank(text[3]);
}

IsaReading read_isa(std::string_view text, bool last, IsaSegment& out) {
  if (!starts_isa(text)) {
    return text.size() < 4 && !last ? IsaReading::kNeedMore : IsaReading::kNotIsa;
  }
  const char separator = text[3];
  std::array<std::size_t, kSeparators> at{};
  std::size_t count = 0;
  const std::size_t end = text.size() < kIsaMax ? text.size() : kIsaMax;
  for (std::size_t i = 3; i < end && count < kSeparators; ++i) {
    if (text[i] == separator) at[count++] = i;
  }
  if (count < kSeparators) {
    return text.size() < kIsaMax && !last ? IsaReading::kNeedMore : IsaReading::kNotIsa;
  }
  const std::size_t tail_at = at[kSeparators - 1] + 1;
  if (text.size() < tail_at + kLookAhead + 80 && !last) return IsaReading::kNeedMore;

  out = {};
  out.delimiters.element = separator;
  out.elements[0] = "ISA";
  for (std::size_t i = 0; i + 1 < kSeparators; ++i) {
    out.elements[i + 1] = without_breaks(text.substr(at[i] + 1, at[i + 1] - at[i] - 1));
  }
  const std::string_view tail = text.substr(tail_at);
  const auto next = next_segment(tail.substr(0, kLookAhead), separator);
  if (next == std::string_view::npos) {
    // What follows is not known: trust the position. A file cut right here has no more to say.
    if (tail.size() < 2) return IsaReading::kNotIsa;
    out.delimiters.component = tail[0];
    const std::size_t size = character_size(tail.substr(1));
    out.delimiters.terminator = std::string(tail.substr(1, size));
    out.size = tail_at + 1 + size;
  } else {
    out.size = tail_at + read_gap(tail, tail.substr(0, next), out);
  }
  if (out.delimiters.component != 0) out.elements[16] = std::string(1, out.delimiters.component);

  if (!offsets_hold(text)) out.warnings.add("isa_not_fixed_length");
  if (text.substr(0, 3) != "ISA") out.warnings.add("lower_case");
  const std::string_view version = out.elements[12];
  const std::string_view repetition = out.elements[11];
  if (repetition.size() == 1 && !is_alnum(repetition[0]) && repetition[0] != ' ') {
    // Before 00402 the element is a standards id; a separator there names nothing.
    if (version >= "00402") {
      out.delimiters.repetition = repetition[0];
    } else {
      out.warnings.add("repetition_separator_before_00402");
    }
  }
  return IsaReading::kDone;
}

}  // namespace gantry::edi
