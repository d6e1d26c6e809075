#include "probe.hpp"

#include <algorithm>
#include <gantry/sdk/failure.hpp>
#include <gantry/sdk/text.hpp>

#include "dialect.hpp"
#include "encoding.hpp"
#include "lexer.hpp"

namespace gantry::csv {
namespace {

/// X12, EDIFACT, markup, JSON, zip, PDF, gzip. A header may begin with ISA too, hence the look at
/// what follows.
bool is_foreign(std::string_view head) {
  for (const std::string_view tag : {"ISA", "UNA", "UNB"}) {
    if (!head.starts_with(tag)) continue;
    const char next = head.size() > 3 ? head[3] : ' ';
    const bool word = (next >= '0' && next <= '9') || next == '_' || next == ' ' ||
                      ((next | 0x20) >= 'a' && (next | 0x20) <= 'z');
    if (!word) return true;
  }
  for (const std::string_view start : {"<", "{", "PK\x03\x04", "%PDF", "\x1f\x8b"}) {
    if (head.starts_with(start)) return true;
  }
  return false;
}

bool has_suffix(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() &&
         sdk::equal_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
}

/// True where every required column of the mapping has its name in the first row.
bool has_columns(const Settings& settings, const Dialect& dialect, std::string_view head) {
  std::vector<std::string> names;
  Lexer lexer(dialect, {kHeadMax, kHeadMax, settings.columns_max}, false, 0, 1);
  lexer.feed(head, [&](const Row& row) {
    const bool preamble = separator_line(row.text) != '\0' ||
                          (!settings.comment.empty() && row.text.starts_with(settings.comment));
    if (preamble) return true;
    for (const std::string& field : row.fields) {
      names.push_back(sdk::is_utf8(field) ? normalise_header(field) : std::string());
    }
    return false;
  });
  bool any = false;
  for (const Column& column : settings.columns) {
    if (!column.required) continue;
    any = true;
    const bool found =
        std::any_of(column.sources.begin(), column.sources.end(), [&](const std::string& source) {
          return std::find(names.begin(), names.end(), source) != names.end();
        });
    if (!found) return false;
  }
  return any;
}

}  // namespace

int probe(const Settings& settings, std::string_view name, std::string_view head) {
  try {
    const Encoding encoding = decide_encoding(head, false, settings);
    head.remove_prefix(encoding.mark);
    std::string text;
    if (encoding.wide()) {
      WideDecoder(encoding.name == "utf-16be", 0).decode(head, text);
      head = text;
    }
    if (is_foreign(head)) return 0;
    if (!settings.strip_nul && head.find('\0') != std::string_view::npos) return 0;
    const Dialect dialect = decide_dialect(head, settings);
    const bool telling = has_suffix(name, ".csv") || has_suffix(name, ".tsv");
    if (settings.header && has_columns(settings, dialect, head)) return telling ? 100 : 90;
    const int even = evenness(head, dialect.delimiter, settings);
    return 10 + even / 2 + (telling ? 30 : 0);
  } catch (const sdk::Failure&) {
    return 0;  // What cannot be read is not ours.
  }
}

}  // namespace gantry::csv
