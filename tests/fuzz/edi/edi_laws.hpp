#pragma once

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"
#include "tests/unit/edi/edi_host.hpp"

/// What holds for every file, whatever its bytes.
namespace gantry::edi_test {

inline std::string all_of(const Read& result) {
  std::string out = std::to_string(result.status) + result.error.message + '\n';
  for (const auto& r : result.records) {
    out += r.key + '|' + r.title + '|' + r.text + '|' + r.metadata + '|' + r.raw + '|' +
           std::to_string(r.version) + '|' + std::to_string(r.flags) + '\n';
  }
  for (const auto& [raw, error] : result.rejected) out += raw + '|' + error.message + '\n';
  for (const auto& [name, content] : result.outbox) out += name + '|' + content + '\n';
  return out;
}

inline void check_record(const test::Record& record) {
  GANTRY_ASSERT(!record.kind.empty() && !record.key.empty());
  GANTRY_ASSERT(is_utf8(record.key) && is_utf8(record.title) && is_utf8(record.text));
  GANTRY_ASSERT(nlohmann::json::parse(record.metadata).is_object());
  GANTRY_ASSERT(nlohmann::json::parse(record.participants).is_array());
  GANTRY_ASSERT(!record.raw.empty());
}

inline void check_laws(std::uint8_t choice, const std::string& bytes) {
  constexpr const char* kConfigs[] = {
      R"({"checkpoint_sets":1})", R"({"profile":"strict","checkpoint_sets":1})",
      R"({"set_bytes_max":4096,"segment_bytes_max":512,"element_bytes_max":80,"ta1":"always",
          "acknowledge":"999","checkpoint_sets":1})"};
  const char* config = kConfigs[choice % 3];
  const Read whole = read(bytes, config);
  GANTRY_ASSERT(whole.status == GANTRY_OK || whole.status == GANTRY_DATA);
  GANTRY_ASSERT((whole.status == GANTRY_OK) == whole.error.message.empty());
  const bool logged = !plugin().world().log.empty();
  for (const auto& record : whole.records) check_record(record);
  for (const auto& [raw, error] : whole.rejected) {
    GANTRY_ASSERT(is_utf8(error.message) && !error.message.empty());
  }
  // Nothing without a trace: a file that holds anything gives something, if only a line in the log
  // (an acknowledgement group without a set).
  const bool blank = bytes.find_first_not_of(" \t\r\n\x1a" + std::string(1, '\0')) == bytes.npos;
  GANTRY_ASSERT(blank || whole.status == GANTRY_DATA || !whole.records.empty() ||
                !whole.rejected.empty() || !whole.outbox.empty() || logged);
  // Pieces of any size give the same.
  How pieces;
  pieces.chunk = 1u + choice / 3u;
  GANTRY_ASSERT(all_of(read(bytes, config, pieces)) == all_of(whole));
  // A checkpoint gives the rest, and the same answers.
  if (!whole.checkpoints.empty()) {
    const test::Source source(fresh_plugin(), config);
    const Read first = read_with(source, bytes);
    How on;
    on.cursor = first.checkpoints.at(choice % first.checkpoints.size());
    const Read rest = read_with(source, bytes, on);
    GANTRY_ASSERT(rest.status == first.status && rest.outbox == first.outbox);
    GANTRY_ASSERT(rest.records.size() <= first.records.size());
  }
  // A cursor of any bytes is refused or read, never a crash.
  How forged;
  forged.cursor = bytes.substr(0, 300);
  const Read refused = read(bytes, config, forged);
  GANTRY_ASSERT(refused.status == GANTRY_OK || refused.status == GANTRY_DATA);
}

}  // namespace gantry::edi_test
