#include <archive.h>
#include <archive_entry.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/fuzz/pipeline/check.hpp"

namespace {

constexpr std::string_view kDocx =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
constexpr std::string_view kXlsx =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

void add(archive* writer, const char* name, std::string_view content) {
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, name);
  archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_write_header(writer, entry);
  archive_write_data(writer, content.data(), content.size());
  archive_entry_free(entry);
}

/// The bytes as the XML in a sound package: a checksum would keep the fuzzer out of it.
std::string packed(std::string_view xml) {
  std::string out(xml.size() * 4 + 64 * 1024, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_zip_set_compression_store(writer);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  add(writer, "word/document.xml", xml);
  add(writer, "xl/workbook.xml",
      "<workbook xmlns:r=\"u\"><sheets><sheet name=\"S\" r:id=\"a\"/></sheets></workbook>");
  add(writer, "xl/_rels/workbook.xml.rels",
      "<Relationships><Relationship Id=\"a\" Target=\"sheet.xml\"/></Relationships>");
  add(writer, "xl/sharedStrings.xml", xml);
  add(writer, "xl/styles.xml", xml);
  add(writer, "xl/sheet.xml", xml);
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

}  // namespace

/// DOCX and XLSX: the bytes as the file itself, then as the XML inside of one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  gantry::pipeline::check_parse(bytes, kDocx);
  gantry::pipeline::check_parse(bytes, kXlsx);
  if (size > 8 * 1024) return 0;
  const std::string file = packed(bytes);
  gantry::pipeline::check_parse(file, kDocx);
  gantry::pipeline::check_parse(file, "");
  return 0;
}
