#include "host/config/difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/conf_dir.hpp"

namespace gantry::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Config loaded(const ConfDir& dir) {
  auto config = load(dir.inputs());
  EXPECT_TRUE(config) << config.error().text();
  return *std::move(config);
}

TEST(Difference, OfAConfigurationAndItselfIsNothing) {
  ConfDir dir;
  dir.conf("00-host.toml", "rollout = 50\n");
  dir.conf("50-front.toml", "[source]\n[settings]\nzone = \"a\"\n");
  const auto difference = compare(loaded(dir), loaded(dir));
  EXPECT_EQ(difference, (Difference{.unchanged = {"front"}}));
}

TEST(Difference, NamesSourcesThatCameWentAndChanged) {
  ConfDir dir;
  dir.conf("50-a.toml", "[source]\n[settings]\nzone = \"a\"\n");
  dir.conf("50-b.toml", "[source]\nenabled = false\n");
  dir.conf("50-c.toml", "[source]\n");
  dir.conf("50-d.toml", "[source]\n");
  dir.conf("50-e.toml", "[source]\nlimits.requests_per_minute = 10\n");
  const Config before = loaded(dir);
  dir.conf("50-a.toml", "[source]\n[settings]\nzone = \"b\"\n");
  dir.conf("50-b.toml", "[source]\n");
  std::filesystem::remove(dir.path("conf.d/50-c.toml"));
  dir.conf("50-d.toml", "[source]\nenabled = false\n");
  dir.conf("50-e.toml", "[source]\nlimits.requests_per_minute = 11\n");
  dir.conf("50-f.toml", "[source]\n");
  const auto difference = compare(before, loaded(dir));
  EXPECT_THAT(difference.added, ElementsAre("b", "f"));
  EXPECT_THAT(difference.removed, ElementsAre("c", "d"));
  EXPECT_THAT(difference.changed, ElementsAre("a", "e"));
  EXPECT_THAT(difference.unchanged, IsEmpty());
  EXPECT_THAT(difference.host, IsEmpty());
}

TEST(Difference, CommentsOrderAndFileNamesDoNotCount) {
  ConfDir dir;
  dir.conf("50-a.toml", "[source]\nid = \"x\"\nfanout = \"batch\"\n[settings]\np = 1\nq = 2\n");
  const Config before = loaded(dir);
  std::filesystem::remove(dir.path("conf.d/50-a.toml"));
  dir.conf("60-a.toml",
           "# why\n\n[source]\nfanout = \"batch\"\nid = \"x\"\n\n[settings]\nq = 2\np = 1\n");
  // The plugin's default id comes from the source's, not from the file's name.
  EXPECT_EQ(compare(before, loaded(dir)), (Difference{.unchanged = {"x"}}));
}

TEST(Difference, NamesHostSettingsAndOnlyThose) {
  ConfDir dir;
  dir.conf("00-host.toml",
           "[log]\nlevels.ingress = \"debug\"\n[ingress]\nlisten = \"127.0.0.1:1\"\n");
  dir.conf("50-a.toml", "[source]\n");
  const Config before = loaded(dir);
  dir.conf("00-host.toml", "[log]\nlevel = \"debug\"\n[ingress]\nlisten = \"127.0.0.1:2\"\n");
  const auto difference = compare(before, loaded(dir));
  EXPECT_THAT(difference.host, ElementsAre("ingress.listen", "log.level", "log.levels.ingress"));
}

}  // namespace
}  // namespace gantry::config
