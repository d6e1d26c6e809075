#include "host/pipeline/csv_text.hpp"

#include <algorithm>
#include <array>

#include "host/pipeline/parsers.hpp"

namespace gantry::pipeline {
namespace {

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

}  // namespace

char csv_delimiter(std::string_view text) noexcept {
  static constexpr std::string_view kCandidates = ",;\t|";
  std::array<std::size_t, kCandidates.size()> counts{};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && is_line_end(c)) break;
    const auto which = kCandidates.find(c);
    if (!quoted && which != kCandidates.npos) ++counts.at(which);
  }
  return kCandidates[static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin())];
}

bool looks_like_csv(std::string_view text) noexcept {
  constexpr std::size_t kRecords = 20;
  constexpr std::size_t kHead = 64 * 1024;
  const bool whole = text.size() <= kHead;
  text = text.substr(0, kHead);
  CsvReader reader(text, csv_delimiter(text), 1000);
  std::vector<std::string> cells;
  std::size_t width = 0;
  while (reader.records() < kRecords) {
    const auto more = reader.next(cells);
    if (!more) return false;
    if (!*more) break;
    if (width == 0) width = cells.size();
    if (cells.size() != width) return false;
  }
  return width >= 3 && reader.records() >= 3 && (whole || reader.records() == kRecords);
}

Result<void> CsvReader::cell(std::string& out) {
  const auto ends = [this](char c) { return c == delimiter_ || is_line_end(c); };
  if (at_ < text_.size() && text_[at_] == '"') {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
        ++at_;
      }
      out += text_[at_];
    }
    if (at_ >= text_.size()) {
      return Error{ErrorKind::kInvalid, "a quote that begins in CSV record " +
                                            std::to_string(records_ + 1) +
                                            " is never closed: the file is cut off or damaged"};
    }
    ++at_;
  }
  while (at_ < text_.size() && !ends(text_[at_])) out += text_[at_++];
  return {};
}

Result<bool> CsvReader::next(std::vector<std::string>& cells) {
  cells.clear();
  while (at_ < text_.size() && is_line_end(text_[at_])) ++at_;
  if (at_ >= text_.size()) return false;
  while (true) {
    if (cells.size() >= columns_max_) return over_limit("the number of CSV columns", columns_max_);
    if (auto read = cell(cells.emplace_back()); !read) return read.error();
    if (at_ >= text_.size() || is_line_end(text_[at_])) break;
    ++at_;
  }
  ++records_;
  return true;
}

}  // namespace gantry::pipeline
