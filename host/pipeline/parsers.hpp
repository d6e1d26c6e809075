#pragma once

#include <span>
#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/pipeline/parser.hpp"

namespace gantry::pipeline {

/// What one parser gives; parse() adds type, chunks and the checks that all share.
struct RawText {
  std::string text;
  std::string encoding;
  std::string title;
};

/// One parser. `charset` is the content type's parameter, or empty.
using ParseFunction = Result<RawText> (*)(std::string_view bytes, std::string_view charset,
                                          const ParseLimits& limits);

Result<RawText> parse_plain(std::string_view, std::string_view, const ParseLimits&);
Result<RawText> parse_markdown(std::string_view, std::string_view, const ParseLimits&);
Result<RawText> parse_html(std::string_view, std::string_view, const ParseLimits&);
Result<RawText> parse_json_text(std::string_view, std::string_view, const ParseLimits&);

/// A new parser is one file and one row here.
struct ParserRow {
  std::string_view content_type;
  ParseFunction parse;
};
inline constexpr ParserRow kParsers[] = {
    {"text/plain", parse_plain},
    {"text/markdown", parse_markdown},
    {"text/html", parse_html},
    {"application/json", parse_json_text},
};

/// kInvalid that says which limit `what` exceeded.
Error over_limit(std::string_view what, std::size_t limit);

}  // namespace gantry::pipeline
