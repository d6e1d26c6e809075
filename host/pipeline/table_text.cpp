#include "host/pipeline/table_text.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace gantry::pipeline {
namespace {

void collapse(std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool space = static_cast<unsigned char>(c) <= ' ';
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  text = std::move(out);
}

/// More letters than digits, and short. Any byte of a script beyond ASCII counts as a letter.
bool is_name(std::string_view text) {
  constexpr std::size_t kNameMax = 100;
  std::ptrdiff_t letters = 0, digits = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c >= '0' && c <= '9') ++digits;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || byte >= 0x80) ++letters;
  }
  return text.size() <= kNameMax && letters > 0 && digits <= letters;
}

}  // namespace

void TableText::row(std::span<TableCell> cells) {
  for (TableCell& cell : cells) collapse(cell.text);
  const auto words =
      std::ranges::count_if(cells, [](const auto& cell) { return !cell.text.empty(); });
  if (words == 0) return;
  if (!decided_ && words >= 2) {
    decided_ = true;
    std::set<std::string_view> seen;
    const bool names = std::ranges::all_of(cells, [&seen](const TableCell& cell) {
      return cell.text.empty() || (is_name(cell.text) && seen.insert(cell.text).second);
    });
    if (names) {
      const std::size_t begin = out_.size();
      line(cells, false);
      header_ = out_.substr(begin);
      out_.resize(begin);
      for (const TableCell& cell : cells) names_[cell.column] = cell.text;
      return;
    }
  }
  header_.clear();
  line(cells, true);
}

void TableText::finish() {
  out_ += header_;
  header_.clear();
}

void TableText::line(std::span<const TableCell> cells, bool named) {
  bool first = true;
  for (const TableCell& cell : cells) {
    if (cell.text.empty()) continue;
    if (!first) out_ += " | ";
    first = false;
    const auto name = named ? names_.find(cell.column) : names_.end();
    if (name != names_.end() && !name->second.empty()) out_.append(name->second).append(": ");
    out_ += cell.text;
  }
  out_ += '\n';
}

}  // namespace gantry::pipeline
