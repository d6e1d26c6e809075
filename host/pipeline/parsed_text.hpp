#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/json.hpp"

namespace gantry::pipeline {

/// A piece of a text that one vector stands for: bytes [begin, end), cut between code points.
struct Chunk {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const Chunk&) const = default;
};

/// What a parser made of a document's bytes. `text` is valid UTF-8 and never empty.
struct ParsedText {
  std::string text;
  std::string content_type;   ///< The media type that was read, after sniffing: "text/html".
  std::string encoding;       ///< How the bytes were read: "utf-8", "windows-1252", …
  std::string title;          ///< From the content (HTML title, first heading); may be empty.
  std::vector<Chunk> chunks;  ///< Cover every byte of `text`; neighbours overlap.

  /// The words of one chunk; borrows from this. [any-thread]
  std::string_view chunk(std::size_t index) const;

  bool operator==(const ParsedText&) const = default;
};

void to_json(Json& out, const Chunk& chunk);
void from_json(const Json& in, Chunk& chunk);
void to_json(Json& out, const ParsedText& parsed);
void from_json(const Json& in, ParsedText& parsed);

}  // namespace gantry::pipeline
