#include "host/cli/terminal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Terminal, SignsAreAsciiUnlessTheLocaleIsUtf8) {
  std::ostringstream out, err;
  EXPECT_EQ(Terminal(out, err, {}).pass_sign(), "ok  ");
  EXPECT_EQ(Terminal(out, err, {}).fail_sign(), "FAIL");
  EXPECT_EQ(Terminal(out, err, {.utf8 = true}).fail_sign(), "✗");
  EXPECT_EQ(Terminal(out, err, {.colour = true}).fail_sign(), "\x1b[31mFAIL\x1b[0m");
}

TEST(Terminal, StandardStreamsOfATestAreNoTerminal) {
  // ctest's pipes: no colour and no progress whatever the environment says.
  const Terminal terminal = Terminal::standard({{"LANG", "C.UTF-8"}});
  EXPECT_TRUE(terminal.abilities().utf8);
  EXPECT_FALSE(Terminal::standard({{"LANG", "C.UTF-8"}, {"NO_COLOR", "1"}}).abilities().utf8);
  EXPECT_FALSE(Terminal::standard({{"LANG", "C.UTF-8"}, {"LC_ALL", "C"}}).abilities().utf8);
  EXPECT_FALSE(Terminal::standard({}).abilities().utf8);
}

TEST(Progress, WritesNothingWhereStandardErrorIsNoTerminal) {
  std::ostringstream out, err;
  Terminal terminal(out, err, {});
  {
    Progress progress(terminal, "x", 10);
    progress.advance(10);
  }
  EXPECT_EQ(err.str(), "");
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, DrawsOnStandardErrorAndLeavesACleanLine) {
  std::ostringstream out, err;
  Terminal terminal(out, err, {.progress = true});
  {
    const Progress progress(terminal, "sending", 4);
  }
  EXPECT_THAT(err.str(), HasSubstr("sending ........................ 0 %  0/4"));
  EXPECT_TRUE(err.str().ends_with("\r\x1b[K"));
  EXPECT_EQ(out.str(), "");
}

TEST(Table, ColumnsAlignByCodePointsAndEndWithoutBlanks) {
  std::ostringstream out;
  print_table(out, {{"é", "1", ""}, {"abc", "22"}, {"a\nb", "3", "x"}});
  EXPECT_EQ(out.str(),
            "é       1\n"
            "abc     22\n"
            "a\\x0ab  3   x\n");
}

}  // namespace
}  // namespace gantry::cli
