#include <nlohmann/json.hpp>

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> list;
  std::istringstream in(text);
  for (std::string word; in >> word;) list.push_back(word);
  return list;
}

struct Usage : CliTest {};

TEST_F(Usage, HelpOfEveryCommandSaysWhatItDoesAndPrintsAnExampleOfIt) {
  for (const CommandEntry& entry : command_table()) {
    auto arguments = words(entry.name);
    arguments.push_back("--help");
    const Outcome outcome = gantry(arguments);
    EXPECT_EQ(outcome.code, 0) << entry.name;
    EXPECT_THAT(outcome.out, HasSubstr(entry.summary));
    EXPECT_THAT(outcome.out, HasSubstr("Examples:\n  gantry " + std::string(entry.name)));
    EXPECT_THAT(outcome.out, HasSubstr("Usage: gantry " + std::string(entry.name) + " "));
    EXPECT_THAT(outcome.out, HasSubstr("--config"));
    EXPECT_EQ(outcome.err, "") << entry.name;
  }
}

TEST_F(Usage, HelpNamesEveryCommandAndTheExitCodes) {
  const Outcome outcome = gantry({"--help"});
  EXPECT_EQ(outcome.code, 0);
  for (const CommandEntry& entry : command_table()) {
    EXPECT_THAT(outcome.out, HasSubstr("\n  " + words(entry.name)[0])) << entry.name;
  }
  EXPECT_THAT(outcome.out, HasSubstr("0 done, 1 failed, 2 wrong usage"));
}

TEST_F(Usage, TheVersionFlagPrintsTheProgramsVersion) {
  hooks.versions.program = "0.1.0";
  EXPECT_EQ(gantry({"--version"}).out, "0.1.0\n");
}

TEST_F(Usage, TheCommandsOfTheDesignAreThere) {
  std::vector<std::string> names;
  for (const CommandEntry& entry : command_table()) names.push_back(entry.name);
  for (const char* name : {"run", "check", "doctor", "demo", "hello", "sources", "send", "ingest",
                           "status", "search", "plugin inspect", "version"}) {
    EXPECT_THAT(names, testing::Contains(name));
  }
}

TEST_F(Usage, WrongUseExits2WithTalkOnStandardErrorOnly) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"runn"},
      {"run", "extra"},
      {"run", "--nope"},
      {"search"},
      {"search", "x", "--limit", "0"},
      {"search", "x", "--limit", "many"},
      {"send", "frontapp"},
      {"send", "a", "b", "--count", "0"},
      {"status", "x", "y"},
      {"ingest"},
      {"plugin"},
      {"plugin", "inspect"},
      {"check", "--set", "novalue"},
      {"check", "--set", "=x"},
      {"check", "--config"},
      {"check", "--defaults", "nofile"},
  };
  for (const auto& arguments : wrong) {
    const Outcome outcome = gantry(arguments);
    const std::string line = testing::PrintToString(arguments);
    EXPECT_EQ(outcome.code, 2) << line;
    EXPECT_EQ(outcome.out, "") << line;
    EXPECT_THAT(outcome.err, testing::StartsWith("gantry: ")) << line;
    EXPECT_THAT(outcome.err, HasSubstr("--help")) << line;
  }
}

TEST_F(Usage, AMistypedCommandGetsASuggestion) {
  EXPECT_THAT(gantry({"serch", "x"}).err,
              HasSubstr("unknown command \"serch\"; did you mean \"search\"?"));
}

TEST_F(Usage, AWrongOptionPointsToTheHelpOfItsCommand) {
  EXPECT_THAT(gantry({"plugin", "inspect", "a", "--nope"}).err,
              HasSubstr("See `gantry plugin inspect --help`."));
}

TEST_F(Usage, ACommandWhosePartIsMissingSaysSoAndExits1) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"run"}, {"hello"}, {"demo"}, {"plugin", "inspect", "x"}}) {
    const Outcome outcome = gantry_here(arguments);
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("gantry: this build"));
  }
}

}  // namespace
}  // namespace gantry::cli
