#include "host/pipeline/chunking.hpp"

#include <algorithm>

#include "host/base/assert.hpp"

namespace gantry::pipeline {
namespace {

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

std::size_t next(std::string_view text, std::size_t at) {
  do {
    ++at;
  } while (at < text.size() && !starts_code_point(text[at]));
  return at;
}

std::size_t previous(std::string_view text, std::size_t at) {
  do {
    --at;
  } while (at > 0 && !starts_code_point(text[at]));
  return at;
}

/// Marks that end a sentence by themselves: the scripts that use them write no space behind.
bool is_full_stop(std::string_view mark) {
  return mark == "。" || mark == "！" || mark == "？" || mark == "｡" || mark == "।" || mark == "॥";
}

/// Marks that end a sentence where white space follows: "1.50" has none.
bool is_stop(std::string_view mark) {
  return mark == "." || mark == "!" || mark == "?" || mark == "…" || mark == "؟" || mark == "۔";
}

/// True where a sentence or line ends right before `at`; `mark` is the code point before it.
bool ends_sentence(std::string_view text, std::size_t at, std::string_view mark) {
  if (mark == "\n" || is_full_stop(mark)) return true;
  return is_stop(mark) && (at == text.size() || is_space(text[at]));
}

/// Where a chunk that begins at `begin` ends.
std::size_t find_end(std::string_view text, std::size_t begin, std::size_t size) {
  std::size_t sentence = 0, word = 0, at = begin, points = 0;
  while (at < text.size() && points < size) {
    const std::size_t after = next(text, at);
    ++points;
    // An end in the first half would leave small chunks and, with the overlap, no progress.
    if (points > size / 2) {
      if (ends_sentence(text, after, text.substr(at, after - at))) sentence = after;
      if (is_space(text[at])) word = after;
    }
    at = after;
  }
  if (at == text.size()) return at;
  return sentence != 0 ? sentence : word != 0 ? word : at;
}

/// Where the next chunk begins: at a word, at most `overlap` code points before `end`.
std::size_t find_begin(std::string_view text, std::size_t end, std::size_t overlap) {
  std::size_t at = end;
  for (std::size_t points = 0; points < overlap && at > 0; ++points) at = previous(text, at);
  for (std::size_t word = at; word < end; word = next(text, word)) {
    if (word == 0 || is_space(text[word - 1])) return word;
  }
  return at;
}

}  // namespace

std::vector<Chunk> chunk_text(std::string_view text, const ChunkOptions& options) {
  GANTRY_ASSERT(options.size >= 2 && options.overlap * 2 < options.size);
  std::vector<Chunk> chunks;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = find_end(text, begin, options.size);
    chunks.push_back({begin, end});
    if (end == text.size()) break;
    begin = find_begin(text, end, options.overlap);
  }
  return chunks;
}

}  // namespace gantry::pipeline
