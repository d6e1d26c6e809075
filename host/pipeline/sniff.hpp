#pragma once

#include <string_view>

namespace gantry::pipeline {

/// What bytes look like.
struct Sniffed {
  std::string_view content_type;  ///< "application/octet-stream" where nobody can tell.
  bool certain = false;           ///< A signature says it: no label knows better.
};

/// The media type whose signature the bytes begin with; empty for text. [any-thread]
std::string_view signature_of(std::string_view bytes) noexcept;

/// The media type by signature and structure. [any-thread]
Sniffed look_at(std::string_view bytes) noexcept;

/// "%PDF-" within the first 1,024 bytes, as readers take it (ISO 32000-1, annex H.3, note 13).
/// [any-thread]
bool has_pdf_header(std::string_view bytes) noexcept;

/// True where an OLE file holds the stream in which Office keeps an encrypted document
/// ([MS-OFFCRYPTO] section 2.3.4.4). [any-thread]
bool is_encrypted_office(std::string_view bytes) noexcept;

}  // namespace gantry::pipeline
