#include "host/pipeline/parsers.hpp"
#include "host/pipeline/text_encoding.hpp"

namespace gantry::pipeline {

Result<RawText> parse_plain(std::string_view bytes, std::string_view charset,
                            const ParseContext& context) {
  auto decoded = decode(bytes, charset, context.limits.output_bytes_max);
  if (!decoded) return decoded.error();
  return RawText{std::move(decoded->text), std::move(decoded->encoding), {}};
}

/// Markdown is made to be read as it is, so its marks stay; only the title is taken out.
Result<RawText> parse_markdown(std::string_view bytes, std::string_view charset,
                               const ParseContext& context) {
  auto out = parse_plain(bytes, charset, context);
  if (!out) return out;
  const std::string_view text = out->text;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with("# ")) {
      // CommonMark 4.2: closing marks belong to the heading's form, not to its words.
      const auto last = line.find_last_not_of(" #\r\t");
      if (last != line.npos && last >= 2) out->title = line.substr(2, last - 1);
      break;
    }
    at = end + 1;
  }
  return out;
}

}  // namespace gantry::pipeline
