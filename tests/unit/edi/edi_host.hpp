#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/support/plugin_host.hpp"

/// Files through the real edi.so, as the host hands them over.
namespace gantry::edi_test {

/// 2026-01-14 09:20:00 UTC.
inline constexpr std::int64_t kNowNs = 1'768'382'400'000'000'000;

struct Read {
  gantry_status status = GANTRY_OK;  ///< Of open, feed or finish, whichever failed.
  test::ErrorText error;
  std::vector<test::Record> records;
  std::vector<std::pair<std::string, test::ErrorText>> rejected;
  std::vector<std::string> checkpoints;
  std::map<std::string, std::string> outbox;
  std::uint64_t offset = 0;  ///< Where open told the host to begin.

  nlohmann::json metadata(std::size_t record) const {
    return nlohmann::json::parse(records.at(record).metadata);
  }
  /// The only answer.
  std::string answer() const {
    return outbox.size() == 1 ? outbox.begin()->second : std::to_string(outbox.size()) + " answers";
  }
};

struct How {
  std::size_t chunk = SIZE_MAX;
  std::string name = "in.edi";
  std::string sha256;  ///< Empty: of the bytes.
  std::string cursor;
  bool finish = true;
  std::size_t feed_bytes = SIZE_MAX;  ///< Stops feeding after so many.
};

inline test::Plugin& plugin() {
  static test::Plugin loaded(GANTRY_EDI_SO);
  return loaded;
}

/// A fresh world: empty key-value store, the clock at kNowNs.
inline test::Plugin& fresh_plugin() {
  test::Plugin& loaded = plugin();
  loaded.world() = {};
  loaded.world().now_ns = kNowNs;
  return loaded;
}

inline Read read_with(const test::Source& source, std::string_view bytes, const How& how = {}) {
  Read out;
  test::World& world = plugin().world();
  test::Output output;
  test::detail::SinkState sink_state{&world, &output};
  gantry_sink sink = test::detail::make_sink(sink_state);
  test::detail::CallState call_state{&world, {}};
  const gantry_call call = test::detail::make_call(call_state);
  gantry_outbox outbox{
      sizeof outbox, 0, &out.outbox,
      [](gantry_outbox* self, gantry_span name, gantry_span content) {
        (*static_cast<std::map<std::string, std::string>*>(self->impl))[test::text(name)] =
            test::text(content);
        return gantry_status{GANTRY_OK};
      }};
  const std::string sha = how.sha256.empty() ? to_hex(sha256(bytes)) : how.sha256;
  gantry_file_info info{sizeof info,  0,     test::span(how.name), test::span(sha),
                        bytes.size(), kNowNs};
  const auto* batch = source.capability<gantry_batch>(GANTRY_CAP_BATCH);
  gantry_file* file = nullptr;
  out.status =
      batch->open(source.instance(), &call, &info, test::span(how.cursor), &out.offset, &file);
  if (out.status == GANTRY_OK) {
    std::size_t at = out.offset;
    const std::size_t end = std::min(bytes.size(), how.feed_bytes);
    while (out.status == GANTRY_OK && at < end) {
      // A copy of exactly the chunk: reading past it shows under AddressSanitizer.
      const std::size_t size = std::min(how.chunk, end - at);
      const std::vector<char> chunk(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                    bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
      out.status = batch->feed(file, &call, {chunk.data(), chunk.size()}, &sink);
      at += size;
    }
    if (out.status == GANTRY_OK && how.finish) {
      out.status = batch->finish(file, &call, &sink, &outbox);
    }
    batch->close(file);
  }
  out.error = call_state.error;
  out.records = std::move(output.records);
  out.rejected = std::move(output.rejected);
  out.checkpoints = std::move(output.checkpoints);
  return out;
}

/// One file into a fresh source.
inline Read read(std::string_view bytes, std::string_view config = "{}", const How& how = {}) {
  const test::Source source(fresh_plugin(), config);
  if (source.status != GANTRY_OK) throw std::runtime_error(source.error.message);
  return read_with(source, bytes, how);
}

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("no file " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string fixture(const std::string& name) {
  return slurp(std::string(GANTRY_EDI_FIXTURES) + '/' + name);
}

/// The segments of an answer, for a look at one of them.
inline std::vector<std::string> segments(const std::string& text, char terminator = '~') {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find(terminator, at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

inline bool has_segment(const std::string& text, const std::string& segment) {
  for (const auto& one : segments(text)) {
    if (one == segment) return true;
  }
  return false;
}

inline bool has_warning(const nlohmann::json& metadata, const std::string& name) {
  for (const auto& warning : metadata.value("warnings", nlohmann::json::array())) {
    if (warning == name) return true;
  }
  return false;
}

}  // namespace gantry::edi_test
