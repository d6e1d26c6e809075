#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <optional>

#include "host/pipeline/parsers.hpp"
#include "host/pipeline/text_encoding.hpp"

namespace gantry::pipeline {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& sorted) {
  return std::ranges::binary_search(sorted, name);
}

constexpr std::array<std::string_view, 9> kDropped = {
    "head", "iframe", "noscript", "object", "script", "style", "svg", "template", "title"};
constexpr std::array<std::string_view, 40> kBlocks = {
    "address", "article", "aside", "blockquote", "body",    "caption", "center",   "dd",
    "details", "dialog",  "dir",   "div",        "dl",      "dt",      "fieldset", "figcaption",
    "figure",  "footer",  "form",  "h1",         "h2",      "h3",      "h4",       "h5",
    "h6",      "header",  "hr",    "html",       "li",      "main",    "menu",     "nav",
    "ol",      "p",       "pre",   "section",    "summary", "table",   "tr",       "ul"};
static_assert(std::ranges::is_sorted(kDropped) && std::ranges::is_sorted(kBlocks));

/// Takes the parser's events one by one: no tree, so neither depth nor size costs memory twice.
class Reader {
 public:
  explicit Reader(const ParseLimits& limits) : limits_(limits) {}

  void start(std::string_view name) {
    if (++depth_ > limits_.nesting_max) {
      return stop(over_limit("HTML nesting", static_cast<std::size_t>(limits_.nesting_max)));
    }
    if (name == "title") in_title_ = true;
    if (is_one_of(name, kDropped)) ++dropped_;
    if (dropped_ > 0) return;
    if (name == "pre") ++pre_;
    if (name == "br") {
      text_ += '\n';
      space_ = false;
    } else if (name == "td" || name == "th") {
      space_ = true;
    } else if (is_one_of(name, kBlocks)) {
      new_line();
      if (name == "li") text_ += "- ";
    }
  }

  void end(std::string_view name) {
    --depth_;
    if (name == "title") in_title_ = false;
    if (is_one_of(name, kDropped)) {
      dropped_ = std::max(dropped_ - 1, 0);
      return;
    }
    if (dropped_ > 0) return;
    if (name == "pre") pre_ = std::max(pre_ - 1, 0);
    if (is_one_of(name, kBlocks)) new_line();
  }

  void characters(std::string_view words) {
    if (in_title_) title_.append(words.substr(0, kTitleBytesMax));
    if (dropped_ > 0) return;
    if (pre_ > 0) {
      text_.append(words);
    } else {
      collapse(words);
    }
    if (text_.size() > limits_.output_bytes_max) {
      stop(over_limit("text size in bytes", limits_.output_bytes_max));
    }
  }

  htmlParserCtxtPtr parser_ = nullptr;
  std::string text_;
  std::string title_;
  std::optional<Error> error_;

 private:
  static constexpr std::size_t kTitleBytesMax = 1000;

  void collapse(std::string_view words) {
    for (const char c : words) {
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        space_ = true;
        continue;
      }
      if (space_ && !text_.empty() && text_.back() != '\n') text_ += ' ';
      space_ = false;
      text_ += c;
    }
  }

  void new_line() {
    space_ = false;
    if (!text_.empty() && text_.back() != '\n') text_ += '\n';
  }

  void stop(Error error) {
    if (!error_) error_ = std::move(error);
    xmlStopParser(parser_);
  }

  const ParseLimits& limits_;
  int depth_ = 0;
  int dropped_ = 0;
  int pre_ = 0;
  bool in_title_ = false;
  bool space_ = false;
};

std::string_view view(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

xmlSAXHandler handler() {
  xmlSAXHandler sax{};
  sax.startElement = [](void* reader, const xmlChar* name, const xmlChar**) {
    static_cast<Reader*>(reader)->start(view(name));
  };
  sax.endElement = [](void* reader, const xmlChar* name) {
    static_cast<Reader*>(reader)->end(view(name));
  };
  sax.characters = [](void* reader, const xmlChar* text, int length) {
    static_cast<Reader*>(reader)->characters(
        view(text).substr(0, static_cast<std::size_t>(length)));
  };
  sax.ignorableWhitespace = sax.characters;
  return sax;
}

/// The charset that a <meta> in the first 1,024 bytes names (WHATWG HTML 13.2.3.2), or empty.
std::string meta_charset(std::string_view bytes) {
  std::string head(bytes.substr(0, 1024));
  for (char& c : head) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const auto meta = head.find("<meta");
  const auto at = meta == head.npos ? head.npos : head.find("charset=", meta);
  if (at == head.npos) return {};
  const auto first = head.find_first_not_of(" \"'", at + 8);
  if (first == head.npos) return {};
  return head.substr(first, head.find_first_of(" \"';/>", first) - first);
}

}  // namespace

Result<RawText> parse_html(std::string_view bytes, std::string_view charset,
                           const ParseContext& context) {
  static std::once_flag once;
  std::call_once(once, xmlInitParser);

  auto decoded = decode(bytes, charset.empty() ? meta_charset(bytes) : std::string(charset),
                        context.limits.output_bytes_max);
  if (!decoded) return decoded.error();

  Reader reader(context.limits);
  xmlSAXHandler sax = handler();
  struct Free {
    void operator()(htmlParserCtxtPtr parser) const { htmlFreeParserCtxt(parser); }
  };
  const std::unique_ptr<xmlParserCtxt, Free> parser(
      htmlCreatePushParserCtxt(&sax, &reader, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8));
  if (!parser) return Error{ErrorKind::kExhausted, "no memory for the HTML parser"};
  reader.parser_ = parser.get();
  htmlCtxtUseOptions(parser.get(), HTML_PARSE_RECOVER | HTML_PARSE_IGNORE_ENC | HTML_PARSE_NOERROR |
                                       HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
  constexpr std::size_t kPiece = 64 * 1024;
  std::string_view rest = decoded->text;
  while (!rest.empty() && !reader.error_) {
    const std::string_view piece = rest.substr(0, kPiece);
    htmlParseChunk(parser.get(), piece.data(), static_cast<int>(piece.size()), 0);
    rest.remove_prefix(piece.size());
  }
  if (!reader.error_) htmlParseChunk(parser.get(), nullptr, 0, 1);
  if (reader.error_) return *reader.error_;
  return RawText{std::move(reader.text_), std::move(decoded->encoding), std::move(reader.title_)};
}

}  // namespace gantry::pipeline
