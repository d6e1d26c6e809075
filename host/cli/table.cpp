#include "host/cli/table.hpp"

#include <algorithm>
#include <utility>

#include "host/base/encoding.hpp"

namespace gantry::cli {

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  }));
}

void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> safe = rows;
  for (auto& row : safe) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = escape_control(row[i]);
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  for (const auto& row : safe) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

std::string short_time(std::int64_t seconds) {
  constexpr std::pair<std::int64_t, char> kUnits[] = {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}};
  for (const auto& [unit, name] : kUnits) {
    if (seconds >= 2 * unit) return std::to_string(seconds / unit) + name;
  }
  return std::to_string(seconds) + 's';
}

std::string to_second(const std::string& time) {
  const auto point = time.find('.');
  return point == std::string::npos ? time : time.substr(0, point) + 'Z';
}

}  // namespace gantry::cli
