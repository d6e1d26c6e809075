#include "host/pipeline/parser.hpp"

#include <algorithm>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"
#include "host/pipeline/ascii.hpp"
#include "host/pipeline/parsers.hpp"
#include "host/pipeline/sniff.hpp"

namespace gantry::pipeline {
namespace {

constexpr std::string_view kGeneric = "application/octet-stream";

struct MediaType {
  std::string type;
  std::string charset;
};

/// Type and charset parameter of "text/html; charset=utf-8" (RFC 9110 section 8.3.1).
MediaType read_media_type(std::string_view text) {
  MediaType out;
  const auto semicolon = text.find(';');
  out.type = lower(trim(text.substr(0, semicolon)));
  if (semicolon == text.npos) return out;
  const std::string parameters = lower(text.substr(semicolon + 1));
  const auto at = parameters.find("charset=");
  if (at == parameters.npos) return out;
  const std::string_view rest = std::string_view(parameters).substr(at + 8);
  std::string_view value = trim(rest.substr(0, rest.find(';')));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  out.charset = value;
  return out;
}

const ParserRow* find_parser(std::string_view type) {
  if (type == "text/x-markdown") type = "text/markdown";
  if (type == "application/xhtml+xml") type = "text/html";
  if (type.starts_with("application/") && type.ends_with("+json")) type = "application/json";
  if (type == "text/json") type = "application/json";
  if (type == "text/tab-separated-values" || type == "application/csv") type = "text/csv";
  // What Windows calls a .csv where Excel is installed; a true .xls has a signature.
  if (type == "application/vnd.ms-excel") type = "text/csv";
  for (const ParserRow& row : kParsers) {
    if (row.content_type == type) return &row;
  }
  return nullptr;
}

/// One kind of line end, no white space around the whole.
std::string tidy(std::string_view text) {
  text = trim(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      if (i + 1 < text.size() && text[i + 1] == '\n') continue;
      out += '\n';
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_generic(std::string_view type) {
  return type.empty() || type == kGeneric || type == "binary/octet-stream";
}

std::string shown(std::string_view type) { return '"' + escape_control(type.substr(0, 100)) + '"'; }

/// An OLE file has no parser; its reader is told which of the two usual ones it is.
Error refuse_ole(std::string_view bytes) {
  if (is_encrypted_office(bytes)) {
    return {ErrorKind::kInvalid,
            "the Office file is encrypted; remove its password and send it again"};
  }
  return {ErrorKind::kInvalid,
          "a file of the old Office form (.doc, .xls, .msg); save it as .docx, .xlsx or .eml"};
}

/// The type that `bytes` are read as, where label and bytes may disagree (see parse()).
Result<MediaType> decide(const MediaType& declared, std::string_view bytes) {
  const ParserRow* label = find_parser(declared.type);
  const bool held = label != nullptr && label->has_signature;
  if (!is_generic(declared.type) && !held && signature_of(bytes).empty()) return declared;
  const Sniffed seen = look_at(bytes);
  const bool office = held && label->content_type != kPdfType;
  // A zip whose table of contents is cut off does not say what it holds.
  if (office && seen.content_type == "application/zip") return declared;
  if (seen.content_type == "application/x-ole-storage") return refuse_ole(bytes);
  if (seen.certain && find_parser(seen.content_type) == nullptr && !is_generic(declared.type) &&
      seen.content_type != declared.type) {
    return Error{ErrorKind::kInvalid, "declared as " + shown(declared.type) +
                                          " but the bytes are " + shown(seen.content_type) +
                                          ", for which there is no parser"};
  }
  if (is_generic(declared.type) || seen.certain)
    return MediaType{std::string(seen.content_type), {}};
  if (held && seen.content_type != label->content_type &&
      !(label->content_type == kPdfType && has_pdf_header(bytes))) {
    return Error{ErrorKind::kInvalid,
                 "declared as " + shown(declared.type) + " but the bytes are not: they look like " +
                     shown(seen.content_type) + "; was an error page or a cut-off file sent?"};
  }
  return declared;
}

Error no_parser(std::string_view type, std::string_view declared) {
  std::string known;
  for (const auto name : content_types()) known.append(known.empty() ? "" : ", ").append(name);
  std::string what = "no parser for content type " + shown(type);
  if (is_generic(declared)) what += " (seen in the bytes)";
  return {ErrorKind::kInvalid, what + "; known: " + known};
}

}  // namespace

Error over_limit(std::string_view what, std::size_t limit) {
  return {ErrorKind::kInvalid,
          std::string(what) + " exceeds the limit of " + std::to_string(limit)};
}

std::vector<std::string_view> content_types() {
  std::vector<std::string_view> out;
  for (const ParserRow& row : kParsers) out.push_back(row.content_type);
  return out;
}

Result<PartText> parse_part(std::string_view bytes, std::string_view content_type,
                            const ParseContext& context) {
  if (trim(bytes).empty()) return Error{ErrorKind::kInvalid, "empty content"};
  const MediaType declared = read_media_type(content_type);
  const bool guessed = is_generic(declared.type);
  const auto type = decide(declared, bytes);
  if (!type) return type.error();
  const ParserRow* parser = find_parser(type->type);
  if (parser == nullptr) return no_parser(type->type, declared.type);
  auto raw = parser->parse(bytes, type->charset, context);
  if (!raw && guessed && (parser->parse == parse_json_text || parser->parse == parse_csv)) {
    // "[ok] see below [end]" looks like JSON from both ends; nobody said that it is.
    parser = find_parser("text/plain");
    raw = parser->parse(bytes, type->charset, context);
  }
  if (!raw) return raw.error();
  raw->text = tidy(raw->text);
  raw->title = tidy(raw->title);
  if (raw->text.empty()) return Error{ErrorKind::kInvalid, "empty content: no words in it"};
  if (raw->text.size() > context.limits.output_bytes_max) {
    return over_limit("text size in bytes", context.limits.output_bytes_max);
  }
  return PartText{std::move(*raw), parser->content_type};
}

Result<ParsedText> parse(std::string_view bytes, std::string_view content_type,
                         const ParseOptions& options) {
  if (bytes.size() > options.limits.input_bytes_max) {
    return over_limit("content size in bytes", options.limits.input_bytes_max);
  }
  ParseUse use;
  auto part = parse_part(bytes, content_type, {options.limits, use});
  if (use.refusal) return *use.refusal;
  if (!part) return part.error();

  ParsedText out;
  out.text = std::move(part->raw.text);
  GANTRY_ASSERT(is_utf8(out.text) && is_utf8(part->raw.title));
  out.content_type = part->content_type;
  out.encoding = std::move(part->raw.encoding);
  out.title = std::move(part->raw.title);
  out.chunks = chunk_text(out.text, options.chunking);
  return out;
}

}  // namespace gantry::pipeline
