// A file's way through real directories.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/un.h>

#include "tests/unit/files/support.hpp"

namespace gantry::files::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// printf 'id,name\n1,Alice\n' | sha256sum
constexpr const char* kRows = "id,name\n1,Alice\n";
constexpr const char* kRowsSha256 =
    "0ab21ce20936002346b174b92f1c7d3ae78c65507b5b0f8861cfc762af65e15e";

TEST(Room, ReadsAndArchivesAFileOnce) {
  World world;
  write(world.in() / "loads.csv", kRows);
  const auto files = world.claim_stable();
  ASSERT_THAT(names_of(files), ElementsAre("loads.csv"));
  EXPECT_EQ(files[0].sha256, kRowsSha256);
  EXPECT_EQ(files[0].size, 16u);
  EXPECT_THAT(names_in(world.processing()), ElementsAre("loads.csv"));
  EXPECT_EQ(world.content(files[0]), kRows);
  EXPECT_EQ(world.content(files[0], 8), "1,Alice\n");
  EXPECT_EQ(world.content(files[0], 16), "");
  world.archive_file(files[0]);
  EXPECT_THAT(names_in(world.processing()), IsEmpty());
  EXPECT_THAT(names_in(world.archive()), ElementsAre("loads.csv"));
  EXPECT_THAT(world.claim_stable(), IsEmpty());
  world.archive_file(files[0]);
  EXPECT_THAT(names_in(world.archive()), ElementsAre("loads.csv"));
}

TEST(Room, AFileStillBeingWrittenWaits) {
  World world;
  write(world.in() / "loads.csv", "id");
  EXPECT_THAT(world.claim(), IsEmpty());
  world.clock.advance(29s);
  write(world.in() / "loads.csv", kRows);
  EXPECT_THAT(world.claim(), IsEmpty());
  world.clock.advance(29s);
  EXPECT_THAT(world.claim(), IsEmpty());
  world.clock.advance(1s);
  EXPECT_THAT(names_of(world.claim()), ElementsAre("loads.csv"));
}

TEST(Room, ARenamedFileIsReadyAtOnce) {
  World world;
  write(world.in() / "loads.csv.part", kRows);
  EXPECT_THAT(world.claim(), IsEmpty());
  std::filesystem::rename(world.in() / "loads.csv.part", world.in() / "loads.csv");
  EXPECT_THAT(names_of(world.claim()), ElementsAre("loads.csv"));
}

TEST(Room, AMarkerGoesIntoTheArchiveSoThatItAnnouncesNoSecondFile) {
  World world;
  write(world.in() / "loads.csv", kRows);
  write(world.in() / "loads.csv.ctl", "rows=1");
  ASSERT_EQ(world.claim().size(), 1u);
  EXPECT_EQ(slurp_ending(world.archive(), "-loads.csv.ctl"), "rows=1");
  write(world.in() / "loads.csv", "id,name\n2,Bob\n");
  EXPECT_THAT(names_of(world.claim(100, "run-2")), IsEmpty());
}

TEST(Room, OnlyMatchingNamesAreTakenAndHiddenOnesNever) {
  World world;
  world.files.patterns = {"*.csv", "*.[Tt][Xx][Tt]"};
  for (const char* name : {"a.csv", "b.TXT", "c.pdf", ".d.csv", "e.csv.tmp"}) {
    write(world.in() / name, name);
  }
  EXPECT_THAT(names_of(world.claim_stable()), UnorderedElementsAre("a.csv", "b.TXT"));
}

TEST(Room, TheLongestWaitingComeFirstAndNoMoreThanAsked) {
  World world;
  const auto put = [&](const char* name, int age) {
    write(world.in() / name, name);
    std::filesystem::last_write_time(
        world.in() / name, std::filesystem::file_time_type::clock::now() - std::chrono::hours(age));
  };
  put("a", 1);
  put("b", 3);
  put("c", 2);
  EXPECT_THAT(names_of(world.claim_stable(2)), UnorderedElementsAre("b", "c"));
  EXPECT_THAT(names_in(world.processing()), ElementsAre("b", "c"));
  EXPECT_THAT(names_of(world.claim(3)), ElementsAre("b", "c", "a"));
}

