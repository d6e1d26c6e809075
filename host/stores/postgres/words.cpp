#include "host/stores/postgres/words.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>

namespace gantry::stores::postgres {
namespace {

/// tsvector's lexemes end at 2,046 bytes; a longer "word" is no word.
constexpr std::size_t kWordBytesMax = 500;
/// Of all words of a document: a tsvector ends at 1 MiB, positions included.
constexpr std::size_t kVectorBytesMax = 500'000;
constexpr std::size_t kTermsMax = 32;
constexpr std::size_t kQueryBytesMax = 4096;
constexpr std::size_t kSnippetWords = 24;
constexpr std::size_t kSnippetSearched = 20'000;

bool is_word(UChar32 point) {
  constexpr std::uint32_t kMask = U_GC_L_MASK | U_GC_N_MASK | U_GC_CO_MASK;
  return (U_GET_GC_MASK(point) & kMask) != 0;
}

/// A combining mark belongs to the letter before it.
bool is_mark(UChar32 point) { return (U_GET_GC_MASK(point) & U_GC_M_MASK) != 0; }

std::string fold(std::string_view word) {
  const bool ascii =
      std::ranges::all_of(word, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  std::string out;
  if (ascii) {
    for (const char c : word) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
  }
  UErrorCode problem = U_ZERO_ERROR;
  const icu::Normalizer2* apart = icu::Normalizer2::getNFDInstance(problem);
  auto text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(word.data(), static_cast<std::int32_t>(word.size())));
  if (U_SUCCESS(problem)) text = apart->normalize(text, problem);
  text.foldCase();
  icu::UnicodeString bare;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 point = text.char32At(i);
    if (!is_mark(point)) bare.append(point);
  }
  bare.toUTF8String(out);
  return out;
}

void append_words(std::string& out, const std::vector<Word>& words, std::size_t& position,
                  std::size_t& bytes, const char* weight) {
  for (const Word& word : words) {
    ++position;
    bytes += word.folded.size();
    if (word.folded.empty() || bytes > kVectorBytesMax || position > kWordsIndexed) continue;
    out.append(1, '\'').append(word.folded).append("':");
    out.append(std::to_string(position)).append(weight).append(1, ' ');
  }
}

/// For each word of a text: is it inside of a find?
std::vector<bool> finds(const std::vector<Word>& words, const WordQuery& query) {
  std::vector<bool> out(words.size(), false);
  for (const auto& term : query.terms) {
    for (std::size_t at = 0; at + term.size() <= words.size(); ++at) {
      std::size_t same = 0;
      while (same < term.size() && words[at + same].folded == term[same]) ++same;
      if (same < term.size()) continue;
      for (std::size_t i = 0; i < term.size(); ++i) out[at + i] = true;
    }
  }
  return out;
}

void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c != '\x02' && c != '\x03') out += c;
  }
}

}  // namespace

std::vector<Word> words_of(std::string_view text, std::size_t limit) {
  std::vector<Word> out;
  std::size_t begin = std::string_view::npos;
  const auto end_word = [&](std::size_t end) {
    if (begin == std::string_view::npos) return;
    if (end - begin <= kWordBytesMax)
      out.push_back({fold(text.substr(begin, end - begin)), begin, end});
    begin = std::string_view::npos;
  };
  for (std::size_t at = 0; at < text.size() && out.size() < limit;) {
    UChar32 point = 0;
    std::size_t next = at;
    // ICU's macro; NOLINTNEXTLINE(bugprone-inc-dec-in-conditions)
    U8_NEXT(text.data(), next, text.size(), point);
    const bool inside = begin != std::string_view::npos;
    if (point >= 0 && (is_word(point) || (inside && is_mark(point)))) {
      if (!inside) begin = at;
    } else {
      end_word(at);
    }
    at = next;
  }
  if (out.size() < limit) end_word(text.size());
  return out;
}

std::string search_vector(std::string_view title, std::string_view body) {
  std::string out;
  std::size_t position = 0, bytes = 0;
  append_words(out, words_of(title, kWordsIndexed), position, bytes, "A");
  ++position;  // no phrase goes from the title into the body
  append_words(out, words_of(body, kWordsIndexed), position, bytes, "");
  return out;
}

WordQuery::WordQuery(std::string_view text) {
  text = text.substr(0, kQueryBytesMax);
  while (!text.empty() && terms.size() < kTermsMax) {
    std::size_t end = 0;
    while (end < text.size() && static_cast<unsigned char>(text[end]) > 0x20 && text[end] != 0x7F) {
      ++end;
    }
    std::vector<std::string> term;
    for (Word& word : words_of(text.substr(0, end), kTermsMax)) {
      if (!word.folded.empty()) term.push_back(std::move(word.folded));
    }
    if (!term.empty() && std::ranges::find(terms, term) == terms.end()) {
      terms.push_back(std::move(term));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string WordQuery::tsquery(const std::vector<std::string>& term) {
  std::string out;
  for (const std::string& word : term) {
    if (!out.empty()) out += "<->";
    out.append(1, '\'').append(word).append(1, '\'');
  }
  return out;
}

std::string WordQuery::any() const {
  std::string out;
  for (const auto& term : terms) {
    if (!out.empty()) out += '|';
    out.append(1, '(').append(tsquery(term)).append(1, ')');
  }
  return out;
}

std::string snippet(std::string_view text, const WordQuery& query) {
  const std::vector<Word> words = words_of(text, kSnippetSearched);
  const std::vector<bool> found = finds(words, query);
  std::size_t best = 0, best_count = 0, count = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (found[i]) ++count;
    if (i >= kSnippetWords && found[i - kSnippetWords]) --count;
    if (count <= best_count) continue;
    best_count = count;
    best = i + 1 >= kSnippetWords ? i + 1 - kSnippetWords : 0;
  }
  if (best_count == 0) return {};
  const std::size_t end = std::min(best + kSnippetWords, words.size());
  std::string out = best > 0 ? "…" : "";
  std::size_t at = best > 0 ? words[best].begin : 0;
  for (std::size_t i = best; i < end; ++i) {
    append_clean(out, text.substr(at, words[i].begin - at));
    if (found[i] && (i == best || !found[i - 1])) out += '\x02';
    append_clean(out, text.substr(words[i].begin, words[i].end - words[i].begin));
    if (found[i] && (i + 1 == end || !found[i + 1])) out += '\x03';
    at = words[i].end;
  }
  if (end < words.size()) {
    out += "…";
  } else {
    append_clean(out, text.substr(at));
  }
  return out;
}

}  // namespace gantry::stores::postgres
