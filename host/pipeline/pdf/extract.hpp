#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gantry::pipeline::pdf {

/// What a PDF says. `refusal` is empty where `text` counts.
struct Extract {
  std::string refusal;
  std::string title;
  std::string text;  ///< UTF-8, pages apart by an empty line.
};

/// The words of a PDF by poppler: no scripts, links, forms, attachments or images. Takes whatever
/// time and memory the file makes poppler take, and may crash with it: for a process of its own.
Extract extract(std::string_view bytes, int pages_max, std::size_t text_bytes_max);

}  // namespace gantry::pipeline::pdf