TEST(Room, ALostAnswerLosesNoFileAndAnotherRunDoesNotGetIt) {
  World world;
  write(world.in() / "loads.csv", kRows);
  const auto first = world.claim_stable(100, "run-1");
  EXPECT_EQ(world.claim(100, "run-1"), first);
  EXPECT_THAT(world.claim(100, "run-2"), IsEmpty());
}

TEST(Room, ARestartKeepsClaims) {
  World world;
  write(world.in() / "loads.csv", kRows);
  const auto first = world.claim_stable();
  world.start();
  EXPECT_EQ(world.claim(), first);
  EXPECT_EQ(world.content(first[0]), kRows);
}

TEST(Room, WithoutItsLedgerAFileInProcessingIsTakenUpAgain) {
  World world;
  write(world.in() / "loads.csv", kRows);
  const auto first = world.claim_stable();
  for (const char* name : {"files.db", "files.db-wal", "files.db-shm"}) {
    std::filesystem::remove(world.in().parent_path() / name);
  }
  world.start();
  EXPECT_EQ(world.claim(), first);
}

TEST(Room, TheSameContentUnderAnyNameIsArchivedWithANoteAndNotReadAgain) {
  World world;
  write(world.in() / "monday.csv", kRows);
  world.archive_file(world.claim_stable().at(0));
  write(world.in() / "tuesday.csv", kRows);
  EXPECT_THAT(world.claim_stable(), IsEmpty());
  EXPECT_THAT(names_in(world.archive()),
              ElementsAre("monday.csv", "tuesday.csv", "tuesday.csv.note"));
  EXPECT_THAT(slurp_ending(world.archive(), ".note"),
              HasSubstr("the same content was read before as monday.csv, finished 2026-01-01T"));
}

TEST(Room, TheSameNameWithNewContentIsANewFile) {
  World world;
  write(world.in() / "loads.csv", kRows);
  world.archive_file(world.claim_stable().at(0));
  write(world.in() / "loads.csv", "id,name\n2,Bob\n");
  const auto second = world.claim_stable();
  ASSERT_THAT(names_of(second), ElementsAre("loads.csv"));
  world.archive_file(second[0]);
  EXPECT_THAT(names_in(world.archive()), ElementsAre("loads.csv", "loads.csv"));
}

TEST(Room, TheSameContentTwiceAtOnceIsReadOnce) {
  World world;
  write(world.in() / "a.csv", kRows);
  write(world.in() / "b.csv", kRows);
  EXPECT_EQ(world.claim_stable().size(), 1u);
  EXPECT_THAT(slurp_ending(world.archive(), ".note"), HasSubstr("the same content is being read"));
}

TEST(Room, ARejectedFileSaysWhyAndItsContentMayComeAgain) {
  World world;
  write(world.in() / "loads.csv", kRows);
  const auto files = world.claim_stable();
  world.rooms().reject("carrier", files[0], "line 7: no such date: 2026-02-30").value();
  world.rooms().reject("carrier", files[0], "line 7: no such date: 2026-02-30").value();
  EXPECT_THAT(names_in(world.error()), ElementsAre("loads.csv", "loads.csv.err"));
  const std::string reason = slurp_ending(world.error(), ".err");
  EXPECT_THAT(reason, HasSubstr("File:    loads.csv\n"));
  EXPECT_THAT(reason, HasSubstr("Source:  carrier\n"));
  EXPECT_THAT(reason, HasSubstr("Problem: line 7: no such date: 2026-02-30\n"));
  EXPECT_THAT(reason, HasSubstr(world.in().string()));
  write(world.in() / "loads.csv", kRows);
  EXPECT_EQ(world.claim_stable().size(), 1u);
}

TEST(Room, AFileThatChangesAfterItsClaimIsNotTakenForRead) {
  World world;
  write(world.in() / "loads.csv", kRows);
  const int writer = ::open((world.in() / "loads.csv").c_str(), O_WRONLY | O_APPEND);
  const auto files = world.claim_stable();
  auto content = world.rooms().open("carrier", files[0], 0).value();
  std::string all(100, '\0');
  EXPECT_EQ(content->read(all).value(), 16u);
  ASSERT_EQ(::write(writer, "2,Bob\n", 6), 6);
  close(writer);
  const auto more = content->read(all);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(more.error().what, HasSubstr("still writing"));
  EXPECT_FALSE(world.rooms().open("carrier", files[0], 0));
  world.archive_file(files[0]);
  EXPECT_THAT(names_in(world.error()), ElementsAre("loads.csv", "loads.csv.err"));
  EXPECT_THAT(names_in(world.archive()), IsEmpty());
}

