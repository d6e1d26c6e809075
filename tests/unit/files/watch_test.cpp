// Real inotify: who waits for files wakes when they come.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "host/ingress/files/watch.hpp"
#include "tests/unit/files/support.hpp"

namespace gantry::files::test {
namespace {

TEST(Watch, TheFirstWaitReturnsAtOnceBecauseOfWhatLaysThereBefore) {
  TempDir directory;
  const auto folder = Folder::open(directory.path()).value();
  auto watch = Watch::open(folder).value();
  EXPECT_EQ(watch.wait(1h).value(), Watch::Wake::kChanged);
  EXPECT_EQ(watch.wait(0ms).value(), Watch::Wake::kTimeout);
}

TEST(Watch, ANewARenamedAndAClosedFileWakeIt) {
  TempDir directory;
  const auto folder = Folder::open(directory.path()).value();
  auto watch = Watch::open(folder).value();
  watch.wait(0ms).value();
  write(directory.path() / "a.tmp", "x");
  EXPECT_EQ(watch.wait(1h).value(), Watch::Wake::kChanged);
  EXPECT_EQ(watch.wait(0ms).value(), Watch::Wake::kTimeout);
  std::filesystem::rename(directory.path() / "a.tmp", directory.path() / "a");
  EXPECT_EQ(watch.wait(1h).value(), Watch::Wake::kChanged);
}

TEST(Watch, StopEndsTheWaitInFlightAndEveryLaterOne) {
  TempDir directory;
  const auto folder = Folder::open(directory.path()).value();
  auto watch = Watch::open(folder).value();
  watch.wait(0ms).value();
  auto waiting = std::async(std::launch::async, [&] { return watch.wait(1h).value(); });
  watch.stop();
  EXPECT_EQ(waiting.get(), Watch::Wake::kStopped);
  EXPECT_EQ(watch.wait(1h).value(), Watch::Wake::kStopped);
}

TEST(Watch, ADirectoryThatLostItsNameIsAnErrorAndNotSilence) {
  TempDir directory;
  std::filesystem::create_directory(directory.path() / "in");
  const auto folder = Folder::open(directory.path() / "in").value();
  auto watch = Watch::open(folder).value();
  watch.wait(0ms).value();
  std::filesystem::rename(directory.path() / "in", directory.path() / "moved");
  const auto woken = watch.wait(1h);
  ASSERT_FALSE(woken);
  EXPECT_EQ(woken.error().kind, ErrorKind::kUnavailable);
}

TEST(Watch, MoreEventsThanTheQueueHoldsAreOneWake) {
  TempDir directory;
  const auto folder = Folder::open(directory.path()).value();
  auto watch = Watch::open(folder).value();
  watch.wait(0ms).value();
  // fs.inotify.max_queued_events is 16384 by default; two names in turn are not merged.
  std::ifstream limit_file("/proc/sys/fs/inotify/max_queued_events");
  int limit = 0;
  limit_file >> limit;
  ASSERT_GT(limit, 0);
  write(directory.path() / "a", "x");
  for (int i = 0; i < limit; ++i) {
    const char* from = i % 2 == 0 ? "a" : "b";
    const char* to = i % 2 == 0 ? "b" : "a";
    ASSERT_EQ(renameat(folder.descriptor(), from, folder.descriptor(), to), 0);
  }
  EXPECT_EQ(watch.wait(1h).value(), Watch::Wake::kChanged);
  EXPECT_EQ(watch.wait(0ms).value(), Watch::Wake::kTimeout);
}

TEST(Rooms, WaitSeesWhatLaysThereAndWhatComes) {
  World world;
  world.files.ready = config::FileReady::kMarker;
  write(world.in() / "a.csv", "A");
  write(world.in() / "a.csv.done", "");
  Rooms& rooms = world.start();
  EXPECT_TRUE(rooms.wait("carrier", "run-1", 1h).value());
  world.archive_file(world.claim().at(0));
  EXPECT_FALSE(rooms.wait("carrier", "run-1", 0ms).value());

  auto waiting =
      std::async(std::launch::async, [&] { return rooms.wait("carrier", "run-1", 1h).value(); });
  write(world.in() / "b.csv", "B");
  write(world.in() / "b.csv.done", "");
  EXPECT_TRUE(waiting.get());
  EXPECT_EQ(world.claim().at(0).name, "b.csv");
}

TEST(Rooms, WhatARunClaimedAndDidNotSettleIsWorkForIt) {
  World world;
  write(world.in() / "a.csv", "A");
  const auto files = world.claim_stable();
  EXPECT_TRUE(world.rooms().wait("carrier", "run-1", 1h).value());
  EXPECT_FALSE(world.rooms().wait("carrier", "run-2", 0ms).value());
  world.archive_file(files.at(0));
  EXPECT_FALSE(world.rooms().wait("carrier", "run-1", 0ms).value());
}

TEST(Rooms, AFileThatIsNotCompleteSaysWhenItMayBe) {
  World world;
  Rooms& rooms = world.start();
  EXPECT_EQ(rooms.next_look("carrier"), std::nullopt);
  EXPECT_THAT(world.claim(), ::testing::IsEmpty());
  EXPECT_EQ(rooms.next_look("carrier"), std::nullopt);
  write(world.in() / "a.csv", "A");
  EXPECT_THAT(world.claim(), ::testing::IsEmpty());
  EXPECT_EQ(rooms.next_look("carrier"), world.files.stable_for);
  EXPECT_EQ(rooms.next_look("nobody"), std::nullopt);

  world.files.ready = config::FileReady::kMarker;  // time alone completes nothing
  world.start();
  EXPECT_THAT(world.claim(), ::testing::IsEmpty());
  EXPECT_EQ(world.rooms().next_look("carrier"), std::nullopt);
}

TEST(Rooms, StopEndsAWait) {
  World world;
  Rooms& rooms = world.start();
  auto waiting =
      std::async(std::launch::async, [&] { return rooms.wait("carrier", "run-1", 1h).value(); });
  rooms.stop();
  EXPECT_FALSE(waiting.get());
}

}  // namespace
}  // namespace gantry::files::test
