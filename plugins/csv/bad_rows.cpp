#include "bad_rows.hpp"

#include <algorithm>
#include <gantry/sdk/text.hpp>

namespace gantry::csv {
namespace {

using sdk::Json;

constexpr std::size_t kTextSizeMax = 12 * 1024;
constexpr std::size_t kStemSizeMax = 180;

std::uint64_t number(const Json& json) {
  std::uint64_t value = 0;
  for (const char c : json.text()) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

}  // namespace

void BadRows::add(BadRow row) {
  row.text = readable(row.text);
  const std::size_t size = Json(row.text).dump().size();
  if (text_size_ + size > kTextSizeMax) {
    row.text.clear();
  } else {
    text_size_ += size;
  }
  rows_.push_back(std::move(row));
}

Json BadRows::to_json() const {
  Json all = Json::array();
  for (const BadRow& row : rows_) {
    Json one = Json::array();
    one.push(static_cast<std::int64_t>(row.line));
    one.push(static_cast<std::int64_t>(row.offset));
    one.push(row.column);
    one.push(row.reason);
    one.push(row.text);
    all.push(std::move(one));
  }
  return all;
}

BadRows BadRows::from_json(const Json& json) {
  BadRows rows;
  for (const Json& one : json.items()) {
    const auto& cells = one.items();
    if (cells.size() != 5) continue;
    rows.add({number(cells[0]), number(cells[1]), std::string(cells[2].text()),
              std::string(cells[3].text()), std::string(cells[4].text())});
  }
  return rows;
}

std::string BadRows::summary() const {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(rows_.size(), 3); ++i) {
    const BadRow& row = rows_[i];
    if (i > 0) text += "; ";
    text += "line " + std::to_string(row.line) + " (byte " + std::to_string(row.offset) + "): ";
    if (!row.column.empty()) text += row.column + ' ';
    text += row.reason;
  }
  if (rows_.size() > 3) text += "; and " + std::to_string(rows_.size() - 3) + " more";
  return text;
}

std::string BadRows::error_file() const {
  std::string file = "line,byte,column,reason,row\r\n";
  for (const BadRow& row : rows_) {
    file += std::to_string(row.line) + ',' + std::to_string(row.offset) + ',' + cell(row.column) +
            ',' + cell(row.reason) + ',' + cell(row.text) + "\r\n";
  }
  return file;
}

std::string error_file_name(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  std::string stem(file_name.substr(0, dot == 0 ? file_name.size() : dot));
  while (stem.size() > kStemSizeMax || (!stem.empty() && !sdk::is_utf8(stem))) stem.pop_back();
  return stem + ".errors.csv";
}

std::string readable(std::string_view bytes) {
  if (sdk::is_utf8(bytes)) return std::string(bytes);
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::string cell(std::string_view text) {
  std::string out = "\"";
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos) {
    out += '\'';
  }
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace gantry::csv
