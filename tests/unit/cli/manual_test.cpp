#include "host/cli/manual.hpp"

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

struct ManualTest : CliTest {
  const Manual manual = read_manual("1.2.3");
};

std::string roff(std::string text) {
  for (std::size_t at = 0; (at = text.find('-', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "\\-");
  }
  return text;
}

TEST_F(ManualTest, TheManPageHasEveryCommandOptionAndArgument) {
  const std::string page = man_page(manual);
  EXPECT_THAT(page, HasSubstr("\"Gantry 1.2.3\""));
  EXPECT_EQ(manual.commands.size(), command_table().size());
  for (const Manual::Command& command : manual.commands) {
    EXPECT_THAT(page, HasSubstr("\n.SS " + roff(command.name) + '\n'));
    for (const auto& option : command.options) {
      for (const auto& name : option.names) EXPECT_THAT(page, HasSubstr(roff(name)));
    }
  }
  EXPECT_THAT(page,
              HasSubstr("\\fBgantry send\\fR [\\fIOPTION\\fR]... \\fISOURCE\\fR \\fIFILE\\fR"));
  EXPECT_THAT(page, HasSubstr("[\\fIID\\fR...]"));  // dlq retry takes none, one or more
}

TEST_F(ManualTest, NoLineOfTextIsTakenForACommandOfRoff) {
  Manual hostile = manual;
  hostile.commands = {{"x", ".so /etc/passwd", "'.\\n\n.ab", {}, {}, 0}};
  const std::string page = man_page(hostile);
  EXPECT_THAT(page, Not(HasSubstr("\n.so ")));
  EXPECT_THAT(page, Not(HasSubstr("\n.ab")));
  EXPECT_THAT(page, HasSubstr("\\&.so /etc/passwd"));
  EXPECT_THAT(page, HasSubstr("\\&'.\\en\n\\&.ab"));
}

TEST_F(ManualTest, CompletionsKnowEveryCommandAndOption) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = reference(shell, manual).value();
    for (const Manual::Command& command : manual.commands) {
      EXPECT_THAT(script, HasSubstr(command.name.substr(command.name.find(' ') + 1))) << shell;
      for (const auto& option : command.options) {
        for (const auto& name : option.names) {
          EXPECT_THAT(script, HasSubstr(name.substr(name.find_first_not_of('-')))) << shell;
        }
      }
    }
  }
}

TEST_F(ManualTest, ACommandsOwnMeaningOfACommonOptionCounts) {
  for (const Manual::Command& command : manual.commands) {
    int configs = 0;
    for (const auto& option : command.options) {
      if (option.names.front() != "--config") continue;
      ++configs;
      EXPECT_EQ(option.value, command.name == "plugin check" ? "FILE" : "DIR") << command.name;
    }
    EXPECT_EQ(configs, 1) << command.name;
  }
}

TEST_F(ManualTest, GroupsAreOneWordWithTheirOwnSummary) {
  const auto words = manual.first_words();
  const auto dlq = std::ranges::find(words, "dlq", &decltype(words)::value_type::first);
  ASSERT_NE(dlq, words.end());
  EXPECT_EQ(dlq->second, about_group("dlq"));
  EXPECT_THAT(manual.second_words("dlq"),
              testing::Contains(testing::Pair("retry", testing::StartsWith("Try what"))));
}

TEST_F(ManualTest, ReferenceIsPrintedButNotListed) {
  EXPECT_THAT(gantry({"reference", "man"}).out, testing::StartsWith(".TH GANTRY 1 "));
  EXPECT_EQ(gantry({"reference", "csh"}).code, 2);
  EXPECT_EQ(gantry({"reference"}).code, 2);
  EXPECT_THAT(gantry({"--help"}).out, Not(HasSubstr("reference")));
}

}  // namespace
}  // namespace gantry::cli
