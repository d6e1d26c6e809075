#include "host/plugins/rotated_secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/plugins/secret_table.hpp"
#include "tests/unit/plugins/fixture.hpp"

namespace gantry::plugins {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat info{};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777U;
}

/// Every file below a folder.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

class Rotation : public ::testing::Test {
 protected:
  /// What a host that starts now gives for the field, configured as said.
  std::vector<std::string> after_restart(const std::string& configured) {
    RotatedSecrets rotated(folder_);
    SecretTable table(&rotated);
    table.set("qb", "/refresh_token", {configured});
    std::vector<std::string> values;
    for (std::size_t i = 0; i < table.count("qb", "/refresh_token"); ++i) {
      values.push_back(table.get("qb", "/refresh_token", i).value());
    }
    return values;
  }

  void put(const std::string& configured, const std::string& value) {
    RotatedSecrets rotated(folder_);
    SecretTable table(&rotated);
    table.set("qb", "/refresh_token", {configured});
    ASSERT_TRUE(table.put("qb", "/refresh_token", value));
  }

  test::TempDir dir_;
  const std::filesystem::path folder_ = dir_.path() / "state" / "secrets";
};

TEST_F(Rotation, ARotatedValueWinsOverTheConfiguredOneAndSurvivesARestart) {
  put("R0", "R1");
  EXPECT_THAT(after_restart("R0"), ElementsAre("R1", "R0"));
  put("R0", "R2");
  EXPECT_THAT(after_restart("R0"), ElementsAre("R2", "R1"));
}

TEST_F(Rotation, AValueThatTheOperatorConfiguredSinceWinsAgain) {
  put("R0", "R1");
  EXPECT_THAT(after_restart("fresh"), ElementsAre("fresh"));
  put("fresh", "F1");
  EXPECT_THAT(after_restart("fresh"), ElementsAre("F1", "fresh"));
}

TEST_F(Rotation, DroppingTheOldValueOfAConfiguredListIsNoNewConfiguration) {
  put("new", "rotated");
  RotatedSecrets rotated(folder_);
  SecretTable table(&rotated);
  table.set("qb", "/refresh_token", {"new", "old"});
  EXPECT_EQ(table.get("qb", "/refresh_token", 0).value(), "rotated");
}

TEST_F(Rotation, WhatIsPutCountsAtOnceAndInEveryOtherProcessOfTheHost) {
  RotatedSecrets ours(folder_);
  SecretTable host(&ours);
  host.set("qb", "/refresh_token", {"R0"});
  EXPECT_EQ(host.get("qb", "/refresh_token", 0).value(), "R0");
  put("R0", "R1");  // another process, such as gantry check
  EXPECT_EQ(host.get("qb", "/refresh_token", 0).value(), "R1");
  ASSERT_TRUE(host.put("qb", "/refresh_token", "R2"));
  EXPECT_EQ(host.get("qb", "/refresh_token", 0).value(), "R2");
  EXPECT_EQ(host.get("qb", "/refresh_token", 1).value(), "R1");
}

TEST_F(Rotation, SourcesAndFieldsAreApart) {
  put("R0", "R1");
  RotatedSecrets rotated(folder_);
  EXPECT_THAT(rotated.values("qb", "/other", "R0").value(), IsEmpty());
  EXPECT_THAT(rotated.values("qb2", "/refresh_token", "R0").value(), IsEmpty());
}

TEST_F(Rotation, AnyBytesAreKept) {
  const std::string bytes("\0\xff\n\"", 4);
  put("R0", bytes);
  EXPECT_THAT(after_restart("R0"), ElementsAre(bytes, "R0"));
}

TEST_F(Rotation, FilesAreOursAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  put("R0", "R1");
  ::umask(before);
  EXPECT_EQ(mode_of(folder_), 0700U);
  EXPECT_EQ(mode_of(folder_ / "qb"), 0700U);
  EXPECT_EQ(mode_of(folder_ / "qb" / "%2frefresh_token.json"), 0600U);
  EXPECT_THAT(files_below(folder_), ElementsAre(folder_ / "qb" / "%2frefresh_token.json"));
}

