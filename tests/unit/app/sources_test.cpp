#include "host/app/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "tests/unit/app/source_rig.hpp"

namespace gantry::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// True where the source takes a body signed with `key`.
bool takes(const Sources& sources, const std::string& id, const std::string& key) {
  InboundRequest request;
  request.body = "load|1|late";
  request.headers = {{"X-Signature", to_hex(hmac_sha256(key, request.body))}};
  const auto source = sources.find(id);
  if (!source) return false;
  const auto verdict = source->verify(request);
  return verdict && verdict->decision == plugins::Verdict::Decision::kAccept;
}

TEST(Sources, AReloadAddsRemovesAndChangesAndLeavesTheRestAsItIs) {
  SourceRig rig;
  rig.source("a");
  rig.source("b", "", "color = \"red\"\n");
  rig.source("c");
  const auto before = rig.config();
  const auto sources = rig.load(before);
  const auto a = sources->get("a");
  const auto b = sources->get("b");
  rig.source("b", "", "color = \"blue\"\n");
  rig.remove("c");
  rig.source("d");
  const auto after = rig.config();
  const auto difference = sources->reload(before, after);
  ASSERT_TRUE(difference) << difference.error().message();
  EXPECT_THAT(difference->added, ElementsAre("d"));
  EXPECT_THAT(difference->removed, ElementsAre("c"));
  EXPECT_THAT(difference->changed, ElementsAre("b"));
  EXPECT_THAT(difference->unchanged, ElementsAre("a"));
  EXPECT_EQ(sources->get("a"), a) << "an unchanged source keeps its object";
  EXPECT_NE(sources->get("b"), b);
  EXPECT_EQ(sources->get("c"), nullptr);
  EXPECT_NE(sources->get("d"), nullptr);
}

TEST(Sources, ACallThatHasBegunEndsOnTheObjectItBeganWith) {
  SourceRig rig;
  rig.source("a", "", "color = \"red\"\n");
  const auto before = rig.config();
  const auto sources = rig.load(before);
  auto inside = sources->get("a");
  rig.source("a", "", "color = \"blue\"\n");
  const auto after = rig.config();
  ASSERT_TRUE(sources->reload(before, after));
  EXPECT_EQ(sources->reap(), 1U);
  EXPECT_EQ(inside->id(), "a");
  EXPECT_TRUE(inside->has("gantry.webhook/1"));
  inside.reset();
  EXPECT_EQ(sources->reap(), 0U);
}

TEST(Sources, AReloadWithARefusedSourceChangesNothing) {
  SourceRig rig;
  rig.source("a", "", "color = \"red\"\nsigning_key = \"env:KEY\"\n");
  const auto before = rig.config({{"KEY", "old-key"}});
  const auto sources = rig.load(before);
  const auto a = sources->get("a");
  rig.source("a", "", "color = \"red\"\nsigning_key = \"env:KEY2\"\n");
  const std::string file = rig.source("b", "", "color = \"mauve\"\n");
  const auto after = rig.config({{"KEY", "old-key"}, {"KEY2", "new-key"}});
  const auto difference = sources->reload(before, after);
  ASSERT_FALSE(difference);
  EXPECT_THAT(difference.error().message(), HasSubstr(file + ":4"));
  EXPECT_THAT(difference.error().message(), HasSubstr("mauve is no color"));
  EXPECT_EQ(sources->get("a"), a);
  EXPECT_EQ(sources->get("b"), nullptr);
  EXPECT_TRUE(takes(*sources, "a", "old-key"));
  EXPECT_FALSE(takes(*sources, "a", "new-key"));
}

TEST(Sources, ASourceThatWasRefusedBeforeDoesNotHoldTheOthersUp) {
  SourceRig rig;
  rig.source("bad", "", "color = \"mauve\"\n");
  const auto before = rig.config();
  const auto sources = rig.load(before);
  ASSERT_EQ(sources->now()->refusals().size(), 1U);
  rig.source("good");
  const auto after = rig.config();
  const auto difference = sources->reload(before, after);
  ASSERT_TRUE(difference) << difference.error().message();
  EXPECT_THAT(difference->added, ElementsAre("good"));
  EXPECT_THAT(difference->changed, IsEmpty());
  EXPECT_EQ(sources->now()->refusals().size(), 1U);
}

TEST(Sources, ANewSecretOrANewLibraryIsAChange) {
  SourceRig rig;
  rig.source("a", "", "signing_key = \"env:KEY\"\n");
  rig.source("b");
  const auto first = rig.config({{"KEY", "old-key"}});
  const auto sources = rig.load(first);
  const auto second = rig.config({{"KEY", "new-key"}});
  auto difference = sources->reload(first, second);
  ASSERT_TRUE(difference);
  EXPECT_THAT(difference->changed, ElementsAre("a"));
  EXPECT_TRUE(takes(*sources, "a", "new-key"));
  EXPECT_FALSE(takes(*sources, "a", "old-key"));

  rig.install("good_build2");
  difference = sources->reload(second, rig.config({{"KEY", "new-key"}}));
  ASSERT_TRUE(difference) << difference.error().message();
  EXPECT_THAT(difference->changed, ElementsAre("a", "b"));
  EXPECT_TRUE(takes(*sources, "a", "new-key"));
}

TEST(Sources, AVariableThatHidesASecretIsTakenAndWarnedOf) {
  SourceRig rig;
  rig.source("a", "", "signing_key = \"env:KEY\"\n");
  const auto before = rig.config({{"KEY", "file-key"}});
  const auto sources = rig.load(before);
  EXPECT_EQ(sources->now()->settings("a")->warning, "");
  const auto after = rig.config({{"KEY", "file-key"}, {"A_WEBHOOK_SECRET", "own-key"}});
  ASSERT_TRUE(sources->reload(before, after));
  EXPECT_TRUE(takes(*sources, "a", "own-key"));
  EXPECT_FALSE(takes(*sources, "a", "file-key"));
  EXPECT_THAT(sources->now()->settings("a")->warning, HasSubstr("A_WEBHOOK_SECRET is set"));
}

TEST(Sources, ADisabledSourceIsGoneAndComesBack) {
  SourceRig rig;
  rig.source("a");
  const auto on = rig.config();
  const auto sources = rig.load(on);
  rig.source("a", "enabled = false\n");
  const auto off = rig.config();
  ASSERT_TRUE(sources->reload(on, off));
  EXPECT_EQ(sources->find("a"), nullptr);
  ASSERT_TRUE(sources->reload(off, on));
  EXPECT_NE(sources->find("a"), nullptr);
}

}  // namespace
}  // namespace gantry::app
