#include "host/config/suggest.hpp"

#include <gtest/gtest.h>

namespace gantry::config {
namespace {

const std::vector<std::string_view> kWords = {"address", "namespace", "rollout", "task_queue"};

TEST(Suggest, OneSlipIsFound) {
  EXPECT_EQ(nearest("adress", kWords), "address");        // a letter missing
  EXPECT_EQ(nearest("namespaces", kWords), "namespace");  // one too many
  EXPECT_EQ(nearest("rollaut", kWords), "rollout");       // another one
  EXPECT_EQ(nearest("rolluot", kWords), "rollout");       // two swapped
}

TEST(Suggest, NothingNearIsNoSuggestion) {
  EXPECT_EQ(nearest("password", kWords), "");
  EXPECT_EQ(nearest("", kWords), "");
  EXPECT_EQ(did_you_mean("zzz", kWords), "");
  EXPECT_EQ(nearest(std::string(10'000, 'a'), kWords), "");
}

TEST(Suggest, TheSentenceNamesTheWord) {
  EXPECT_EQ(did_you_mean("adress", kWords), "; did you mean \"address\"?");
}

}  // namespace
}  // namespace gantry::config
