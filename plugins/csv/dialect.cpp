#include "dialect.hpp"

#include <algorithm>
#include <gantry/sdk/text.hpp>
#include <map>
#include <vector>

namespace gantry::csv {
namespace {

constexpr char kCandidates[] = {',', ';', '\t', '|'};
constexpr std::size_t kRowsMax = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// How often `delimiter` stands outside quotes in each row, comments left out.
std::vector<std::size_t> counts(std::string_view head, char delimiter, bool decimal_commas,
                                const Settings& settings) {
  std::vector<std::size_t> rows;
  std::size_t count = 0;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < head.size() && rows.size() < kRowsMax; ++i) {
    const char c = head[i];
    if (settings.quote != '\0' && c == settings.quote) quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') {
      const std::string_view row = head.substr(begin, i - begin);
      const bool comment = !settings.comment.empty() && row.starts_with(settings.comment);
      if (!row.empty() && !comment && separator_line(row) == '\0') rows.push_back(count);
      count = 0;
      begin = i + 1;
    } else if (c == delimiter) {
      const bool between_digits = c == ',' && i > 0 && i + 1 < head.size() &&
                                  is_digit(head[i - 1]) && is_digit(head[i + 1]);
      if (decimal_commas || !between_digits) ++count;
    }
  }
  // The last line may be cut; it counts only where it is all there is.
  if (rows.empty() && begin < head.size()) rows.push_back(count);
  return rows;
}

int score(const std::vector<std::size_t>& rows) {
  std::map<std::size_t, std::size_t> by_count;
  for (const std::size_t count : rows) ++by_count[count];
  std::size_t best = 0;
  for (const auto& [count, times] : by_count) {
    if (count > 0) best = std::max(best, times);
  }
  return rows.empty() ? 0 : static_cast<int>(best * 100 / rows.size());
}

}  // namespace

char separator_line(std::string_view line) {
  if (line.size() == 7 && line.front() == '"' && line.back() == '"') line = line.substr(1, 5);
  const bool named = line.size() == 5 && sdk::equal_ignoring_case(line.substr(0, 4), "sep=");
  return named ? line[4] : '\0';
}

int evenness(std::string_view head, char delimiter, const Settings& settings) {
  return score(counts(head, delimiter, true, settings));
}

Dialect decide_dialect(std::string_view head, const Settings& settings) {
  Dialect dialect;
  dialect.quote = settings.quote;
  dialect.backslash = settings.backslash;
  dialect.skip_initial_space = settings.skip_initial_space;
  if (settings.delimiter != '\0') {
    dialect.delimiter = settings.delimiter;
    return dialect;
  }
  const std::size_t end = std::min(head.find_first_of("\r\n"), head.size());
  if (const char named = separator_line(head.substr(0, end)); named != '\0') {
    dialect.delimiter = named;
    return dialect;
  }
  int best = 0;
  for (const char candidate : kCandidates) {
    const int points = score(counts(head, candidate, false, settings));
    if (points <= best) continue;
    best = points;
    dialect.delimiter = candidate;
  }
  return dialect;
}

}  // namespace gantry::csv
