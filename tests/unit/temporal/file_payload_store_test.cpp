#include "host/temporal/converter/file_payload_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/temporal_server.hpp"

namespace gantry::temporal {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// FIPS 180-2, appendix B.1.
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

struct FilePayloadStoreTest : ::testing::Test {
  const gantry::testing::TempFolder folder;
  FilePayloadStore store = FilePayloadStore::open(folder.path() / "payloads").value();
  const fs::path abc = folder.path() / "payloads/ba/78" / kAbc;

  static void age(const fs::path& file, std::chrono::hours by) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - by);
  }
};

TEST_F(FilePayloadStoreTest, TheKeyIsTheDigestOfTheContent) {
  EXPECT_EQ(store.put("abc").value(), kAbc);
  EXPECT_EQ(store.get(kAbc).value(), "abc");
}

TEST_F(FilePayloadStoreTest, OnlyThisUserMayRead) {
  ASSERT_TRUE(store.put("abc"));
  struct ::stat found{};
  ASSERT_EQ(::stat(abc.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat((folder.path() / "payloads").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
}

TEST_F(FilePayloadStoreTest, AnUnknownKeyIsNotFound) {
  EXPECT_EQ(store.get(kAbc).error().kind, ErrorKind::kNotFound);
}

TEST_F(FilePayloadStoreTest, AKeyIsNeverAPath) {
  for (const auto* key : {"", "../../../etc/passwd", "BA7816BF"}) {
    EXPECT_EQ(store.get(key).error().kind, ErrorKind::kInvalid) << key;
  }
}

TEST_F(FilePayloadStoreTest, ADamagedObjectIsWrittenAnew) {
  ASSERT_TRUE(store.put("abc"));
  std::ofstream(abc, std::ios::trunc) << "a";
  ASSERT_TRUE(store.put("abc"));
  EXPECT_EQ(store.get(kAbc).value(), "abc");
}

TEST_F(FilePayloadStoreTest, ASweepRemovesTheOldAndKeepsTheYoung) {
  ASSERT_TRUE(store.put("abc"));
  const auto young = store.put("young").value();
  age(abc, 48h);
  EXPECT_EQ(store.sweep(24h).value(), 1U);
  EXPECT_FALSE(store.get(kAbc));
  EXPECT_TRUE(store.get(young));
}

TEST_F(FilePayloadStoreTest, PuttingAgainMakesAnObjectYoung) {
  ASSERT_TRUE(store.put("abc"));
  age(abc, 48h);
  ASSERT_TRUE(store.put("abc"));
  EXPECT_EQ(store.sweep(24h).value(), 0U);
}

TEST_F(FilePayloadStoreTest, ABrokenWriteIsNoObjectAndIsSwept) {
  ASSERT_TRUE(store.put("abc"));
  const auto partial = abc.parent_path() / ".partial-0011223344556677";
  std::ofstream(partial) << "ab";
  age(partial, 48h);
  EXPECT_EQ(store.sweep(24h).value(), 1U);
  EXPECT_FALSE(fs::exists(partial));
  EXPECT_TRUE(store.get(kAbc));
}

}  // namespace
}  // namespace gantry::temporal
