#include "edifact_tokens.hpp"

#include <gantry/sdk/text.hpp>

#include "tokens.hpp"

namespace gantry::edi {

std::string_view EdifactSegment::at(std::size_t element, std::size_t component) const noexcept {
  if (element >= elements.size() || component >= elements[element].size()) return {};
  return trimmed(elements[element][component]);
}

std::size_t find_edifact_terminator(std::string_view text, std::size_t from,
                                    const Delimiters& delimiters) noexcept {
  const char terminator = delimiters.terminator[0];
  for (std::size_t i = from; i < text.size(); ++i) {
    if (delimiters.release != 0 && text[i] == delimiters.release) {
      ++i;
    } else if (text[i] == terminator) {
      return i;
    }
  }
  return std::string_view::npos;
}

EdifactSegment read_edifact_segment(std::string_view text, const Delimiters& delimiters) {
  EdifactSegment out;
  out.elements.push_back({""});
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (delimiters.release != 0 && c == delimiters.release && i + 1 < text.size()) {
      out.elements.back().back() += text[++i];
    } else if (c == delimiters.element) {
      out.elements.push_back({""});
    } else if (c == delimiters.component) {
      out.elements.back().emplace_back();
    } else if (c != '\r' && c != '\n') {
      out.elements.back().back() += c;
    }
  }
  for (auto& element : out.elements) {
    for (std::string& component : element) {
      if (!sdk::is_utf8(component)) component = to_utf8(component);
    }
  }
  out.tag = tag_of(trimmed(out.elements[0][0]));
  return out;
}

std::vector<EdifactSegment> read_edifact(std::string_view text, const Delimiters& delimiters) {
  std::vector<EdifactSegment> out;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = find_edifact_terminator(text, at, delimiters);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view segment = trimmed(text.substr(at, end - at));
    at = end + 1;
    if (!segment.empty()) out.push_back(read_edifact_segment(segment, delimiters));
  }
  return out;
}

bool starts_edifact(std::string_view text) noexcept {
  if (text.size() < 4 || (!text.starts_with("UNA") && !text.starts_with("UNB"))) return false;
  const char c = text[3];
  return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ' ' ||
           c == '\r' || c == '\n');
}

}  // namespace gantry::edi
