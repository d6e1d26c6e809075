#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "host/temporal/replay/replay.hpp"
#include "host/workflows/workflows.hpp"

/// Replays histories/*.json, recorded from released workflows by record.sh, against today's code.
namespace gantry::temporal::replay {
namespace {

std::vector<std::string> recorded() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::getenv("GANTRY_HISTORIES"))) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(Histories, EveryRecordedOneIsWhatTodaysWorkflowsDo) {
  workflow::Registry registry;
  workflows::register_all(registry);
  for (const std::string& file : recorded()) {
    const auto history = read_history_file(file);
    ASSERT_TRUE(history) << history.error().message();
    const auto report = replay_history(*history, registry);
    ASSERT_TRUE(report) << file << ": " << report.error().message();
    EXPECT_TRUE(report->compatible()) << file << ": " << report->problem;
    std::cout << file << ": " << report->events << " events of " << report->workflow_type << '\n';
  }
}

}  // namespace
}  // namespace gantry::temporal::replay
