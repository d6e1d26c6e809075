/// Any bytes as a file. The first byte picks a configuration and the size of the pieces.

#include <algorithm>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"
#include "tests/unit/csv/csv_samples.hpp"

namespace gantry::csv {
namespace {

const test::Source& source(std::size_t which) {
  static const test::Source mapped(plugin(), config(id_and_name()));
  static const test::Source bare(plugin(), config({{"header", "none"}, {"escape", "backslash"}}));
  static const test::Source typed(plugin(), config({{"columns",
                                                     {column("n", "#1", "decimal"),
                                                      {{"target", "t"},
                                                       {"sources", {"#2"}},
                                                       {"type", "datetime"},
                                                       {"format", "YYYY-MM-DD HH:mm"},
                                                       {"tz", "Europe/Berlin"}}}},
                                                    {"header", "none"},
                                                    {"row_bytes_max", 64},
                                                    {"strip_nul", true}}));
  const test::Source* all[] = {&mapped, &bare, &typed};
  return *all[which % 3];
}

void check_record(const test::Record& record) {
  GANTRY_ASSERT(record.kind == "load" && !record.key.empty() && record.key.size() <= 512);
  GANTRY_ASSERT(is_utf8(record.key) && is_utf8(record.title) && is_utf8(record.text));
  GANTRY_ASSERT(nlohmann::json::parse(record.metadata).is_object());
}

bool same(const test::Output& left, const test::Output& right) {
  const auto equal = [](const test::Record& a, const test::Record& b) {
    return a.key == b.key && a.raw == b.raw && a.metadata == b.metadata && a.text == b.text;
  };
  return left.status == right.status && left.error.message == right.error.message &&
         left.checkpoints == right.checkpoints && left.files == right.files &&
         left.rejected.size() == right.rejected.size() &&
         std::equal(left.records.begin(), left.records.end(), right.records.begin(),
                    right.records.end(), equal);
}

}  // namespace
}  // namespace gantry::csv

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gantry::csv;
  if (size == 0) return 0;
  const auto& chosen = source(data[0]);
  const std::string_view content(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int score = chosen.probe(content.substr(0, 65'536));
  GANTRY_ASSERT(score >= 0 && score <= 100);
  const auto whole = chosen.read(content);
  GANTRY_ASSERT(whole.status == GANTRY_OK || whole.status == GANTRY_DATA);
  for (const auto& record : whole.records) check_record(record);
  // Pieces give the same; a checkpoint gives the rest.
  GANTRY_ASSERT(same(whole, chosen.read(content, 1u + data[0] / 3u)));
  if (!whole.checkpoints.empty() && whole.status == GANTRY_OK) {
    const auto rest = chosen.read(content, SIZE_MAX, whole.checkpoints.back());
    GANTRY_ASSERT(rest.status == GANTRY_OK && rest.files == whole.files);
  }
  // A cursor of any bytes is refused or read, never a crash.
  const auto forged = chosen.read(content, SIZE_MAX, content.substr(0, 200));
  GANTRY_ASSERT(forged.status == GANTRY_OK || forged.status == GANTRY_DATA);
  return 0;
}
