#include "encoding.hpp"

#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <gantry/sdk/failure.hpp>
#include <gantry/sdk/text.hpp>

namespace gantry::csv {
namespace {

using sdk::Failure;
using sdk::Status;

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kLittleMark = "\xFF\xFE";
constexpr std::string_view kBigMark = "\xFE\xFF";

bool is_ascii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Without a letter that the end cuts.
std::string_view without_cut(std::string_view bytes) {
  std::size_t back = 0;
  while (back < 3 && back < bytes.size() &&
         (static_cast<unsigned char>(bytes[bytes.size() - 1 - back]) & 0xC0) == 0x80) {
    ++back;
  }
  if (back < bytes.size() && static_cast<unsigned char>(bytes[bytes.size() - 1 - back]) >= 0xC0) {
    const auto lead = static_cast<unsigned char>(bytes[bytes.size() - 1 - back]);
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (size > back + 1) bytes.remove_suffix(back + 1);
  }
  return bytes;
}

std::string marked_name(std::string_view head) {
  if (head.starts_with(kUtf8Mark)) return "utf-8";
  if (head.starts_with(kLittleMark)) return "utf-16le";
  if (head.starts_with(kBigMark)) return "utf-16be";
  return {};
}

/// UTF-16 without a mark: every other byte of Latin text is NUL.
bool looks_wide(std::string_view head) {
  return head.size() >= 4 &&
         static_cast<std::size_t>(std::count(head.begin(), head.end(), '\0')) * 3 > head.size();
}

void need_fallback(const Settings& settings) {
  if (!settings.fallback_encoding.empty()) return;
  throw Failure(Status::kData,
                "the file is not UTF-8; save it as UTF-8, or set encoding or fallback_encoding");
}

}  // namespace

Encoding decide_encoding(std::string_view head, bool whole, const Settings& settings) {
  const std::string marked = marked_name(head);
  const std::size_t mark = marked.empty() ? 0 : marked == "utf-8" ? 3 : 2;
  if (!settings.encoding.empty()) {
    if (!marked.empty() && marked != settings.encoding) {
      throw Failure(Status::kData, "the file begins with the byte order mark of " + marked +
                                       ", but encoding is " + settings.encoding +
                                       "; set encoding to auto");
    }
    return {settings.encoding, true, mark};
  }
  if (!marked.empty()) return {marked, true, mark};
  if (looks_wide(head)) {
    throw Failure(Status::kData,
                  "the file looks like UTF-16 without a byte order mark; set encoding to utf-16le "
                  "or utf-16be");
  }
  if (is_ascii(head)) return {"utf-8", false, 0};
  if (sdk::is_utf8(whole ? head : without_cut(head))) return {"utf-8", true, 0};
  need_fallback(settings);
  return {settings.fallback_encoding, true, 0};
}

void decide_by(std::string_view row, const Settings& settings, Encoding& encoding) {
  if (encoding.decided || is_ascii(row)) return;
  encoding.decided = true;
  if (sdk::is_utf8(row)) return;
  need_fallback(settings);
  encoding.name = settings.fallback_encoding;
}

void WideDecoder::decode(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const int byte = static_cast<unsigned char>(c);
    ++offset_;
    if (half_ < 0) {
      half_ = byte;
      continue;
    }
    const int unit = big_endian_ ? half_ << 8 | byte : byte << 8 | half_;
    half_ = -1;
    take(static_cast<std::uint16_t>(unit), out);
  }
}

void WideDecoder::take(std::uint16_t unit, std::string& out) {
  const bool is_low = (unit & 0xFC00) == 0xDC00;
  if (is_low != (high_ != 0)) {
    throw Failure(Status::kData, "byte " + std::to_string(offset_ - 2) +
                                     ": half a letter of UTF-16; the file is damaged");
  }
  if ((unit & 0xFC00) == 0xD800) {
    high_ = unit;
    return;
  }
  std::int32_t point = unit;
  if (is_low) point = 0x10000 + ((high_ & 0x3FF) << 10 | (unit & 0x3FF));
  high_ = 0;
  char utf8[U8_MAX_LENGTH];
  std::int32_t size = 0;
  U8_APPEND_UNSAFE(utf8, size, point);
  out.append(utf8, static_cast<std::size_t>(size));
}

void WideDecoder::finish() const {
  if (half_ < 0 && high_ == 0) return;
  throw Failure(Status::kData, "byte " + std::to_string(offset_) +
                                   ": the file ends inside a letter of UTF-16; it was cut");
}

std::string to_wide(std::string_view utf8, bool big_endian) {
  std::string out;
  const auto put = [&](unsigned unit) {
    const char high = static_cast<char>(unit >> 8);
    const char low = static_cast<char>(unit & 255);
    out += big_endian ? high : low;
    out += big_endian ? low : high;
  };
  const auto size = static_cast<std::int32_t>(utf8.size());
  for (std::int32_t at = 0; at < size;) {
    std::int32_t point = 0;
    // ICU's macro; NOLINTNEXTLINE(bugprone-inc-dec-in-conditions)
    U8_NEXT(utf8.data(), at, size, point);
    if (point >= 0x10000) {
      put(0xD800u + (static_cast<unsigned>(point - 0x10000) >> 10));
      put(0xDC00u + (static_cast<unsigned>(point - 0x10000) & 0x3FF));
    } else {
      put(static_cast<unsigned>(point));
    }
  }
  return out;
}

struct FieldDecoder::Converter {
  explicit Converter(const std::string& name) {
    UErrorCode code = U_ZERO_ERROR;
    handle = ucnv_open(name.c_str(), &code);
    if (U_FAILURE(code)) throw Failure(Status::kBug, "ICU knows no encoding " + name);
    // Never a replacement character: what means nothing is told.
    ucnv_setToUCallBack(handle, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &code);
  }
  ~Converter() { ucnv_close(handle); }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  UConverter* handle = nullptr;
};

FieldDecoder::FieldDecoder(const std::string& encoding) {
  if (!encoding.starts_with("utf-")) converter_ = std::make_unique<Converter>(encoding);
}
FieldDecoder::~FieldDecoder() = default;

std::optional<std::string> FieldDecoder::decode(std::string_view bytes) {
  if (!converter_ || is_ascii(bytes)) {
    if (!sdk::is_utf8(bytes)) return std::nullopt;
    return std::string(bytes);
  }
  // A byte of these encodings becomes one unit.
  std::u16string wide(bytes.size(), u'\0');
  UErrorCode code = U_ZERO_ERROR;
  const std::int32_t size =
      ucnv_toUChars(converter_->handle, wide.data(), static_cast<std::int32_t>(wide.size()),
                    bytes.data(), static_cast<std::int32_t>(bytes.size()), &code);
  if (U_FAILURE(code)) return std::nullopt;
  std::string out;
  for (const char16_t unit : std::u16string_view(wide).substr(0, static_cast<std::size_t>(size))) {
    // A control character stands for a byte that the encoding leaves open.
    if (unit >= 0x80 && unit < 0xA0) return std::nullopt;
    char utf8[U8_MAX_LENGTH];
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(utf8, length, unit);
    out.append(utf8, static_cast<std::size_t>(length));
  }
  return out;
}

}  // namespace gantry::csv
