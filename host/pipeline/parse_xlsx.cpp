#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "host/pipeline/office_package.hpp"
#include "host/pipeline/parsers.hpp"
#include "host/pipeline/table_text.hpp"
#include "host/pipeline/worksheet.hpp"

namespace gantry::pipeline {
namespace {

unsigned number(std::string_view digits, unsigned otherwise) {
  unsigned value = otherwise;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

/// The words that cells share (ECMA-376 part 1, section 18.4): runs joined, phonetic hints left
/// out.
class SharedStrings final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes&) override {
    if (name == "si") all_.emplace_back();
    if (name == "rPh") ++hints_;
    inside_ = name == "t" && hints_ == 0 && !all_.empty();
  }
  void end(std::string_view name) override {
    if (name == "rPh") --hints_;
    inside_ = false;
  }
  void characters(std::string_view text) override {
    if (inside_) all_.back() += text;
  }
  std::vector<std::string> all_;

 private:
  int hints_ = 0;
  bool inside_ = false;
};

/// Which cell styles show numbers as dates.
class Styles final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "numFmt") {
      codes_[number(attributes.get("numFmtId"), 0)] = is_date_format(attributes.get("formatCode"));
    } else if (name == "cellXfs") {
      inside_ = true;
    } else if (name == "xf" && inside_) {
      ids_.push_back(number(attributes.get("numFmtId"), 0));
    }
  }
  void end(std::string_view name) override {
    if (name == "cellXfs") inside_ = false;
  }
  void characters(std::string_view) override {}

  bool is_date(std::string_view style) const {
    const unsigned at = number(style, 0);
    if (at >= ids_.size()) return false;
    const auto custom = codes_.find(ids_[at]);
    return custom == codes_.end() ? is_date_format(ids_[at]) : custom->second;
  }

 private:
  std::map<unsigned, bool> codes_;
  std::vector<unsigned> ids_;
  bool inside_ = false;
};

/// The sheets in the order of their tabs.
class Workbook final : public XmlHandler {
 public:
  struct Sheet {
    std::string name, relation;
  };
  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "sheet") {
      sheets_.push_back({plain(attributes.get("name")), std::string(attributes.get("id"))});
    } else if (name == "workbookPr") {
      const auto value = attributes.get("date1904");
      from_1904_ = value == "1" || value == "true";
    }
  }
  void end(std::string_view) override {}
  void characters(std::string_view) override {}

  std::vector<Sheet> sheets_;
  bool from_1904_ = false;

 private:
  /// libxml2 hands the ampersand of an attribute over as a reference.
  static std::string plain(std::string_view text) {
    constexpr std::string_view kReference = "&#38;";
    std::string out(text);
    for (auto at = out.find(kReference); at != out.npos; at = out.find(kReference, at + 1)) {
      out.replace(at, kReference.size(), "&");
    }
    return out;
  }
};

/// Where a relation leads, as a name in the zip.
class Relations final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name != "Relationship") return;
    std::string_view target = attributes.get("Target");
    std::string part =
        target.starts_with('/') ? std::string(target.substr(1)) : "xl/" + std::string(target);
    parts_[std::string(attributes.get("Id"))] = std::move(part);
  }
  void end(std::string_view) override {}
  void characters(std::string_view) override {}
  std::map<std::string, std::string> parts_;
};

/// What all sheets share, also how much they may still say: one long string that many cells share
/// would else grow without end.
struct Book {
  SharedStrings strings;
  Styles styles;
  Workbook workbook;
  Relations relations;
  std::size_t said = 0;
  std::optional<Error> error;
};

