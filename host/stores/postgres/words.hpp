#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::stores::postgres {

/// A word of a text: letters, digits and private use; case and accents folded away, as SQLite's
/// unicode61 does it for the embedded store. `begin` and `end` are bytes of the text.
struct Word {
  std::string folded;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The first `limit` words. Bytes that are no UTF-8 separate words. [any-thread]
std::vector<Word> words_of(std::string_view text, std::size_t limit);

/// Words that are searched of one document; what stands behind them is kept, not found.
inline constexpr std::size_t kWordsIndexed = 60'000;

/// A tsvector of ours in text form: title words weigh A. PostgreSQL's own parser is not asked: it
/// makes "-4711" of LD-4711, and what it does depends on the database's locale. [any-thread]
std::string search_vector(std::string_view title, std::string_view body);

/// What a reader typed: each blank-separated piece is one term, a hyphenated number a phrase.
struct WordQuery {
  std::vector<std::vector<std::string>> terms;  ///< Folded words of each.

  explicit WordQuery(std::string_view text);
  bool empty() const noexcept { return terms.empty(); }
  /// 'ld'<->'4711'
  static std::string tsquery(const std::vector<std::string>& term);
  /// Any of the terms.
  std::string any() const;
};

/// About 24 words around the densest finds, these between \x02 and \x03; empty where there is none.
/// [any-thread]
std::string snippet(std::string_view text, const WordQuery& query);

}  // namespace gantry::stores::postgres
