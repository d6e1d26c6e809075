#include "host/plugins/conformance/batch_run.hpp"

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/plugins/abi/span.hpp"

namespace gantry::plugins::conformance {
namespace {

/// What open and probe are told of a file; borrows from both.
gantry_file_info info_of(const Sample& sample, const std::string& sha256_hex, Instant now) {
  gantry_file_info info{};
  info.name = abi::span_of(sample.name);
  info.sha256 = abi::span_of(sha256_hex);
  info.size = sample.content.size();
  info.modified_at_ns = now.time_since_epoch().count();
  return info;
}

class Files {
 public:
  explicit Files(std::map<std::string, std::string>& into)
      : native_(gantry_outbox{0, 0, &into,
                              [](gantry_outbox* self, gantry_span name,
                                 gantry_span content) noexcept -> gantry_status {
                                auto& files =
                                    *static_cast<std::map<std::string, std::string>*>(self->impl);
                                const auto key = abi::view_of(name);
                                const auto bytes = abi::view_of(content);
                                if (!key || !bytes) return GANTRY_BUG;
                                files[std::string(*key)] = *bytes;
                                return GANTRY_OK;
                              }},
                Shape::kPlain) {}
  gantry_outbox* native() const noexcept { return native_.get(); }

 private:
  const Guarded<gantry_outbox> native_;
};

}  // namespace

std::string BatchRun::fingerprint() const {
  std::string out = name_of(said.status);
  for (const Record& record : taken.records) out += '\n' + record.fingerprint();
  for (const auto& [raw, message] : taken.rejected) out += "\nrejected " + raw + ": " + message;
  for (const auto& [name, content] : outbox) out += "\nfile " + name + ": " + content;
  return out;
}

BatchRun run_batch(Rig& rig, const Sample& sample, std::size_t chunk_size, StopPlan& plan,
                   const std::string& cursor) {
  const gantry_batch* const batch = rig.batch();
  const std::string sha256_hex = to_hex(sha256(sample.content));
  const Guarded<gantry_file_info> info(info_of(sample, sha256_hex, rig.host().now), Shape::kPlain);
  BatchRun run;
  run.step = "open";
  gantry_file* file = nullptr;
  const GuardedBytes from(cursor);
  run.said = rig.call([&](const gantry_call* call) {
    return batch->open(rig.instance(), call, info.get(), {from.data(), cursor.size()}, &run.offset,
                       &file);
  });
  if (!run.said.ok()) return run;
  if (run.offset > sample.content.size()) {
    batch->close(file);
    fail("an offset within the file", std::to_string(run.offset), "keep the offset in the cursor");
  }
  BenchSink sink(rig.host().source(), rig.host().now, plan, Shape::kPlain);
  run.step = "feed";
  for (std::size_t at = run.offset; at < sample.content.size() && !sink.taken().stopped;
       at += chunk_size) {
    // A copy of its own, gone after the call: a plugin that keeps a pointer reads freed memory.
    const auto chunk = std::make_unique<std::string>(sample.content.substr(at, chunk_size));
    run.said = rig.call([&](const gantry_call* call) {
      return batch->feed(file, call, abi::span_of(*chunk), sink.native());
    });
    if (!run.said.ok()) break;
  }
  if (run.said.ok() && !sink.taken().stopped) {
    run.step = "finish";
    const Files files(run.outbox);
    run.said = rig.call([&](const gantry_call* call) {
      return batch->finish(file, call, sink.native(), files.native());
    });
  }
  batch->close(file);
  run.taken = std::move(sink.taken());
  return run;
}

int probe(Rig& rig, const Sample& sample) {
  constexpr std::size_t kHeadMax = 64U << 10U;
  const std::string sha256_hex = to_hex(sha256(sample.content));
  const Guarded<gantry_file_info> info(info_of(sample, sha256_hex, rig.host().now), Shape::kPlain);
  const std::string head = sample.content.substr(0, kHeadMax);
  const GuardedBytes bytes(head);
  const int score = rig.batch()->probe(rig.instance(), info.get(), {bytes.data(), head.size()});
  if (score < 0 || score > 100) {
    fail("a score of 0 to 100 from probe", std::to_string(score), "clamp it");
  }
  return score;
}

}  // namespace gantry::plugins::conformance
