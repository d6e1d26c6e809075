#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/pipeline/parser.hpp"

namespace gantry::pipeline {

/// A file of tests/fixtures/documents.
inline std::string document(const std::string& name) {
  const char* folder = std::getenv("GANTRY_DOCUMENTS");
  std::ifstream in(std::string(folder == nullptr ? "." : folder) + "/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name << " is missing; GANTRY_DOCUMENTS names the folder";
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

/// A zip of these files, packed by libarchive.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string out(64 * 1024, '\0');
  for (const auto& [name, content] : files) out.resize(out.size() + name.size() + content.size());
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  for (const auto& [name, content] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(writer, entry);
    archive_write_data(writer, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

/// The smallest DOCX with `body` in its document.
inline std::string docx_of(const std::string& xml) {
  return zip_of({{"[Content_Types].xml", "<Types/>"}, {"word/document.xml", xml}});
}

inline std::string word_xml(const std::string& body) {
  return "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">"
         "<w:body>" +
         body + "</w:body></w:document>";
}

inline std::string paragraph(const std::string& words) {
  return "<w:p><w:r><w:t>" + words + "</w:t></w:r></w:p>";
}

/// The reason for which these bytes are refused; fails where they are not.
inline std::string refusal(std::string_view bytes, std::string_view type,
                           const ParseOptions& options = {}) {
  const auto parsed = parse(bytes, type, options);
  EXPECT_FALSE(parsed.has_value()) << parsed->text.substr(0, 200);
  if (parsed) return {};
  EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid) << parsed.error().message();
  return parsed.error().what;
}

}  // namespace gantry::pipeline
