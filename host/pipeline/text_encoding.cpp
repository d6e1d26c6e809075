#include "host/pipeline/text_encoding.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "host/base/encoding.hpp"
#include "host/pipeline/utf8.hpp"

namespace gantry::pipeline {
namespace {

// https://encoding.spec.whatwg.org/index-windows-1252.txt, 0x80…0x9F; 0 where CP1252 has nothing.
constexpr std::array<char32_t, 32> kWindows1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

Result<Decoded> from_windows_1252(std::string_view bytes) {
  Decoded out{{}, "windows-1252"};
  out.text.reserve(bytes.size() + bytes.size() / 8);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    char32_t point = static_cast<unsigned char>(bytes[i]);
    if (point >= 0x80 && point < 0xA0) point = kWindows1252[point - 0x80];
    if (point == 0) {
      return Error{ErrorKind::kInvalid, "unknown encoding: byte " + std::to_string(i) +
                                            " is neither UTF-8 nor Windows-1252"};
    }
    append_utf8(out.text, point);
  }
  return out;
}

/// A charset name that iconv may see: its "//TRANSLIT" and "//IGNORE" would replace silently.
bool is_charset_name(std::string_view name) {
  return !name.empty() && name.size() <= 40 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

Result<Decoded> from_iconv(std::string_view bytes, const std::string& charset,
                           std::size_t bytes_max) {
  struct Close {
    void operator()(void* handle) const { iconv_close(handle); }
  };
  iconv_t raw = iconv_open("UTF-8", charset.c_str());
  // NOLINTNEXTLINE(performance-no-int-to-ptr): POSIX defines the failure so.
  if (raw == reinterpret_cast<iconv_t>(-1)) {
    return Error{ErrorKind::kInvalid, "unknown charset"};
  }
  const std::unique_ptr<void, Close> handle(raw);
  Decoded out{{}, charset};
  std::array<char, 8192> buffer;
  char* in = const_cast<char*>(bytes.data());  // iconv reads it only; its type predates const
  std::size_t in_left = bytes.size();
  while (true) {
    char* to = buffer.data();
    std::size_t to_left = buffer.size();
    const std::size_t done =
        iconv(handle.get(), in_left > 0 ? &in : nullptr, &in_left, &to, &to_left);
    const int problem = errno;
    out.text.append(buffer.data(), static_cast<std::size_t>(to - buffer.data()));
    if (out.text.size() > bytes_max) {
      return Error{ErrorKind::kInvalid,
                   "text grows beyond " + std::to_string(bytes_max) + " bytes as UTF-8"};
    }
    if (done == static_cast<std::size_t>(-1)) {
      if (problem == E2BIG) continue;
      return Error{ErrorKind::kInvalid, "content does not fit its charset " + charset};
    }
    if (in_left == 0 && to_left == buffer.size()) return out;  // the flush gave nothing more
    if (in_left == 0 && done != static_cast<std::size_t>(-1)) {
      continue;  // once more with no input: shift states are flushed
    }
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

Result<Decoded> find_encoding(std::string_view bytes, std::string_view declared,
                              std::size_t bytes_max) {
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    if (!is_utf8(bytes)) {
      return Error{ErrorKind::kInvalid, "malformed UTF-8 behind a UTF-8 byte order mark"};
    }
    return Decoded{std::string(bytes.substr(3)), "utf-8"};
  }
  if (bytes.starts_with("\xFF\xFE")) return from_iconv(bytes.substr(2), "utf-16le", bytes_max);
  if (bytes.starts_with("\xFE\xFF")) return from_iconv(bytes.substr(2), "utf-16be", bytes_max);

  const std::string charset = lower(declared);
  // ISO-2022 and unmarked UTF-16 are well-formed UTF-8 by accident: ESC and NUL give them away.
  const bool plain = bytes.find('\x1B') == bytes.npos && bytes.find('\0') == bytes.npos;
  const bool utf8 = is_utf8(bytes);
  if (utf8 && (plain || charset.empty() || charset == "utf-8")) {
    return Decoded{std::string(bytes), "utf-8"};
  }
  if (is_charset_name(charset) && charset != "utf-8") {
    auto decoded = from_iconv(bytes, charset, bytes_max);
    if (decoded) return decoded;
  }
  return from_windows_1252(bytes);
}

}  // namespace

Result<Decoded> decode(std::string_view bytes, std::string_view declared, std::size_t bytes_max) {
  auto decoded = find_encoding(bytes, declared, bytes_max);
  if (!decoded) return decoded;
  if (decoded->text.find('\0') != std::string::npos) {
    return Error{ErrorKind::kInvalid, "text holds NUL bytes: binary content"};
  }
  return decoded;
}

}  // namespace gantry::pipeline
