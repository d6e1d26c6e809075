#include "host/cli/sample.hpp"

#include <gtest/gtest.h>

namespace gantry::cli {
namespace {

TEST(Sample, EveryIdTextGetsTheSuffixAndTheOrderStays) {
  EXPECT_EQ(
      with_unique_ids(R"({"z":1,"id":"evt","t":[{"id":"msg","n":1},{"id":7}],"a":"id"})", "_x")
          .value(),
      R"({"z":1,"id":"evt_x","t":[{"id":"msg_x","n":1},{"id":7}],"a":"id"})");
}

TEST(Sample, TwoIdsThatWereEqualStayEqual) {
  EXPECT_EQ(with_unique_ids(R"([{"id":"a"},{"id":"a"}])", "_x").value(),
            R"([{"id":"a_x"},{"id":"a_x"}])");
}

TEST(Sample, WithoutAnIdOrJsonItIsRefused) {
  EXPECT_FALSE(with_unique_ids(R"({"name":"x","id":5})", "_x"));
  EXPECT_FALSE(with_unique_ids("ISA*00*", "_x"));
  EXPECT_FALSE(with_unique_ids("", "_x"));
}

}  // namespace
}  // namespace gantry::cli
