#include <gmock/gmock.h>
#include <temporal/api/history/v1/message.pb.h>

#include <filesystem>

#include "host/temporal/converter/file_payload_store.hpp"
#include "tests/integration/temporal/rig.hpp"

namespace gantry::testing {
namespace {

namespace api = ::temporal::api;
namespace fs = std::filesystem;
using temporal::ClaimCheck;
using temporal::FilePayloadStore;

std::vector<fs::path> objects_in(const fs::path& root) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) found.push_back(entry.path());
  }
  return found;
}

/// A rig whose payloads above 64 KiB go to a folder of its own.
struct ClaimCheckRig {
  TempFolder folder;
  FilePayloadStore store = FilePayloadStore::open(folder.path() / "payloads").value();
  ClaimCheck claim_check{store};
  Rig rig;

  ClaimCheckRig() {
    rig.claim_check = &claim_check;
    rig.add<std::string, std::string>("mirror", [](Context&, const std::string& text) {
      return std::string(text.rbegin(), text.rend());
    });
  }
};

TEST(ClaimCheck, LargeValuesReachActivitiesAndComeBackButNotIntoHistory) {
  ClaimCheckRig here;
  here.rig.start();
  const std::string large = 'a' + std::string(200'000, 'b');
  const auto outcome = here.rig.run({{{"type", "mirror"}, {"argument", large}}});
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(*outcome.value, Json({std::string(200'000, 'b') + 'a'}));

  const auto history = here.rig.client().fetch_history(here.rig.last).value();
  EXPECT_LT(history.size(), 20'000U);
  // The workflow's input, the activity's argument and result, the workflow's result.
  EXPECT_EQ(objects_in(here.folder.path() / "payloads").size(), 4U);
}

TEST(ClaimCheck, SmallValuesStayInHistory) {
  ClaimCheckRig here;
  here.rig.start();
  const auto outcome = here.rig.run({{{"type", "mirror"}, {"argument", "abc"}}});
  ASSERT_TRUE(outcome.value);
  EXPECT_TRUE(objects_in(here.folder.path() / "payloads").empty());
}

TEST(ClaimCheck, ALostObjectFailsTheTaskAndTheWorkflowGoesOnWhenItIsBack) {
  ClaimCheckRig here;
  auto client = here.rig.client();
  const Json input{
      {"activities", {{{"type", "mirror"}, {"argument", 'a' + std::string(100'000, 'b')}}}}};
  const auto handle = client.start(kRun, input, here.rig.start_options()).value();
  const auto objects = objects_in(here.folder.path() / "payloads");
  ASSERT_EQ(objects.size(), 1U);
  fs::rename(objects[0], here.folder.path() / "aside");

  here.rig.start();
  std::string cause;
  while (cause.empty()) {
    api::history::v1::History history;
    ASSERT_TRUE(history.ParseFromString(client.fetch_history(handle).value()));
    for (const auto& event : history.events()) {
      if (event.has_workflow_task_failed_event_attributes()) {
        cause = event.workflow_task_failed_event_attributes().failure().message();
      }
    }
  }
  EXPECT_THAT(cause, ::testing::HasSubstr(objects[0].filename().string() + " is lost"));

  fs::rename(here.folder.path() / "aside", objects[0]);
  const auto outcome = client.result(kRun, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(*outcome.value, Json({std::string(100'000, 'b') + 'a'}));
}

}  // namespace
}  // namespace gantry::testing
