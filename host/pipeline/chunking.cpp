#include "host/pipeline/chunking.hpp"

#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include <cstdint>
#include <memory>

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

std::size_t advance(std::string_view text, std::size_t at, std::size_t points) {
  for (; points > 0 && at < text.size(); --points) at = next(text, at);
  return at;
}

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};
struct CloseBreaks {
  void operator()(UBreakIterator* breaks) const { ubrk_close(breaks); }
};
using Breaks = std::unique_ptr<UBreakIterator, CloseBreaks>;

/// The rules are the root locale's, read from ICU's data once and copied for each text.
Breaks open_breaks() {
  static const Breaks kRules = [] {
    UErrorCode status = U_ZERO_ERROR;
    Breaks opened(ubrk_open(UBRK_SENTENCE, "", nullptr, 0, &status));
    GANTRY_ASSERT(U_SUCCESS(status));
    return opened;
  }();
  UErrorCode status = U_ZERO_ERROR;
  Breaks copy(ubrk_clone(kRules.get(), &status));
  GANTRY_ASSERT(U_SUCCESS(status));
  return copy;
}

/// The last end of a sentence in (`floor`, `limit`] of `window`, without the blanks behind it; 0
/// where there is none.
std::size_t last_sentence(UBreakIterator* breaks, std::string_view window, std::size_t floor,
                          std::size_t limit) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UText, CloseText> text(
      utext_openUTF8(nullptr, window.data(), static_cast<std::int64_t>(window.size()), &status));
  ubrk_setUText(breaks, text.get(), &status);
  GANTRY_ASSERT(U_SUCCESS(status));
  const std::int32_t found = limit < window.size()
                                 ? ubrk_preceding(breaks, static_cast<std::int32_t>(limit) + 1)
                                 : ubrk_last(breaks);
  auto end = found < 0 ? 0 : static_cast<std::size_t>(found);
  while (end > floor && is_space(window[end - 1])) --end;
  return end > floor ? end : 0;
}

/// Where a chunk that begins at `begin` ends. Only the chunk and a little more is looked at: SB8 of
/// UAX 29 asks how the text goes on, and its reverse rules could walk back to the text's start.
std::size_t find_end(UBreakIterator* breaks, std::string_view text, std::size_t begin,
                     std::size_t size) {
  constexpr std::size_t kAhead = 40;
  // An end in the first half would leave small chunks and, with the overlap, no progress.
  const std::size_t half = advance(text, begin, size / 2);
  const std::size_t limit = advance(text, half, size - size / 2);
  if (limit == text.size()) return limit;
  const std::size_t ahead = advance(text, limit, kAhead);
  const std::size_t sentence =
      last_sentence(breaks, text.substr(begin, ahead - begin), half - begin, limit - begin);
  if (sentence != 0) return begin + sentence;
  for (std::size_t at = limit; at > half; --at) {
    if (is_space(text[at - 1])) return at;
  }
  return limit;
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
  if (text.empty()) return chunks;
  if (advance(text, 0, options.size) == text.size()) return {{0, text.size()}};
  const Breaks breaks = open_breaks();
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = find_end(breaks.get(), text, begin, options.size);
    chunks.push_back({begin, end});
    if (end == text.size()) break;
    begin = find_begin(text, end, options.overlap);
  }
  return chunks;
}

}  // namespace gantry::pipeline
