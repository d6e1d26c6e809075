#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/plugins/conformance/rig.hpp"

namespace gantry::plugins::conformance {

/// A poller's or stream's whole way through the scenario: polls until nothing more is there, each
/// from the last checkpoint of the one before.
struct Chain {
  Said said;  ///< Of the last poll.
  std::vector<Record> records;
  std::vector<std::pair<std::string, std::string>> rejected;
  std::vector<std::string> cursors;
  std::vector<std::string> broken;
  std::size_t after_stop = 0;
  bool endless = false;  ///< It never came to an end.

  std::string cursor() const { return cursors.empty() ? std::string() : cursors.back(); }
};

/// Runs a chain in the rig's world as it is now. Ends at the first poll that fails.
Chain run_chain(Rig& rig, StopPlan& plan, std::string cursor = {});

/// Ends the test with a warning where the plugin polls with no such configuration as it has here:
/// then nothing of its polling can be said.
void need_polling(Rig& rig);

/// The chain without any interruption, in a new world: what every other one is measured by. Ends
/// the test where it fails, breaks rules or asks what the scenario does not know.
Chain full_chain(Rig& rig);

/// Empty where `chain` has every record of `full`, nothing else, and none more often than
/// `times_max` times as often; else what is wrong.
std::string compare(const Chain& full, const Chain& chain, std::size_t times_max);

}  // namespace gantry::plugins::conformance
