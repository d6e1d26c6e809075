#include "host/pipeline/csv_text.hpp"
#include "host/pipeline/parsers.hpp"
#include "host/pipeline/table_text.hpp"
#include "host/pipeline/text_encoding.hpp"

namespace gantry::pipeline {

Result<RawText> parse_csv(std::string_view bytes, std::string_view charset,
                          const ParseContext& context) {
  auto decoded = decode(bytes, charset, context.limits.output_bytes_max);
  if (!decoded) return decoded.error();
  std::string_view text = decoded->text;
  char delimiter = 0;
  // Excel writes and reads a first line "sep=;".
  if (text.starts_with("sep=") && text.size() > 5 && (text[5] == '\n' || text[5] == '\r')) {
    delimiter = text[4];
    text.remove_prefix(5);
  } else {
    delimiter = csv_delimiter(text);
  }
  RawText out{{}, std::move(decoded->encoding), {}};
  CsvReader reader(text, delimiter, static_cast<std::size_t>(context.limits.columns_max));
  TableText table(out.text);
  std::vector<std::string> cells;
  std::vector<TableCell> row;
  while (true) {
    const auto more = reader.next(cells);
    if (!more) return more.error();
    if (!*more) break;
    row.clear();
    for (std::size_t i = 0; i < cells.size(); ++i) row.push_back({i, std::move(cells[i])});
    table.row(row);
    if (out.text.size() > context.limits.output_bytes_max) {
      return over_limit("text size in bytes", context.limits.output_bytes_max);
    }
  }
  table.finish();
  return out;
}

}  // namespace gantry::pipeline
