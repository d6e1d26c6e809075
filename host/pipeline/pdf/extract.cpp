#include "host/pipeline/pdf/extract.hpp"

#include <poppler-document.h>
#include <poppler-page.h>

#include <memory>

#include "host/pipeline/utf8.hpp"

namespace gantry::pipeline::pdf {
namespace {

/// UTF-16 as UTF-8. Poppler's own conversion drops the rest after half a surrogate pair. Control
/// characters, which broken fonts give, become blanks.
void append(std::string& out, const poppler::ustring& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned point = text[i];
    if (point >= 0xD800 && point < 0xE000) {
      const unsigned low = i + 1 < text.size() ? text[i + 1] : 0U;
      if (point < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        ++i;
      } else {
        point = 0xFFFD;
      }
    }
    const bool control = (point < 0x20 && point != '\n' && point != '\t') || point == 0x7F;
    append_utf8(out, control ? ' ' : point);
  }
}

void trim_end(std::string& text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
}

/// The mark stands in the last 1,024 bytes of a whole file (ISO 32000-1, annex H.3, note 18), not
/// counting what a transport filled it up with.
bool has_end(std::string_view bytes) {
  const auto last = bytes.find_last_not_of(std::string_view("\0 \r\n\t", 5));
  if (last == std::string_view::npos) return false;
  bytes = bytes.substr(0, last + 1);
  return bytes.substr(bytes.size() > 1024 ? bytes.size() - 1024 : 0).find("%%EOF") !=
         std::string_view::npos;
}

Extract refuse(std::string reason) { return {std::move(reason), {}, {}}; }

}  // namespace

Extract extract(std::string_view bytes, int pages_max, std::size_t text_bytes_max) {
  if (!has_end(bytes)) return refuse("the PDF is cut off: its end is missing; send it again");
  poppler::set_debug_error_function([](const std::string&, void*) {}, nullptr);
  const std::unique_ptr<poppler::document> document(
      poppler::document::load_from_raw_data(bytes.data(), static_cast<int>(bytes.size())));
  if (!document) return refuse("the PDF is damaged: it cannot be opened");
  if (document->is_locked()) {
    return refuse("the PDF is encrypted; remove its password and send it again");
  }
  const int pages = document->pages();
  if (pages <= 0) return refuse("the PDF is damaged: no page can be read");
  if (pages > pages_max) {
    return refuse("the number of PDF pages exceeds the limit of " + std::to_string(pages_max));
  }
  Extract out;
  append(out.title, document->get_title());
  int unreadable = 0;
  for (int i = 0; i < pages; ++i) {
    const std::unique_ptr<poppler::page> page(document->create_page(i));
    if (!page) {
      ++unreadable;
      continue;
    }
    append(out.text, page->text({}, poppler::page::non_raw_non_physical_layout));
    trim_end(out.text);
    if (out.text.size() > text_bytes_max) {
      return refuse("text size in bytes exceeds the limit of " + std::to_string(text_bytes_max));
    }
    if (!out.text.empty()) out.text += "\n\n";
  }
  trim_end(out.text);
  if (unreadable > 0) {
    return refuse("the PDF is damaged: " + std::to_string(unreadable) + " of its " +
                  std::to_string(pages) + " pages cannot be read");
  }
  if (out.text.empty()) {
    return refuse("the PDF has no text on its " + std::to_string(pages) +
                  " pages: a scan must go through text recognition (OCR) first");
  }
  return out;
}

}  // namespace gantry::pipeline::pdf
