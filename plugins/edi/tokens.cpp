#include "tokens.hpp"

#include <cstring>
#include <gantry/sdk/text.hpp>

namespace gantry::edi {
namespace {

bool has_high_bit(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  return (all & 0x80) != 0;
}

bool has_break(std::string_view text) {
  return std::memchr(text.data(), '\n', text.size()) != nullptr ||
         std::memchr(text.data(), '\r', text.size()) != nullptr;
}

}  // namespace

std::string_view Segment::operator[](std::size_t n) const noexcept {
  return n < elements.size() ? trimmed(elements[n]) : std::string_view{};
}

void Tokens::split(std::string_view text, char separator) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const std::size_t before = elements_.size();
  for (;;) {
    const auto* found =
        static_cast<const char*>(std::memchr(at, separator, static_cast<std::size_t>(end - at)));
    const char* const stop = found == nullptr ? end : found;
    elements_.emplace_back(at, static_cast<std::size_t>(stop - at));
    if (found == nullptr) break;
    at = found + 1;
  }
  counts_.push_back(elements_.size() - before);
}

void Tokens::read(std::string_view set, const Delimiters& delimiters, Warnings& warnings) {
  elements_.clear();
  counts_.clear();
  segments_.clear();
  copies_.clear();
  const bool foreign = has_high_bit(set);
  const bool wrapped = !delimiters.line_terminated() && has_break(set);
  std::size_t at = 0;
  while (at < set.size()) {
    std::size_t end = delimiters.find_terminator(set, at);
    if (end == std::string_view::npos) end = set.size();
    std::string_view text = trimmed(set.substr(at, end - at));
    at = end + delimiters.terminator.size();
    if (text.empty()) continue;
    if (wrapped && has_break(text)) {
      warnings.add("wrapped_lines");
      text = copies_.emplace_back(without_breaks(text));
    }
    if (foreign && has_high_bit(text) && !sdk::is_utf8(text)) {
      warnings.add("not_utf8");
      text = copies_.emplace_back(to_utf8(text));
    }
    split(text, delimiters.element);
  }
  std::size_t first = 0;
  segments_.reserve(counts_.size());
  for (const std::size_t count : counts_) {
    const std::span<const std::string_view> elements(elements_.data() + first, count);
    segments_.push_back({tag_of(trimmed(elements[0])), elements});
    first += count;
  }
}

}  // namespace gantry::edi
