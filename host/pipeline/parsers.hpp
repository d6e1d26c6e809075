#pragma once

#include <chrono>
#include <optional>
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

/// What a document with all its attachments has used so far.
struct ParseUse {
  int attachments = 0;
  std::size_t unpacked_bytes = 0;
  std::chrono::milliseconds pdf_time{0};
  std::optional<Error> refusal;  ///< Set: the whole document is refused, not one attachment.
};

/// What a parser must keep to. `depth` counts the mails around the bytes.
struct ParseContext {
  const ParseLimits& limits;
  ParseUse& use;
  int depth = 0;
};

/// One parser. `charset` is the content type's parameter, or empty.
using ParseFunction = Result<RawText> (*)(std::string_view bytes, std::string_view charset,
                                          const ParseContext& context);

Result<RawText> parse_plain(std::string_view, std::string_view, const ParseContext&);
Result<RawText> parse_markdown(std::string_view, std::string_view, const ParseContext&);
Result<RawText> parse_html(std::string_view, std::string_view, const ParseContext&);
Result<RawText> parse_json_text(std::string_view, std::string_view, const ParseContext&);
Result<RawText> parse_csv(std::string_view, std::string_view, const ParseContext&);
Result<RawText> parse_mail(std::string_view, std::string_view, const ParseContext&);
Result<RawText> parse_pdf(std::string_view, std::string_view, const ParseContext&);
Result<RawText> parse_docx(std::string_view, std::string_view, const ParseContext&);
Result<RawText> parse_xlsx(std::string_view, std::string_view, const ParseContext&);

inline constexpr std::string_view kPdfType = "application/pdf";
inline constexpr std::string_view kDocxType =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
inline constexpr std::string_view kXlsxType =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A new parser is one file and one row here.
struct ParserRow {
  std::string_view content_type;
  ParseFunction parse;
  bool has_signature = false;  ///< Its bytes begin in a way that no text does.
};
inline constexpr ParserRow kParsers[] = {
    {"text/plain", parse_plain},   {"text/markdown", parse_markdown},
    {"text/html", parse_html},     {"application/json", parse_json_text},
    {"text/csv", parse_csv},       {"message/rfc822", parse_mail},
    {kPdfType, parse_pdf, true},   {kDocxType, parse_docx, true},
    {kXlsxType, parse_xlsx, true},
};

/// Bytes read by the row of `kParsers` that fits them; parse() without the checks of the whole.
struct PartText {
  RawText raw;
  std::string_view content_type;
};
Result<PartText> parse_part(std::string_view bytes, std::string_view content_type,
                            const ParseContext& context);

/// kInvalid that says which limit `what` exceeded.
Error over_limit(std::string_view what, std::size_t limit);

}  // namespace gantry::pipeline
