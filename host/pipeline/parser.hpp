#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/pipeline/chunking.hpp"
#include "host/pipeline/parsed_text.hpp"

namespace gantry::pipeline {

/// How much a parser may take and give. Exceeding one is kInvalid and names the limit.
struct ParseLimits {
  std::size_t input_bytes_max = 16 * 1024 * 1024;
  std::size_t output_bytes_max = 16 * 1024 * 1024;
  int nesting_max = 200;
};

struct ParseOptions {
  ParseLimits limits = {};
  ChunkOptions chunking = {};
};

/// Turns a document's bytes into text by content type, sniffed where it is absent or generic
/// (application/octet-stream). Pure: no I/O, no clock.
///
/// kInvalid, with the reason, for: empty content, an unknown type, malformed content, an encoding
/// that does not fit, a limit. The same bytes fail again, so callers do not retry. [any-thread]
Result<ParsedText> parse(std::string_view bytes, std::string_view content_type,
                         const ParseOptions& options = {});

/// The media type that `bytes` look like; "application/octet-stream" where nobody can tell.
/// [any-thread]
std::string_view sniff(std::string_view bytes) noexcept;

/// Media types that parse() reads, for error texts and `gantry doctor`. [any-thread]
std::vector<std::string_view> content_types();

}  // namespace gantry::pipeline
