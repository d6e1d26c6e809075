#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/error.hpp"
#include "host/pipeline/chunking.hpp"
#include "host/pipeline/parsed_text.hpp"

namespace gantry::pipeline {

/// How much a parser may take and give. Exceeding one is kInvalid and names the limit. Those of
/// attachments, unpacked bytes and seconds count for a document with all its attachments.
struct ParseLimits {
  std::size_t input_bytes_max = 16 * 1024 * 1024;
  std::size_t output_bytes_max = 16 * 1024 * 1024;
  int nesting_max = 200;            ///< JSON, HTML, XML elements; multiparts of a mail.
  int pages_max = 2'000;            ///< Of one PDF.
  int pdf_seconds_max = 10;         ///< Processor time for PDFs.
  int pdf_memory_mib_max = 512;     ///< Address space of the PDF reader.
  int attachments_max = 100;        ///< Of a mail, and of the mails attached to it.
  int attachment_depth_max = 5;     ///< A mail in a mail in a mail …
  int archive_entries_max = 5'000;  ///< Files in one DOCX or XLSX.
  int columns_max = 16'384;         ///< Cells in a row: what a worksheet can hold.
  std::size_t unpacked_bytes_max = 64 * 1024 * 1024;
  std::size_t expansion_ratio_max = 200;  ///< Unpacked to packed bytes, beyond the first MiB.
};

struct ParseOptions {
  ParseLimits limits = {};
  ChunkOptions chunking = {};
};

/// Turns a document's bytes into text by content type, sniffed where it is absent or generic
/// (application/octet-stream). Where label and bytes disagree: a signature in the bytes (PDF, zip,
/// image, …) outranks every label; a label that needs a signature which is not there is refused;
/// between kinds of text the label decides.
///
/// kInvalid, with the reason, for: empty, encrypted, cut off or malformed content, an unknown type,
/// an encoding that does not fit, a limit. The same bytes fail again, so callers do not retry.
/// kUnavailable or kTimeout where the PDF reader, a process of its own, is missing or gets no
/// processor time. [any-thread] [blocking]
Result<ParsedText> parse(std::string_view bytes, std::string_view content_type,
                         const ParseOptions& options = {});

/// The media type that `bytes` look like; "application/octet-stream" where nobody can tell.
/// [any-thread]
std::string_view sniff(std::string_view bytes) noexcept;

/// The program that reads PDFs, after it has read a small one; kUnavailable says why it does not
/// work. For `gantry doctor`. [any-thread] [blocking]
Result<std::string> try_pdf_reader();

/// Media types that parse() reads, for error texts and `gantry doctor`. [any-thread]
std::vector<std::string_view> content_types();

}  // namespace gantry::pipeline