/// One worksheet's rows (ECMA-376 part 1, section 18.3.1.73). Memory follows the cells that are
/// there, never the coordinates that they claim.
class Worksheet final : public XmlHandler {
 public:
  Worksheet(Book& book, const ParseLimits& limits) : book_(book), limits_(limits), table_(text_) {}

  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "row") {
      row_.clear();
      row_bytes_ = 0;
    } else if (name == "c") {
      const auto column = column_of(attributes.get("r"));
      cell_ = {column ? *column : row_.empty() ? 0 : row_.back().column + 1, {}};
      type_ = attributes.get("t");
      date_ = book_.styles.is_date(attributes.get("s"));
    }
    inside_ = name == "v" || name == "t";
  }

  void end(std::string_view name) override {
    inside_ = false;
    if (name == "c") {
      add_cell();
    } else if (name == "row" && !book_.error) {
      const std::size_t before = text_.size();
      table_.row(row_);
      book_.said += text_.size() - before;
    } else if (name == "sheetData") {
      table_.finish();
    }
  }

  void characters(std::string_view text) override {
    if (inside_ && !book_.error) cell_.text += text;
  }

  const std::string& text() const { return text_; }

 private:
  void add_cell() {
    if (book_.error) return;
    cell_.text = value();
    row_bytes_ += cell_.text.size();
    if (book_.said + row_bytes_ > limits_.output_bytes_max) {
      book_.error = over_limit("text size in bytes", limits_.output_bytes_max);
    } else if (row_.size() >= static_cast<std::size_t>(limits_.columns_max)) {
      book_.error =
          over_limit("the number of cells in a row", static_cast<std::size_t>(limits_.columns_max));
    } else if (!cell_.text.empty()) {
      row_.push_back(std::move(cell_));
    }
    cell_ = {};
  }

  std::string value() const {
    if (type_ == "s") {
      const unsigned at = number(cell_.text, ~0U);
      return at < book_.strings.all_.size() ? book_.strings.all_[at] : std::string();
    }
    if (type_ == "b") return cell_.text == "1" ? "true" : "false";
    if ((type_.empty() || type_ == "n") && date_) {
      if (auto date = date_of(cell_.text, book_.workbook.from_1904_)) return *date;
    }
    return cell_.text;
  }

  Book& book_;
  const ParseLimits& limits_;
  std::string text_;
  TableText table_;
  std::vector<TableCell> row_;
  std::size_t row_bytes_ = 0;
  TableCell cell_;
  std::string type_;
  bool date_ = false;
  bool inside_ = false;
};

}  // namespace

Result<RawText> parse_xlsx(std::string_view bytes, std::string_view, const ParseContext& context) {
  OfficePackage package(bytes, context);
  Book book;
  auto read = package.read([&book](std::string_view name) -> XmlHandler* {
    if (name == "xl/sharedStrings.xml") return &book.strings;
    if (name == "xl/styles.xml") return &book.styles;
    if (name == "xl/workbook.xml") return &book.workbook;
    if (name == "xl/_rels/workbook.xml.rels") return &book.relations;
    return nullptr;
  });
  if (!read) return read.error();
  if (book.workbook.sheets_.empty()) {
    return Error{ErrorKind::kInvalid, "the file is no XLSX: its xl/workbook.xml names no sheet"};
  }

  std::map<std::string, std::unique_ptr<Worksheet>, std::less<>> sheets;
  for (const auto& sheet : book.workbook.sheets_) {
    const auto part = book.relations.parts_.find(sheet.relation);
    if (part == book.relations.parts_.end()) continue;
    sheets[part->second] = std::make_unique<Worksheet>(book, context.limits);
  }
  read = package.read([&sheets](std::string_view name) -> XmlHandler* {
    const auto found = sheets.find(name);
    return found == sheets.end() ? nullptr : found->second.get();
  });
  if (!read) return read.error();
  if (book.error) return *book.error;

  RawText out{{}, "utf-8", {}};
  for (const auto& sheet : book.workbook.sheets_) {
    const auto part = book.relations.parts_.find(sheet.relation);
    if (part == book.relations.parts_.end()) continue;
    const std::string& text = sheets.at(part->second)->text();
    if (text.empty()) continue;
    out.text.append(sheet.name).append("\n").append(text).append("\n");
    if (auto fits = package.check_output(out.text.size()); !fits) return fits.error();
  }
  return out;
}

}  // namespace gantry::pipeline