TEST_F(Rotation, AFieldNameCannotLeaveTheFolderOfItsSource) {
  RotatedSecrets rotated(folder_);
  ASSERT_TRUE(rotated.put("qb", "/../../escape", "R0", {"R1"}));
  for (const auto& file : files_below(dir_.path())) {
    EXPECT_EQ(file.parent_path(), folder_ / "qb") << file;
  }
}

TEST_F(Rotation, AFileThatOthersMayReadOrThatIsDamagedIsNamedAndItsContentIsNot) {
  put("R0", "topsecret");
  const auto file = folder_ / "qb" / "%2frefresh_token.json";
  RotatedSecrets rotated(folder_);
  ::chmod(file.c_str(), 0644);
  const auto open = rotated.values("qb", "/refresh_token", "R0");
  ASSERT_FALSE(open);
  EXPECT_THAT(open.error().message(), HasSubstr(file.string()));
  const std::string text = "{\"replaced_sha256\":\"topsecret";
  std::ofstream(file, std::ios::trunc) << text;
  ::chmod(file.c_str(), 0600);
  const auto damaged = rotated.values("qb", "/refresh_token", "R0");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(damaged.error().message(), HasSubstr("is damaged"));
  EXPECT_THAT(damaged.error().message(), Not(HasSubstr("topsecret")));

  SecretTable table(&rotated);
  table.set("qb", "/refresh_token", {"R0"});
  EXPECT_FALSE(table.get("qb", "/refresh_token", 0)) << "an ended token must not be used instead";
  ASSERT_TRUE(table.put("qb", "/refresh_token", "R2"));
  EXPECT_EQ(table.get("qb", "/refresh_token", 0).value(), "R2");
}

TEST_F(Rotation, WhereNothingCanBeWrittenThePutFailsAndTheOldValueCounts) {
  test::TempDir dir;
  const auto file = dir.write("blocked", "");
  RotatedSecrets rotated(file / "secrets");
  SecretTable table(&rotated);
  table.set("qb", "/refresh_token", {"R0"});
  const auto put = table.put("qb", "/refresh_token", "R1-secret");
  ASSERT_FALSE(put);
  EXPECT_THAT(put.error().message(), Not(HasSubstr("R1-secret")));
  EXPECT_EQ(table.get("qb", "/refresh_token", 0).value(), "R0");
}

/// Puts `value` in a child that is killed at `step`.
void put_and_die(const std::filesystem::path& folder, RotationStep step) {
  const pid_t child = ::fork();
  if (child == 0) {
    RotatedSecrets rotated(folder, [step](RotationStep at) {
      if (at == step) ::kill(::getpid(), SIGKILL);
    });
    (void)rotated.put("qb", "/refresh_token", "R0", {"R2", "R1"});
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST_F(Rotation, KilledBeforeTheRenameTheOldValueIsThereAndTheNextPutWorks) {
  for (const auto step :
       {RotationStep::kBeforeWrite, RotationStep::kAfterWrite, RotationStep::kAfterSync}) {
    put("R0", "R1");
    put_and_die(folder_, step);
    EXPECT_EQ(after_restart("R0").at(0), "R1");
    put("R0", "R3");
    EXPECT_EQ(after_restart("R0").at(0), "R3");
  }
}

TEST_F(Rotation, KilledAfterTheRenameTheNewValueIsThere) {
  for (const auto step : {RotationStep::kAfterRename, RotationStep::kAfterDirectorySync}) {
    put("R0", "R1");
    put_and_die(folder_, step);
    EXPECT_THAT(after_restart("R0"), ElementsAre("R2", "R1"));
  }
}

}  // namespace
}  // namespace gantry::plugins