TEST(Room, WhatIsNoPlainFileIsToldOnceAndNeitherOpenedNorMoved) {
  World world;
  write(world.in().parent_path() / "secret", "key");
  std::filesystem::create_symlink("../secret", world.in() / "link.csv");
  std::filesystem::create_symlink("/dev/zero", world.in() / "zero.csv");
  ASSERT_EQ(mkfifo((world.in() / "pipe.csv").c_str(), 0600), 0);
  EXPECT_THAT(world.claim_stable(), IsEmpty());
  EXPECT_THAT(world.claim_stable(), IsEmpty());
  EXPECT_THAT(names_in(world.error()), ElementsAre("link.csv.err", "pipe.csv.err", "zero.csv.err"));
  EXPECT_THAT(slurp(world.error() / "link.csv.err"), HasSubstr("symbolic link"));
  EXPECT_THAT(slurp(world.error() / "pipe.csv.err"), HasSubstr("pipe"));
  EXPECT_EQ(std::count_if(world.log.begin(), world.log.end(),
                          [](const auto& line) { return line.starts_with("file_refused"); }),
            3);
}

TEST(Room, ALinkThatTakesTheFilesPlaceAfterTheLookIsNotFollowed) {
  World world;
  write(world.in().parent_path() / "secret", "key");
  write(world.in() / "loads.csv", kRows);
  const auto files = world.claim_stable();
  std::filesystem::remove(world.processing() / files[0].id);
  std::filesystem::create_symlink("../../secret", world.processing() / files[0].id);
  const auto opened = world.rooms().open("carrier", files[0], 0);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kDenied);
}

TEST(Room, AHardLinkGoesToErrorUnread) {
  World world;
  write(world.in().parent_path() / "elsewhere", kRows);
  std::filesystem::create_hard_link(world.in().parent_path() / "elsewhere",
                                    world.in() / "loads.csv");
  EXPECT_THAT(world.claim_stable(), IsEmpty());
  EXPECT_THAT(slurp_ending(world.error(), ".err"), HasSubstr("hard link"));
}

TEST(Room, HostileNamesGoToErrorUnderHarmlessOnes) {
  World world;
  for (const std::string& name : {std::string("a\nb.csv"), std::string("-rf"),
                                  std::string("M\xFCnchen.csv"), std::string(250, 'x')}) {
    write(world.in() / name, name);
  }
  EXPECT_THAT(world.claim_stable(), IsEmpty());
  EXPECT_THAT(names_in(world.error()),
              UnorderedElementsAre("a_b.csv", "a_b.csv.err", "_rf", "_rf.err", "M_nchen.csv",
                                   "M_nchen.csv.err", std::string(200, 'x'),
                                   std::string(200, 'x') + ".err"));
  EXPECT_THAT(slurp_ending(world.error(), "a_b.csv.err"), HasSubstr("File:    a\\x0ab.csv\n"));
}

TEST(Room, AnIdFromElsewhereReachesNoFileOutside) {
  World world;
  write(world.in() / "loads.csv", kRows);
  BatchFile file = world.claim_stable().at(0);
  for (const char* id : {"../loads.csv", "..", "/etc/passwd", "", "a/b"}) {
    file.id = id;
    EXPECT_FALSE(world.rooms().open("carrier", file, 0)) << id;
    EXPECT_FALSE(world.rooms().archive("carrier", file)) << id;
    EXPECT_FALSE(world.rooms().reject("carrier", file, "x")) << id;
  }
}

TEST(Room, AFileAboveTheLimitGoesToErrorUnread) {
  World world;
  world.files.size_max = 15;
  write(world.in() / "loads.csv", kRows);
  EXPECT_THAT(world.claim_stable(), IsEmpty());
  EXPECT_THAT(slurp_ending(world.error(), ".err"), HasSubstr("16 bytes, more than size_max of 15"));
}

