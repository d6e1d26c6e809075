#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "host/pipeline/parsed_text.hpp"

namespace gantry::pipeline {

/// Sizes in code points. `overlap` is less than half of `size`.
struct ChunkOptions {
  std::size_t size = 800;
  std::size_t overlap = 100;
};

/// Cuts `text` (valid UTF-8) into chunks of at most `size` code points that end at a sentence or
/// paragraph end where there is one in their second half, else between words, else between code
/// points; each chunk begins up to `overlap` code points inside the one before. Language-neutral:
/// sentences by the default rules of UAX 29 in any script, through ICU (decision 0133). Every byte
/// is in a chunk; linear time. [any-thread]
std::vector<Chunk> chunk_text(std::string_view text, const ChunkOptions& options = {});

}  // namespace gantry::pipeline
