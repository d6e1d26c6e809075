#include "host/pipeline/parser.hpp"

#include <algorithm>
#include <cctype>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"
#include "host/pipeline/parsers.hpp"

namespace gantry::pipeline {
namespace {

constexpr std::string_view kGeneric = "application/octet-stream";
constexpr std::string_view kSpace = " \t\r\n\f\v";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

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

bool begins_with_tag(std::string_view text) {
  static constexpr std::string_view kTags[] = {"<!doctype html", "<html", "<head",  "<body",
                                               "<div",           "<p>",   "<table", "<meta",
                                               "<span",          "<br"};
  const std::string head = lower(text.substr(0, 16));
  return std::ranges::any_of(kTags, [&head](auto tag) { return head.starts_with(tag); });
}

}  // namespace

Error over_limit(std::string_view what, std::size_t limit) {
  return {ErrorKind::kInvalid,
          std::string(what) + " exceeds the limit of " + std::to_string(limit)};
}

std::string_view sniff(std::string_view bytes) noexcept {
  struct Magic {
    std::string_view prefix, type;
  };
  static constexpr Magic kMagic[] = {
      {"%PDF-", "application/pdf"},
      {"PK\x03\x04", "application/zip"},
      {"\x1F\x8B", "application/gzip"},
      {"\x89PNG\r\n", "image/png"},
      {"\xFF\xD8\xFF", "image/jpeg"},
      {"GIF8", "image/gif"},
      {"\xD0\xCF\x11\xE0", "application/x-ole-storage"},
      {"\xFF\xFE", "text/plain"},
      {"\xFE\xFF", "text/plain"},
  };
  for (const Magic& magic : kMagic) {
    if (bytes.starts_with(magic.prefix)) return magic.type;
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (bytes.substr(0, 4096).find('\0') != bytes.npos) return kGeneric;
  const std::string_view text = trim(bytes);
  if (text.starts_with("<?xml")) return "application/xml";
  if (begins_with_tag(text)) return "text/html";
  if (text.size() >= 2 && ((text.front() == '{' && text.back() == '}') ||
                           (text.front() == '[' && text.back() == ']'))) {
    return "application/json";
  }
  return "text/plain";
}

std::vector<std::string_view> content_types() {
  std::vector<std::string_view> out;
  for (const ParserRow& row : kParsers) out.push_back(row.content_type);
  return out;
}

Result<ParsedText> parse(std::string_view bytes, std::string_view content_type,
                         const ParseOptions& options) {
  const ParseLimits& limits = options.limits;
  if (bytes.size() > limits.input_bytes_max) {
    return over_limit("content size in bytes", limits.input_bytes_max);
  }
  if (trim(bytes).empty()) return Error{ErrorKind::kInvalid, "empty content"};

  MediaType type = read_media_type(content_type);
  const bool sniffed =
      type.type.empty() || type.type == kGeneric || type.type == "binary/octet-stream";
  if (sniffed) type.type = sniff(bytes);
  const ParserRow* parser = find_parser(type.type);
  if (parser == nullptr) {
    std::string known;
    for (const auto name : content_types()) known.append(known.empty() ? "" : ", ").append(name);
    return Error{ErrorKind::kInvalid, "no parser for content type \"" +
                                          escape_control(type.type.substr(0, 100)) +
                                          "\"; known: " + known};
  }
  auto raw = parser->parse(bytes, type.charset, limits);
  if (!raw && sniffed && parser->parse == parse_json_text) {
    // "[ok] see below [end]" looks like JSON from both ends; nobody said that it is.
    parser = find_parser("text/plain");
    raw = parser->parse(bytes, type.charset, limits);
  }
  if (!raw) return raw.error();

  ParsedText out;
  out.text = tidy(raw->text);
  if (out.text.empty()) return Error{ErrorKind::kInvalid, "empty content: no words in it"};
  if (out.text.size() > limits.output_bytes_max) {
    return over_limit("text size in bytes", limits.output_bytes_max);
  }
  GANTRY_ASSERT(is_utf8(out.text));
  out.content_type = parser->content_type;
  out.encoding = std::move(raw->encoding);
  out.title = tidy(raw->title);
  out.chunks = chunk_text(out.text, options.chunking);
  return out;
}

}  // namespace gantry::pipeline