TEST(Room, TheOutboxIsIdempotentByNameAndContent) {
  World world;
  write(world.in() / "loads.csv", kRows);
  const auto file = world.claim_stable().at(0);
  world.rooms().put_outbox("carrier", file, "ack.txt", "A").value();
  EXPECT_EQ(slurp(world.out() / "ack.txt"), "A");
  // The partner takes it away; the retry of an activity must not bring it back.
  std::filesystem::remove(world.out() / "ack.txt");
  world.rooms().put_outbox("carrier", file, "ack.txt", "A").value();
  EXPECT_THAT(names_in(world.out()), IsEmpty());
  // The same file with another result replaces its own.
  world.rooms().put_outbox("carrier", file, "ack.txt", "B").value();
  EXPECT_EQ(slurp(world.out() / "ack.txt"), "B");
}

TEST(Room, TheOutboxKeepsTheFilesOfTwoClaimsApart) {
  World world;
  write(world.in() / "loads.csv", kRows);
  const auto first = world.claim_stable().at(0);
  world.archive_file(first);
  write(world.in() / "loads.csv", "id,name\n2,Bob\n");
  const auto second = world.claim_stable().at(0);
  world.rooms().put_outbox("carrier", first, "loads.errors.csv", "1").value();
  world.rooms().put_outbox("carrier", second, "loads.errors.csv", "2").value();
  world.rooms().put_outbox("carrier", second, "loads.errors.csv", "2").value();
  EXPECT_EQ(slurp(world.out() / "loads.errors.csv"), "1");
  const std::string salt = second.id.substr(second.id.find('-') + 1, 8);
  EXPECT_EQ(slurp(world.out() / ("loads.errors~" + salt + ".csv")), "2");
  EXPECT_EQ(names_in(world.out()).size(), 2u);
}

TEST(Room, TheOutboxRefusesNamesThatLeadElsewhere) {
  World world;
  write(world.in() / "loads.csv", kRows);
  const auto file = world.claim_stable().at(0);
  for (const char* name : {"../x", "/x", "", "..", "a/b", "-x", ".x", "a\nb"}) {
    const auto put = world.rooms().put_outbox("carrier", file, name, "A");
    ASSERT_FALSE(put) << name;
    EXPECT_EQ(put.error().kind, ErrorKind::kInvalid) << name;
  }
}

TEST(Room, TheOutboxDoesNotWriteThroughALink) {
  World world;
  write(world.in() / "loads.csv", kRows);
  const auto file = world.claim_stable().at(0);
  write(world.in().parent_path() / "precious", "keep");
  std::filesystem::create_symlink("../../precious", world.out() / "ack.txt");
  world.rooms().put_outbox("carrier", file, "ack.txt", "A").value();
  EXPECT_EQ(slurp(world.in().parent_path() / "precious"), "keep");
  EXPECT_TRUE(std::filesystem::is_symlink(world.out() / "ack.txt"));
}

TEST(Rooms, ASourceWithoutADirectoryIsUnsupportedAndAWrongOneStopsNoOther) {
  TempDir directory;
  write(directory.path() / "file", "");
  RoomsOptions options;
  options.ledger = directory.path() / "files.db";
  auto rooms = Rooms::open(std::move(options)).value();
  config::SourceConfig good, bad, none;
  good.id = "good";
  good.files = settings(directory.path() / "good");
  bad.id = "bad";
  bad.files = settings(directory.path() / "file");
  none.id = "none";
  const config::SourceConfig all[] = {bad, good, none};
  const auto failed = rooms->apply(all);
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].first, "bad");
  EXPECT_THAT(failed[0].second.what, HasSubstr((directory.path() / "file").string()));
  EXPECT_TRUE(rooms->has("good"));
  EXPECT_EQ(rooms->claim("none", "run", 1).error().kind, ErrorKind::kUnsupported);
  EXPECT_TRUE(rooms->claim("good", "run", 1).value().empty());
  EXPECT_THAT(rooms->apply({}), IsEmpty());
  EXPECT_FALSE(rooms->has("good"));
}

}  // namespace
}  // namespace gantry::files::test
