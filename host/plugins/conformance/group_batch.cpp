#include <algorithm>

#include "host/plugins/conformance/batch_run.hpp"
#include "host/plugins/conformance/chain.hpp"

namespace gantry::plugins::conformance {
namespace {

constexpr std::size_t kWhole = SIZE_MAX / 2;
constexpr const char* kKeep = "keep the unfinished piece between two feeds";

Outcome unproven() {
  return warned("sample files", "none", "put some into a folder and name it with --samples");
}

/// Nothing a file holds may be a bug or a wrong configuration.
void expect_calm(const BatchRun& run, const std::string& what) {
  if (run.said.ok() || run.said.status == GANTRY_DATA) return;
  fail("OK or DATA from " + run.step + " for " + what, run.said.text(),
       "a wrong file is DATA, or a reject on the sink");
}

Outcome whole(const Subject& subject) {
  if (subject.samples.empty()) return unproven();
  Rig rig(subject);
  std::size_t records = 0;
  for (const Sample& sample : subject.samples) {
    rig.renew();
    const BatchRun run = run_batch(rig, sample, kWhole);
    expect_calm(run, sample.name);
    if (!run.taken.broken.empty()) {
      return failed("records that keep the rules of gantry_record",
                    sample.name + ": " + shown(run.taken.broken.front()),
                    "see gantry/abi.h, gantry_record");
    }
    records += run.taken.records.size();
    if (!run.taken.records.empty() && probe(rig, sample) == 0) {
      return failed("probe knows a file that the plugin can read", "0 for " + sample.name,
                    "look at the first bytes, not only at the name");
    }
  }
  if (records > 0) return passed(std::to_string(records) + " records");
  return failed("records from the samples", "none", "add a file that is right to the samples");
}

Outcome chunks(const Subject& subject) {
  constexpr std::size_t kSingleMax = 256U << 10U;
  if (subject.samples.empty()) return unproven();
  Rig rig(subject);
  for (const Sample& sample : subject.samples) {
    rig.renew();
    const std::string wanted = run_batch(rig, sample, kWhole).fingerprint();
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{7}, std::size_t{4093}, std::size_t{64U << 10U}}) {
      if (size == 1 && sample.content.size() > kSingleMax) continue;
      rig.renew();
      const BatchRun run = run_batch(rig, sample, size);
      if (run.fingerprint() == wanted) continue;
      return failed("the same records in chunks of " + std::to_string(size) + " as at once",
                    sample.name + ": " + std::to_string(run.taken.records.size()) +
                        " records, or others, ended by " + run.step + " with " + run.said.text(),
                    kKeep);
    }
  }
  return passed();
}

Outcome truncated(const Subject& subject) {
  constexpr std::size_t kCutsMax = 512;
  if (subject.samples.empty()) return unproven();
  Rig rig(subject);
  auto random = subject.random(7);
  std::size_t tried = 0;
  for (const Sample& sample : subject.samples) {
    const std::size_t size = sample.content.size();
    for (std::size_t i = 0; i < std::min(size, kCutsMax); ++i, ++tried) {
      const std::size_t at = size <= kCutsMax ? i : random() % size;
      const Sample cut{sample.name, sample.content.substr(0, at)};
      probe(rig, cut);
      expect_calm(run_batch(rig, cut, kWhole), sample.name + " cut at byte " + std::to_string(at));
    }
  }
  return passed(std::to_string(tried) + " cuts");
}

