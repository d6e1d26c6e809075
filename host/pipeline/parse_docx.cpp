#include <map>

#include "host/pipeline/office_package.hpp"
#include "host/pipeline/parsers.hpp"

namespace gantry::pipeline {
namespace {

/// The words of one part of WordprocessingML (ECMA-376 part 1, section 17): paragraphs as lines, a
/// table's row as one line. What was deleted or moved away under tracked changes is left out, and
/// so is a fallback, which says again what its choice said.
class WordText final : public XmlHandler {
 public:
  explicit WordText(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void start(std::string_view name, const XmlAttributes&) override {
    if (name == "Fallback" || name == "moveFrom") ++dropped_;
    if (dropped_ > 0) return;
    if (name == "r") ++runs_;
    if (name == "t") ++words_;
    if (name == "tc") ++cells_;
    if (runs_ == 0) return;  // elsewhere these are settings
    if (name == "tab") add(" ");
    if (name == "br" || name == "cr") add("\n");
    if (name == "noBreakHyphen") add("-");
  }

  void end(std::string_view name) override {
    if (name == "Fallback" || name == "moveFrom") --dropped_;
    if (dropped_ > 0) return;
    if (name == "r") --runs_;
    if (name == "t") --words_;
    if (name == "p") add(cells_ > 0 ? " " : "\n");
    if (name == "tc") {
      --cells_;
      add("| ");
    }
    if (name == "tr") {
      while (text_.ends_with(' ') || text_.ends_with('|')) text_.pop_back();
      add("\n");
    }
  }

  void characters(std::string_view text) override {
    if (words_ > 0 && dropped_ == 0) add(text);
  }

  const std::string& text() const { return text_; }

 private:
  /// What exceeds the limit is not kept: the caller sees the size.
  void add(std::string_view text) {
    if (text_.size() <= bytes_max_) text_ += text;
  }

  std::size_t bytes_max_;
  std::string text_;
  int dropped_ = 0;
  int runs_ = 0;
  int words_ = 0;
  int cells_ = 0;
};

/// The title of docProps/core.xml.
class CoreTitle final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes&) override { inside_ = name == "title"; }
  void end(std::string_view) override { inside_ = false; }
  void characters(std::string_view text) override {
    constexpr std::size_t kTitleMax = 1000;
    if (inside_ && title_.size() + text.size() <= kTitleMax) title_ += text;
  }
  std::string title_;

 private:
  bool inside_ = false;
};

/// The order in which a reader would meet the parts; -1 for those without words of the document.
int rank(std::string_view name) {
  if (!name.starts_with("word/") || !name.ends_with(".xml")) return -1;
  name.remove_prefix(5);
  if (name.find('/') != name.npos) return -1;
  static constexpr std::string_view kOrder[] = {"header",   "document", "footnotes",
                                                "endnotes", "comments", "footer"};
  int at = 0;
  for (const std::string_view prefix : kOrder) {
    const bool family = prefix == "header" || prefix == "footer" || prefix == "document";
    if (family ? name.starts_with(prefix) : name.substr(0, name.size() - 4) == prefix) return at;
    ++at;
  }
  return -1;
}

}  // namespace

Result<RawText> parse_docx(std::string_view bytes, std::string_view, const ParseContext& context) {
  OfficePackage package(bytes, context);
  std::map<std::pair<int, std::string>, WordText> parts;
  CoreTitle core;
  const auto read = package.read([&](std::string_view name) -> XmlHandler* {
    if (name == "docProps/core.xml") return &core;
    const int at = rank(name);
    if (at < 0) return nullptr;
    return &parts.try_emplace({at, std::string(name)}, context.limits.output_bytes_max)
                .first->second;
  });
  if (!read) return read.error();
  RawText out{{}, "utf-8", std::move(core.title_)};
  bool document = false;
  for (const auto& [key, part] : parts) {
    document = document || key.first == 1;
    out.text += part.text();
    if (auto fits = package.check_output(out.text.size()); !fits) return fits.error();
  }
  if (!document) return Error{ErrorKind::kInvalid, "the file is no DOCX: no word/document.xml"};
  return out;
}

}  // namespace gantry::pipeline
