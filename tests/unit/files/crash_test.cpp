// A host that is killed between any two steps loses no file and leaves none in two places.

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>

#include "tests/unit/files/crash_work.hpp"

extern char** environ;

namespace gantry::files::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void fill(const std::filesystem::path& in) {
  std::filesystem::create_directory(in);
  const auto put = [&](const char* name, const char* content) {
    write(in / name, content);
    write(in / (std::string(name) + ".done"), "");
  };
  put("a.csv", "one");
  put("b.csv", "bad");
  put("c.csv", "one");  // A duplicate of a.csv.
  put("d.csv", "two");
  archive* out = archive_write_new();
  archive_write_set_format_zip(out);
  archive_write_open_filename(out, (in / "e.zip").c_str());
  for (const std::string content : {"three", "four", "two"}) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, (content + ".csv").c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_write_header(out, entry);
    archive_write_data(out, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
  write(in / "e.zip.done", "");
}

/// True where the child was killed, false where it came to its end.
bool run_child(const std::filesystem::path& directory, long step) {
  const char* child = std::getenv("FILES_CRASH_CHILD");
  std::string program = child, path = directory.string(), at = std::to_string(step);
  char* arguments[] = {program.data(), path.data(), at.data(), nullptr};
  pid_t pid = 0;
  EXPECT_EQ(posix_spawn(&pid, child, nullptr, nullptr, arguments, environ), 0);
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  return false;
}

/// Where every file has its one place and every acknowledgement its one content.
void expect_all_settled(const std::filesystem::path& directory, long step) {
  const auto in = directory / "in";
  std::multiset<std::string> archived;
  for (const auto& name : names_in(in / "archive")) archived.insert(name);
  for (const char* name :
       {"a.csv", "c.csv", "d.csv", "e.zip", "three.csv", "four.csv", "two.csv"}) {
    EXPECT_EQ(archived.count(name), 1u) << name << " at step " << step;
  }
  EXPECT_THAT(names_in(in / "error"), ElementsAre("b.csv", "b.csv.err")) << step;
  EXPECT_THAT(names_in(in / "processing"), IsEmpty()) << step;
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(in)) {
    if (!entry.is_directory()) left.push_back(entry.path().filename());
  }
  EXPECT_THAT(left, IsEmpty()) << step;
  EXPECT_THAT(names_in(in / "out"), ElementsAre("ack-bad.txt", "ack-four.txt", "ack-one.txt",
                                                "ack-three.txt", "ack-two.txt"))
      << step;
  for (const std::string word : {"bad", "one", "two", "three", "four"}) {
    EXPECT_EQ(slurp(in / "out" / ("ack-" + word + ".txt")), "ack of " + word) << step;
  }
}

TEST(FilesCrash, KilledBeforeAnyStepTheNextStartFinishesEverythingOnce) {
  long step = 1;
  for (;; ++step) {
    const TempDir directory;
    fill(directory.path() / "in");
    if (!run_child(directory.path(), step)) {
      expect_all_settled(directory.path(), step);
      break;
    }
    work(directory.path());
    expect_all_settled(directory.path(), step);
    if (HasFailure()) break;
  }
  EXPECT_GT(step, 60);  // As many steps as there are renames and syncs.
}

TEST(FilesCrash, KilledAgainAndAgainItStillComesToTheEnd) {
  const TempDir directory;
  fill(directory.path() / "in");
  // Every start gets a few steps further, because what is settled needs none again.
  int kills = 0;
  while (run_child(directory.path(), 12)) ASSERT_LT(++kills, 500);
  EXPECT_GT(kills, 3);
  expect_all_settled(directory.path(), 12);
}

}  // namespace
}  // namespace gantry::files::test
