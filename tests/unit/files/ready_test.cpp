// When a file counts as complete, and what its name may be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/ingress/files/names.hpp"
#include "host/ingress/files/readiness.hpp"
#include "tests/unit/files/support.hpp"

namespace gantry::files::test {
namespace {

using config::FileReady;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Entry entry(std::string name, std::uint64_t inode, std::uint64_t size = 10) {
  Entry made;
  made.name = std::move(name);
  made.inode = inode;
  made.size = size;
  return made;
}

std::chrono::steady_clock::time_point at(int seconds) {
  return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds));
}

std::vector<std::string> names(const std::vector<ReadyFile>& ready) {
  std::vector<std::string> all;
  for (const auto& file : ready) all.push_back(file.entry.name);
  return all;
}

TEST(Readiness, OneLookIsNeverEnoughHoweverOldTheFile) {
  Readiness readiness(FileReady::kAuto, 30s);
  EXPECT_THAT(readiness.look({entry("a", 1)}, at(1000)), IsEmpty());
}

TEST(Readiness, UnchangedOverTheWholeTimeIsReadyAndNotASecondEarlier) {
  Readiness readiness(FileReady::kAuto, 30s);
  readiness.look({entry("a", 1)}, at(0));
  EXPECT_EQ(readiness.next(), at(30));
  EXPECT_THAT(readiness.look({entry("a", 1)}, at(29)), IsEmpty());
  EXPECT_THAT(names(readiness.look({entry("a", 1)}, at(30))), ElementsAre("a"));
}

TEST(Readiness, AChangeOfSizeTimeOrInodeBeginsTheWaitAnew) {
  for (const int what : {0, 1, 2}) {
    Readiness readiness(FileReady::kStable, 30s);
    Entry later = entry("a", 1);
    readiness.look({later}, at(0));
    if (what == 0) later.size = 11;
    if (what == 1) later.modified_at_ns = 5;
    if (what == 2) later.inode = 2;
    EXPECT_THAT(readiness.look({later}, at(20)), IsEmpty());
    EXPECT_THAT(readiness.look({later}, at(49)), IsEmpty()) << what;
    EXPECT_THAT(names(readiness.look({later}, at(50))), ElementsAre("a")) << what;
  }
}

TEST(Readiness, AMarkerMakesItReadyAtOnceAndIsNoFileItself) {
  Readiness readiness(FileReady::kAuto, 30s);
  const auto ready = readiness.look(
      {entry("a.csv", 1), entry("a.csv.done", 2), entry("b.csv", 3), entry("b.CTL", 4)}, at(0));
  ASSERT_THAT(names(ready), ElementsAre("a.csv", "b.csv"));
  EXPECT_EQ(ready[0].marker, "a.csv.done");
  EXPECT_EQ(ready[1].marker, "b.CTL");
}

TEST(Readiness, ARenameFromATemporaryNameMakesItReadyAtOnce) {
  for (const char* suffix : {".tmp", ".part", ".PART"}) {
    Readiness readiness(FileReady::kAuto, 30s);
    EXPECT_THAT(readiness.look({entry(std::string("a.csv") + suffix, 1, 5)}, at(0)), IsEmpty());
    EXPECT_THAT(names(readiness.look({entry("a.csv", 1)}, at(1))), ElementsAre("a.csv"));
  }
}

TEST(Readiness, AnotherFileOfThatNameIsNoRename) {
  Readiness readiness(FileReady::kAuto, 30s);
  readiness.look({entry("a.csv.tmp", 1)}, at(0));
  EXPECT_THAT(readiness.look({entry("a.csv", 2)}, at(1)), IsEmpty());
}

TEST(Readiness, ARuleThatWasChosenStandsAlone) {
  const std::vector<Entry> entries = {entry("a", 1), entry("a.done", 2)};
  Readiness rename(FileReady::kRename, 30s), marker(FileReady::kMarker, 30s),
      stable(FileReady::kStable, 30s);
  for (auto* readiness : {&marker, &stable}) readiness->look({entry("b", 3)}, at(0));
  EXPECT_THAT(names(rename.look({entry("a", 1), entry("a.done", 2), entry("b.tmp", 3)}, at(99))),
              ElementsAre("a"));
  EXPECT_THAT(names(marker.look({entry("a", 1), entry("a.done", 2), entry("b", 3)}, at(99))),
              ElementsAre("a"));
  EXPECT_THAT(names(stable.look({entry("a", 1), entry("a.done", 2), entry("b", 3)}, at(99))),
              ElementsAre("b"));
  EXPECT_FALSE(marker.next());
}

TEST(Readiness, WithRenameAloneNobodyNeedSeeIt) {
  Readiness readiness(FileReady::kRename, 30s);
  EXPECT_THAT(readiness.look({entry("a.csv.part", 1, 5)}, at(0)), IsEmpty());
  EXPECT_THAT(names(readiness.look({entry("b.csv", 2)}, at(1))), ElementsAre("b.csv"));
}

TEST(Names, HostileOnesAreRefusedAndPlainOnesAreNot) {
  for (const std::string good : {"loads.csv", "Ladeliste München 16.01.csv", "a", "=x.csv"}) {
    EXPECT_FALSE(why_refused(good)) << good;
  }
  for (const std::string bad :
       {"", ".", "..", "a\nb.csv", "a\x1b[2J", "-rf", "a\\b", "M\xFCnchen.csv", "a\x7f"}) {
    EXPECT_TRUE(why_refused(bad)) << bad;
    EXPECT_FALSE(why_refused(safe_name(bad))) << bad;
  }
  EXPECT_FALSE(why_refused(std::string(200, 'a')));
  EXPECT_TRUE(why_refused(std::string(201, 'a')));
}

TEST(Names, AnIdGivesBackTheNameAndSortsByTime) {
  const Instant time = Instant(std::chrono::milliseconds(1'768'550'531'000));
  const std::string id = claim_id(time, "9f3c21aa", "-odd-.csv");
  EXPECT_EQ(id, "20260116T080211.000Z-9f3c21aa--odd-.csv");
  EXPECT_EQ(read_claim_id(id)->name, "-odd-.csv");
  EXPECT_FALSE(read_claim_id(id)->is_entry);
  EXPECT_LT(id, claim_id(time + 1ms, "00000000", "a"));
  const std::string inner = entry_id(id, 12, "b-c.csv");
  EXPECT_EQ(inner, "20260116T080211.000Z-9f3c21aa.12-b-c.csv");
  EXPECT_EQ(read_claim_id(inner)->name, "b-c.csv");
  EXPECT_TRUE(read_claim_id(inner)->is_entry);
  EXPECT_EQ(read_claim_id(inner)->archive, read_claim_id(id)->archive);
  for (const char* foreign :
       {"", "loads.csv", "20260116T080211.000Z-9f3c21aa", "20260116T080211.000Z-9f3c21aa.-x",
        "20260116T080211.000Z-9f3c21aa-"}) {
    EXPECT_FALSE(read_claim_id(foreign)) << foreign;
  }
}

}  // namespace
}  // namespace gantry::files::test
