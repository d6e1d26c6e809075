#include "host/temporal/converter/wire.hpp"

#include <gtest/gtest.h>

#include "host/temporal/converter/convert.hpp"

namespace gantry::temporal {
namespace {

using namespace std::chrono_literals;
namespace api = ::temporal::api;
using WireFailure = api::failure::v1::Failure;

std::shared_ptr<const Failure> round_trip(const Failure& failure) {
  WireFailure wire;
  to_wire(failure, wire);
  WireFailure read;
  EXPECT_TRUE(read.ParseFromString(wire.SerializeAsString()));
  return from_wire(read);
}

template <class F>
const F& as(const std::shared_ptr<const Failure>& failure) {
  return dynamic_cast<const F&>(*failure);
}

TEST(Wire, AnApplicationFailureKeepsEverything) {
  ApplicationFailure failure("RateLimited", "slow down", true);
  failure.next_retry_delay = 1'500ms;
  failure.details = {json_payload("1"), bytes_payload("x")};
  const auto copy = round_trip(failure);
  const auto& read = as<ApplicationFailure>(copy);
  EXPECT_EQ(read.type, "RateLimited");
  EXPECT_EQ(read.message, "slow down");
  EXPECT_TRUE(read.non_retryable);
  EXPECT_EQ(read.next_retry_delay, 1'500ms);
  EXPECT_EQ(read.details, failure.details);
}

TEST(Wire, AChainOfCausesKeepsItsOrder) {
  ActivityFailure activity("activity failed");
  activity.activity_type = "parse_document";
  activity.retry_state = RetryState::kAttemptsReached;
  activity.cause = std::make_shared<TimeoutFailure>(TimeoutKind::kHeartbeat, "silent");
  const auto copy = round_trip(activity);
  EXPECT_EQ(as<ActivityFailure>(copy).activity_type, "parse_document");
  EXPECT_EQ(as<ActivityFailure>(copy).retry_state, RetryState::kAttemptsReached);
  EXPECT_EQ(as<TimeoutFailure>(copy->cause).kind, TimeoutKind::kHeartbeat);
}

TEST(Wire, EveryKindComesBackAsItself) {
  EXPECT_NO_THROW(static_cast<void>(as<Cancelled>(round_trip(Cancelled()))));
  EXPECT_NO_THROW(static_cast<void>(as<TerminatedFailure>(round_trip(TerminatedFailure("t")))));
  EXPECT_NO_THROW(static_cast<void>(as<ServerFailure>(round_trip(ServerFailure("s")))));
  ChildFailure child("c");
  child.workflow_id = "doc:1";
  child.run_id = "run";
  const auto copy = round_trip(child);
  EXPECT_EQ(as<ChildFailure>(copy).workflow_id, "doc:1");
  EXPECT_EQ(as<ChildFailure>(copy).run_id, "run");
}

TEST(Wire, AnUnknownKindOfFailureIsAServerFailure) {
  WireFailure wire;
  wire.set_message("from the future");
  EXPECT_EQ(as<ServerFailure>(from_wire(wire)).message, "from the future");
}

TEST(Wire, DurationsSplitIntoSecondsAndNanoseconds) {
  google::protobuf::Duration wire;
  to_wire(1'250ms, wire);
  EXPECT_EQ(wire.seconds(), 1);
  EXPECT_EQ(wire.nanos(), 250'000'000);
  EXPECT_EQ(from_wire(wire), 1'250ms);
}

TEST(Wire, ARetryPolicyNamesWhatIsNeverTriedAgain) {
  api::common::v1::RetryPolicy wire;
  to_wire(RetryPolicy{.initial_interval = 5s,
                      .backoff = 3.0,
                      .interval_max = 60s,
                      .attempts_max = 3,
                      .non_retryable_type = "ValidationError"},
          wire);
  EXPECT_EQ(wire.initial_interval().seconds(), 5);
  EXPECT_EQ(wire.backoff_coefficient(), 3.0);
  EXPECT_EQ(wire.maximum_interval().seconds(), 60);
  EXPECT_EQ(wire.maximum_attempts(), 3);
  ASSERT_EQ(wire.non_retryable_error_types_size(), 1);
  EXPECT_EQ(wire.non_retryable_error_types(0), "ValidationError");
}

}  // namespace
}  // namespace gantry::temporal
