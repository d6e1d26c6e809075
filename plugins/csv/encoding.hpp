#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace gantry::csv {

/// How the bytes of a file are letters; told with every record.
struct Encoding {
  std::string name;      ///< "utf-8", "utf-16le", "windows-1252", …
  bool decided = true;   ///< False: only ASCII so far, which all but UTF-16 share.
  std::size_t mark = 0;  ///< Bytes of the byte order mark.

  bool wide() const noexcept { return name == "utf-16le" || name == "utf-16be"; }
};

/// A byte order mark, else UTF-8 where `head` is, else the fallback; configuration wins. `whole`:
/// head is all of the file, so that it must not end inside a letter. Throws Failure(kData) where
/// nothing fits.
Encoding decide_encoding(std::string_view head, bool whole, const Settings& settings);
/// The same for the first row that is not ASCII.
void decide_by(std::string_view row, const Settings& settings, Encoding& encoding);

/// Turns UTF-16 into UTF-8, in pieces of any size. Throws Failure(kData) naming the byte for a
/// surrogate without its other half.
class WideDecoder {
 public:
  WideDecoder(bool big_endian, std::uint64_t offset) : big_endian_(big_endian), offset_(offset) {}
  void decode(std::string_view bytes, std::string& out);
  /// The file ends here. Throws where it does so inside a letter.
  void finish() const;

 private:
  void take(std::uint16_t unit, std::string& out);

  bool big_endian_;
  std::uint64_t offset_;  // Of the next byte.
  int half_ = -1;         // First byte of a unit.
  std::uint16_t high_ = 0;
};

/// The bytes that `utf8` was in UTF-16, exactly.
std::string to_wide(std::string_view utf8, bool big_endian);

/// Turns a field into UTF-8. Not for several threads.
class FieldDecoder {
 public:
  explicit FieldDecoder(const std::string& encoding);
  ~FieldDecoder();
  FieldDecoder(const FieldDecoder&) = delete;
  FieldDecoder& operator=(const FieldDecoder&) = delete;

  /// Nothing where the bytes mean nothing in this encoding.
  std::optional<std::string> decode(std::string_view bytes);

 private:
  struct Converter;
  std::unique_ptr<Converter> converter_;  // None for UTF-8.
};

}  // namespace gantry::csv
