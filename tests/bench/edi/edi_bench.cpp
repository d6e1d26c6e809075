/// edi_bench tokens FILE: X12 through the tokenizer.
/// edi_bench records FILE EDI_SO: the same through the connector's entry, into records and answers.
///
/// Prints JSON: bytes, seconds, items, rss_mb. Seconds are the thread's processor time, because the
/// bars are for one core and the machine may be busy. The file is read into memory before the clock
/// starts; records are handed to a sink that counts them, as a host that copies would add its own
/// cost.

#include <time.h>
#include <cstdio>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "plugins/edi/delimiters.hpp"
#include "plugins/edi/tokens.hpp"
#include "tests/support/plugin_host.hpp"

namespace gantry {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

std::string slurp(const char* path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(std::string("no file ") + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::size_t rss_kb() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != "VmHWM:") continue;
    std::size_t kb = 0;
    status >> kb;
    return kb;
  }
  return 0;
}

struct Counts {
  std::size_t items = 0;
  std::size_t checksum = 0;
};

Counts tokens(const std::string& text) {
  using namespace edi;
  IsaSegment isa;
  if (read_isa(text, true, isa) != IsaReading::kDone) throw std::runtime_error("no ISA");
  Tokens tokens;
  Warnings warnings;
  Counts out;
  std::size_t set = std::string::npos;
  std::size_t at = isa.size;
  while (at < text.size()) {
    const std::size_t end = isa.delimiters.find_terminator(text, at);
    if (end == std::string::npos) break;
    const std::string_view segment = trimmed(std::string_view(text).substr(at, end - at));
    if (segment.starts_with("ST*")) set = at;
    if (segment.starts_with("SE*") && set != std::string::npos) {
      tokens.read(std::string_view(text).substr(set, end + 1 - set), isa.delimiters, warnings);
      for (const Segment& one : tokens.segments()) {
        out.items += one.elements.size();
        out.checksum += one.tag;
      }
    }
    at = end + 1;
  }
  return out;
}

Counts records(const std::string& text, const char* path) {
  test::Plugin plugin(path);
  plugin.world().now_ns = 1'768'382'400'000'000'000;
  const test::Source source(plugin, "{}");
  if (source.status != GANTRY_OK) throw std::runtime_error(source.error.message);
  test::detail::CallState state{&plugin.world(), {}};
  const gantry_call call = test::detail::make_call(state);
  Counts out;
  gantry_sink sink{sizeof sink,
                   0,
                   &out,
                   [](gantry_sink* self, const gantry_record* record) {
                     auto& counts = *static_cast<Counts*>(self->impl);
                     ++counts.items;
                     counts.checksum += record->metadata.size + record->raw.size;
                     return std::int32_t{GANTRY_SINK_CONTINUE};
                   },
                   [](gantry_sink*, gantry_span, const gantry_error*) -> std::int32_t {
                     throw std::runtime_error("a dead letter");
                   },
                   [](gantry_sink*, gantry_span) { return std::int32_t{GANTRY_SINK_CONTINUE}; }};
  gantry_outbox outbox{sizeof outbox, 0, &out, [](gantry_outbox*, gantry_span, gantry_span) {
                         return gantry_status{GANTRY_OK};
                       }};
  const std::string hash(64, '0');
  const gantry_file_info info{sizeof info,      0,           test::span("bench.edi"),
                              test::span(hash), text.size(), 0};
  const auto* batch = source.capability<gantry_batch>(GANTRY_CAP_BATCH);
  gantry_file* file = nullptr;
  std::uint64_t offset = 0;
  gantry_status status = batch->open(source.instance(), &call, &info, {}, &offset, &file);
  for (std::size_t at = 0; status == GANTRY_OK && at < text.size(); at += kChunk) {
    status = batch->feed(
        file, &call, {text.data() + at, std::min<std::uint64_t>(kChunk, text.size() - at)}, &sink);
  }
  if (status == GANTRY_OK) status = batch->finish(file, &call, &sink, &outbox);
  batch->close(file);
  if (status != GANTRY_OK) throw std::runtime_error("edi.so: " + state.error.message);
  return out;
}

}  // namespace
}  // namespace gantry

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if ((mode != "tokens" || argc != 3) && (mode != "records" || argc != 4)) {
    std::fputs("usage: edi_bench tokens FILE | records FILE EDI_SO\n", stderr);
    return 2;
  }
  try {
    const std::string text = gantry::slurp(argv[2]);
    const std::size_t before = gantry::rss_kb();
    const double started = gantry::cpu_seconds();
    const gantry::Counts counts =
        mode == "tokens" ? gantry::tokens(text) : gantry::records(text, argv[3]);
    const double took = gantry::cpu_seconds() - started;
    std::printf("{\"bytes\":%zu,\"seconds\":%.6f,\"items\":%zu,\"rss_mb\":%.1f,\"checksum\":%zu}\n",
                text.size(), took, counts.items,
                static_cast<double>(gantry::rss_kb() - before) / 1024.0, counts.checksum);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "edi_bench: %s\n", error.what());
    return 1;
  }
}
