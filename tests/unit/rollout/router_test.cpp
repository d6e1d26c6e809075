#include "host/rollout/router.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace gantry::rollout {
namespace {

std::string message(int number) { return "frontapp:message:msg_" + std::to_string(number); }

// Python: int(hashlib.sha256(id.encode()).hexdigest(), 16) % 100
TEST(Router, TheBucketIsTheWholeDigestModuloAHundred) {
  for (const auto& [id, bucket] : {std::pair{"", 49},
                                   {"upload:file:notes.md", 91},
                                   {"frontapp:message:msg_000001", 19},
                                   {"turvo:shipment:99", 3},
                                   {"größe:datei:ä", 80}}) {
    EXPECT_EQ(bucket_of(id), bucket) << id;
  }
}

TEST(Router, NothingGoesThroughTemporalAtZeroAndAllAtAHundred) {
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(route(message(i), 0), Path::kDirect);
    EXPECT_EQ(route(message(i), 100), Path::kTemporal);
  }
}

TEST(Router, TheBucketBelowThePercentageGoesThroughTemporal) {
  EXPECT_EQ(route("frontapp:message:msg_000001", 19), Path::kDirect);
  EXPECT_EQ(route("frontapp:message:msg_000001", 20), Path::kTemporal);
}

// Counted by Python's hashlib over the same ids.
TEST(Router, TenAndFiftyPerCentSplitTenThousandDocuments) {
  int ten = 0;
  int fifty = 0;
  for (int i = 0; i < 10'000; ++i) {
    ten += route(message(i), 10) == Path::kTemporal ? 1 : 0;
    fifty += route(message(i), 50) == Path::kTemporal ? 1 : 0;
  }
  EXPECT_EQ(ten, 969);
  EXPECT_EQ(fifty, 4'922);
}

TEST(Router, TheSameDocumentTakesTheSamePath) {
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(route(message(i), 50), route(message(i), 50));
}

TEST(Router, RaisingThePercentageMovesNoDocumentBack) {
  for (int i = 0; i < 500; ++i) {
    Path before = Path::kDirect;
    for (int percentage = 0; percentage <= 100; ++percentage) {
      const Path now = route(message(i), percentage);
      EXPECT_FALSE(before == Path::kTemporal && now == Path::kDirect) << i << " at " << percentage;
      before = now;
    }
  }
}

TEST(RouterDeathTest, APercentageAboveAHundredIsABug) {
  EXPECT_DEATH(route("a", 101), "percentage");
}

}  // namespace
}  // namespace gantry::rollout
