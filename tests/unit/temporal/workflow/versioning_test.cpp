#include <gtest/gtest.h>

#include "tests/unit/temporal/workflow/activations.hpp"

/// What a run tells the server of the builds that may go on with it.
namespace gantry::temporal::workflow::testing {
namespace {

using namespace ::temporal::api::enums::v1;

constexpr WorkflowType<None, int> kNumber{.name = "Number"};

VersioningBehavior told(bool versioned, Versioning versioning) {
  Driver driver;
  driver.versioned = versioned;
  driver.add(kNumber, [](Context, None) -> Task<int> { co_return 7; }, versioning);
  return driver.run(Activation().start("Number")).message.successful().versioning_behavior();
}

TEST(Versioning, AVersionedWorkerTellsWhatTheTypeSays) {
  EXPECT_EQ(told(true, Versioning::kPinned), VERSIONING_BEHAVIOR_PINNED);
  EXPECT_EQ(told(true, Versioning::kAutoUpgrade), VERSIONING_BEHAVIOR_AUTO_UPGRADE);
}

TEST(Versioning, ATypeThatSaysNothingLeavesItToTheWorkersDefault) {
  EXPECT_EQ(told(true, Versioning::kUnset), VERSIONING_BEHAVIOR_UNSPECIFIED);
}

// A server refuses a behaviour from a worker that takes work of every build.
TEST(Versioning, AnUnversionedWorkerTellsNothing) {
  EXPECT_EQ(told(false, Versioning::kAutoUpgrade), VERSIONING_BEHAVIOR_UNSPECIFIED);
}

}  // namespace
}  // namespace gantry::temporal::workflow::testing
