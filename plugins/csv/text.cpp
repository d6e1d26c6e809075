/// Letters and headers: what ICU knows of Unicode.

#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include <gantry/sdk/failure.hpp>

#include "settings.hpp"
#include "values.hpp"

namespace gantry::csv {
namespace {

/// ICU's way: a first call says how much memory the second one needs.
template <class Fill>
std::u16string fill_utf16(Fill&& fill) {
  std::u16string out;
  for (int round = 0; round < 2; ++round) {
    UErrorCode code = U_ZERO_ERROR;
    const std::int32_t size = fill(out.data(), static_cast<std::int32_t>(out.size()), &code);
    if (U_FAILURE(code) && code != U_BUFFER_OVERFLOW_ERROR) {
      throw sdk::Failure(sdk::Status::kBug, std::string("ICU: ") + u_errorName(code));
    }
    const bool fits = static_cast<std::size_t>(size) <= out.size();
    out.resize(static_cast<std::size_t>(size));
    if (fits) break;
  }
  return out;
}

std::u16string to_utf16(std::string_view text) {
  return fill_utf16([&](UChar* out, std::int32_t capacity, UErrorCode* code) {
    std::int32_t size = 0;
    u_strFromUTF8(out, capacity, &size, text.data(), static_cast<std::int32_t>(text.size()), code);
    return size;
  });
}

void append(std::string& out, UChar32 point) {
  char bytes[U8_MAX_LENGTH];
  std::int32_t size = 0;
  UBool failed = false;
  U8_APPEND(bytes, size, U8_MAX_LENGTH, point, failed);
  out.append(bytes, static_cast<std::size_t>(size));
}

std::string to_utf8(std::u16string_view text) {
  std::string out;
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0; at < size;) {
    UChar32 point = 0;
    U16_NEXT(text.data(), at, size, point);
    append(out, point);
  }
  return out;
}

}  // namespace

std::string change_case(std::string_view utf8, bool upper) {
  const std::u16string in = to_utf16(utf8);
  const auto size = static_cast<std::int32_t>(in.size());
  return to_utf8(fill_utf16([&](UChar* out, std::int32_t capacity, UErrorCode* code) {
    return upper ? u_strToUpper(out, capacity, in.data(), size, "", code)
                 : u_strToLower(out, capacity, in.data(), size, "", code);
  }));
}

std::string_view trim_text(std::string_view utf8) {
  const auto size = static_cast<std::int32_t>(utf8.size());
  std::int32_t begin = 0;
  for (std::int32_t at = 0; at < size; begin = at) {
    UChar32 point = 0;
    // ICU's macro; NOLINTNEXTLINE(bugprone-inc-dec-in-conditions)
    U8_NEXT(utf8.data(), at, size, point);
    if (!u_isUWhiteSpace(point)) break;
  }
  std::int32_t end = size;
  for (std::int32_t at = size; at > begin; end = at) {
    UChar32 point = 0;
    U8_PREV(utf8.data(), begin, at, point);
    if (!u_isUWhiteSpace(point)) break;
  }
  return utf8.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

std::string normalise_header(std::string_view utf8) {
  UErrorCode code = U_ZERO_ERROR;
  const UNormalizer2* nfkc = unorm2_getNFKCInstance(&code);
  if (U_FAILURE(code)) throw sdk::Failure(sdk::Status::kBug, "ICU has no NFKC data");
  const std::u16string in = to_utf16(utf8);
  const std::u16string normal =
      fill_utf16([&](UChar* out, std::int32_t capacity, UErrorCode* status) {
        return unorm2_normalize(nfkc, in.data(), static_cast<std::int32_t>(in.size()), out,
                                capacity, status);
      });
  std::string out;
  const auto size = static_cast<std::int32_t>(normal.size());
  for (std::int32_t at = 0; at < size;) {
    UChar32 point = 0;
    U16_NEXT(normal.data(), at, size, point);
    if (u_isalnum(point)) {
      append(out, point);
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  if (out.ends_with('_')) out.pop_back();
  return change_case(out, false);
}

}  // namespace gantry::csv
