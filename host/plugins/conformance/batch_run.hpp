#pragma once

#include <map>
#include <string>

#include "host/plugins/conformance/rig.hpp"

namespace gantry::plugins::conformance {

/// One file through the batch capability, from a cursor to its end, to STOP or to a failure.
struct BatchRun {
  Said said;         ///< Of the call that ended it.
  std::string step;  ///< "open", "feed" or "finish".
  std::uint64_t offset = 0;
  Taken taken;
  std::map<std::string, std::string> outbox;

  /// Equal for equal results, in order.
  std::string fingerprint() const;
};

BatchRun run_batch(Rig& rig, const Sample& sample, std::size_t chunk_size, StopPlan& plan,
                   const std::string& cursor = {});
inline BatchRun run_batch(Rig& rig, const Sample& sample, std::size_t chunk_size) {
  StopPlan plan;
  return run_batch(rig, sample, chunk_size, plan);
}

/// The plugin's opinion of a file, 0 to 100; ends the test where it is none of these.
int probe(Rig& rig, const Sample& sample);

}  // namespace gantry::plugins::conformance
