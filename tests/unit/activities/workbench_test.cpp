#include "host/activities/workbench.hpp"

#include <gtest/gtest.h>

namespace gantry::activities {
namespace {

Work parsed(std::size_t bytes) {
  Work work;
  work.parsed.emplace();
  work.parsed->text.assign(bytes, 'x');
  return work;
}

TEST(Workbench, PartsAreAddedToWhatIsKnown) {
  Workbench bench;
  bench.keep("a", parsed(10));
  Work more;
  more.entities.emplace();
  bench.keep("a", more);
  const Work found = bench.find("a");
  EXPECT_TRUE(found.parsed && found.entities);
  EXPECT_FALSE(found.embeddings);
}

TEST(Workbench, TheOldestWorkGoesFirstWhenMemoryIsFull) {
  Workbench bench(10'000);
  for (char key = 'a'; key <= 'h'; ++key) bench.keep(std::string(1, key), parsed(2'000));
  EXPECT_FALSE(bench.find("a").parsed);
  EXPECT_TRUE(bench.find("h").parsed);
}

TEST(Workbench, WorkTooLargeToKeepIsNotKeptAndDisplacesNothing) {
  Workbench bench(10'000);
  bench.keep("small", parsed(100));
  bench.keep("huge", parsed(9'000));
  EXPECT_FALSE(bench.find("huge").parsed);
  EXPECT_TRUE(bench.find("small").parsed);
}

TEST(Workbench, ForgottenWorkIsGone) {
  Workbench bench;
  bench.keep("a", parsed(10));
  bench.forget("a");
  EXPECT_FALSE(bench.find("a").parsed);
}

}  // namespace
}  // namespace gantry::activities