Outcome resume(const Subject& subject) {
  constexpr std::size_t kChunk = 512;
  constexpr std::size_t kCheckpointsMax = 100;
  if (subject.samples.empty()) return unproven();
  Rig rig(subject);
  std::size_t tried = 0;
  for (const Sample& sample : subject.samples) {
    rig.renew();
    const BatchRun first = run_batch(rig, sample, kChunk);
    if (!first.said.ok()) continue;
    Chain full;
    full.records = first.taken.records;
    for (std::size_t i = 0; i < std::min(first.taken.cursors.size(), kCheckpointsMax); ++i) {
      rig.renew();
      StopPlan plan;
      plan.at_checkpoint = i;
      BatchRun begin = run_batch(rig, sample, kChunk, plan);
      const std::string cursor =
          begin.taken.cursors.empty() ? std::string() : begin.taken.cursors.back();
      StopPlan on;
      BatchRun rest = run_batch(rig, sample, kChunk, on, cursor);
      Chain chain;
      chain.said = rest.said;
      chain.records = std::move(begin.taken.records);
      chain.records.insert(chain.records.end(), rest.taken.records.begin(),
                           rest.taken.records.end());
      ++tried;
      const std::string wrong = compare(full, chain, 2);
      if (wrong.empty()) continue;
      return failed("the same records where " + sample.name + " is taken up again at checkpoint " +
                        std::to_string(i),
                    wrong, "checkpoint only between records, with the byte to go on from");
    }
  }
  if (tried == 0) return skipped("no sample reaches a checkpoint; add a longer one");
  return passed(std::to_string(tried) + " checkpoints");
}

Outcome garbage(const Subject& subject) {
  constexpr int kFiles = 200;
  Rig rig(subject);
  auto random = subject.random(77);
  for (int i = 0; i < kFiles; ++i) {
    Sample noise{"noise-" + std::to_string(i) + ".bin", std::string(random() % 4096, '\0')};
    for (char& byte : noise.content) byte = static_cast<char>(random());
    if (!subject.samples.empty() && i % 2 == 0) {  // a right beginning gets further
      const Sample& sample = subject.samples[random() % subject.samples.size()];
      noise.content.insert(0, sample.content.substr(0, random() % (sample.content.size() + 1)));
    }
    probe(rig, noise);
    expect_calm(run_batch(rig, noise, 1 + random() % 1000), "a file of noise");
  }
  for (const std::string_view text : {"", "\n", "\0", "\xEF\xBB\xBF", "\xFF\xFE"}) {
    const Sample odd{"odd.txt", std::string(text)};
    probe(rig, odd);
    expect_calm(run_batch(rig, odd, kWhole), "a file of " + std::to_string(text.size()) + " bytes");
  }
  return passed();
}

Outcome cursor(const Subject& subject) {
  Rig rig(subject);
  const Sample sample =
      subject.samples.empty() ? Sample{"empty.txt", "x"} : subject.samples.front();
  for (const std::string& cursor :
       {std::string("garbage"), std::string("{"), std::string("99999999999999999999999"),
        std::string("-1"), std::string(64U << 10U, 'A')}) {
    rig.renew();
    StopPlan plan;
    const BatchRun run = run_batch(rig, sample, kWhole, plan, cursor);
    if (run.said.status == GANTRY_DATA) continue;
    if (run.said.ok() && run.offset == 0) continue;  // from the beginning: nothing is lost
    return failed("DATA with the code CURSOR, or everything from byte 0, for the cursor \"" +
                      shown(cursor.substr(0, 40)) + '"',
                  "offset " + std::to_string(run.offset) + ", " + run.said.text(),
                  "check the cursor's form in open");
  }
  return passed();
}

}  // namespace

std::vector<Test> batch_tests() {
  return {
      {7, "batch.whole", "The samples give records.", Needs::kBatch, whole},
      {7, "batch.chunks", "Chunks of any size give the same.", Needs::kBatch, chunks},
      {7, "batch.truncated", "A cut file harms nobody.", Needs::kBatch, truncated},
      {7, "batch.resume", "A file can be taken up at any checkpoint.", Needs::kBatch, resume},
      {7, "batch.garbage", "Noise harms nobody.", Needs::kBatch, garbage},
      {7, "batch.cursor", "A cursor that is none is refused.", Needs::kBatch, cursor},
  };
}

}  // namespace gantry::plugins::conformance
