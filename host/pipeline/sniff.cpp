#include "host/pipeline/sniff.hpp"

#include <algorithm>
#include <string>

#include "host/pipeline/ascii.hpp"
#include "host/pipeline/csv_text.hpp"
#include "host/pipeline/parser.hpp"
#include "host/pipeline/parsers.hpp"

namespace gantry::pipeline {
namespace {

bool begins_with_tag(std::string_view text) {
  static constexpr std::string_view kTags[] = {"<!doctype html", "<html", "<head",  "<body",
                                               "<div",           "<p>",   "<table", "<meta",
                                               "<span",          "<br"};
  const std::string head = lower(text.substr(0, 16));
  return std::ranges::any_of(kTags, [&head](auto tag) { return head.starts_with(tag); });
}

/// True where a file that begins with `name` is in the zip: the name stands behind a local header
/// (30 bytes) or a directory header (46 bytes; APPNOTE.TXT 4.3.7 and 4.3.12).
bool zip_holds(std::string_view bytes, std::string_view name) {
  for (auto at = bytes.find(name); at != bytes.npos; at = bytes.find(name, at + 1)) {
    if (at >= 30 && bytes.substr(at - 30, 4) == "PK\x03\x04") return true;
    if (at >= 46 && bytes.substr(at - 46, 4) == "PK\x01\x02") return true;
  }
  return false;
}

std::string_view look_into_zip(std::string_view bytes) {
  if (zip_holds(bytes, "word/document")) return kDocxType;
  if (zip_holds(bytes, "xl/workbook.xml")) return kXlsxType;
  return "application/zip";
}

/// A field name of RFC 5322 section 2.2: printable US-ASCII without colon.
bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= 76 &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7F'; });
}

/// Header lines down to an empty one, among them where the mail is from and when or by what it
/// was made: prose with a few colons has not both.
bool looks_like_mail(std::string_view text) {
  static constexpr std::string_view kOrigin[] = {"delivered-to", "from", "received", "return-path",
                                                 "sender"};
  static constexpr std::string_view kStamp[] = {"date", "message-id", "mime-version", "received"};
  constexpr std::size_t kHeaderMax = 64 * 1024;
  text = text.substr(0, kHeaderMax);
  if (text.starts_with("From ")) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  bool origin = false, stamp = false, first = true;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || end == text.npos) break;
    text.remove_prefix(end + 1);
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (!folded) {
      const auto colon = line.find(':');
      if (colon == line.npos || !is_field_name(line.substr(0, colon))) return false;
      const std::string name = lower(line.substr(0, colon));
      origin = origin || std::ranges::find(kOrigin, name) != std::end(kOrigin);
      stamp = stamp || std::ranges::find(kStamp, name) != std::end(kStamp);
    } else if (first) {
      return false;
    }
    first = false;
  }
  return origin && stamp;
}

}  // namespace

bool has_pdf_header(std::string_view bytes) noexcept {
  return bytes.substr(0, 1024).find("%PDF-") != bytes.npos;
}

bool is_encrypted_office(std::string_view bytes) noexcept {
  using namespace std::string_view_literals;
  return bytes.find("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"sv) != bytes.npos;
}

std::string_view signature_of(std::string_view bytes) noexcept {
  struct Magic {
    std::string_view prefix, type;
  };
  static constexpr Magic kMagic[] = {
      {"%PDF-", kPdfType},
      {"\x1F\x8B", "application/gzip"},
      {"\x89PNG\r\n", "image/png"},
      {"\xFF\xD8\xFF", "image/jpeg"},
      {"GIF87a", "image/gif"},
      {"GIF89a", "image/gif"},
      {{"II*\0", 4}, "image/tiff"},
      {"\xD0\xCF\x11\xE0", "application/x-ole-storage"},
      {"Rar!\x1A\x07", "application/vnd.rar"},
      {"7z\xBC\xAF\x27\x1C", "application/x-7z-compressed"},
  };
  for (const Magic& magic : kMagic) {
    if (bytes.starts_with(magic.prefix)) return magic.type;
  }
  if (bytes.starts_with("PK\x03\x04")) return look_into_zip(bytes);
  return {};
}

Sniffed look_at(std::string_view bytes) noexcept {
  if (const auto signature = signature_of(bytes); !signature.empty()) return {signature, true};
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return {"text/plain"};
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const std::string_view text = trim(bytes);
  if (looks_like_mail(text)) return {"message/rfc822"};
  // Bytes before the header are common enough in files that went through a gateway.
  if (has_pdf_header(bytes) && bytes.find("endobj") != bytes.npos) return {kPdfType};
  if (bytes.substr(0, 4096).find('\0') != bytes.npos) return {"application/octet-stream"};
  if (text.starts_with("<?xml")) return {"application/xml"};
  if (begins_with_tag(text)) return {"text/html"};
  if (text.size() >= 2 && ((text.front() == '{' && text.back() == '}') ||
                           (text.front() == '[' && text.back() == ']'))) {
    return {"application/json"};
  }
  if (looks_like_csv(text)) return {"text/csv"};
  return {"text/plain"};
}

std::string_view sniff(std::string_view bytes) noexcept { return look_at(bytes).content_type; }

}  // namespace gantry::pipeline
