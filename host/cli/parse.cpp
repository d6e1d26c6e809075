#include <CLI/CLI.hpp>
#include <map>

#include "host/cli/command.hpp"
#include "host/cli/manual.hpp"
#include "host/config/suggest.hpp"

namespace gantry::cli {
namespace {

std::string shown(const std::string& value, const std::string& fallback) {
  return fallback.empty() ? value : value + " [" + fallback + ']';
}

class Cli11Arguments : public Arguments {
 public:
  explicit Cli11Arguments(CLI::App& app) : app_(app) {}

  void flag(const char* names, bool& target, const char* help) override {
    app_.add_flag(names, target, help);
  }
  void option(const char* names, std::string& target, const char* value,
              const char* help) override {
    app_.add_option(names, target, help)->option_text(shown(value, target));
  }
  void option(const char* names, int& target, int min, int max, const char* help) override {
    app_.add_option(names, target, help)
        ->check(CLI::Range(min, max))
        ->option_text(shown("N", std::to_string(target)));
  }
  void positional(const char* name, std::string& target, const char* help, bool required) override {
    app_.add_option(name, target, help)->required(required)->option_text(" ");
  }
  void positionals(const char* name, std::vector<std::string>& target, const char* help,
                   bool required) override {
    app_.add_option(name, target, help)->required(required)->option_text("...");
  }

 private:
  CLI::App& app_;
};

std::string shown(const CommonOption& option) { return shown(option.value, option.fallback); }

void add_common(CLI::App& app, CommonOptions& options) {
  const char* const kGroup = "Everywhere";
  if (app.get_option_no_throw(kConfigOption.name) == nullptr) {
    app.add_option(kConfigOption.name, options.config_directory, kConfigOption.help)
        ->option_text(shown(kConfigOption))
        ->group(kGroup);
  }
  app.add_option(kSetOption.name, options.settings, kSetOption.help)
      ->option_text(shown(kSetOption))
      ->check([](const std::string& text) {
        const std::size_t equals = text.find('=');
        return equals == std::string::npos || equals == 0 ? "want KEY=VALUE, got " + text
                                                          : std::string();
      })
      ->take_all()
      ->allow_extra_args(false)
      ->group(kGroup);
  app.add_option(kAdminOption.name, options.admin, kAdminOption.help)
      ->option_text(shown(kAdminOption))
      ->group(kGroup);
  app.add_flag(kJsonOption.name, options.json, kJsonOption.help)->group(kGroup);
}

std::string indented(const char* lines) {
  std::string text = "Examples:\n  ";
  for (const char* at = lines; *at != '\0'; ++at) {
    text += *at;
    if (*at == '\n') text += "  ";
  }
  return text;
}

/// Commands of several words by their first, and what they are about.
constexpr std::pair<std::string_view, const char*> kGroups[] = {
    {"dlq", "Commands about dead letters: what was given up on."},
    {"plugin", "Commands about plugin files."},
    {"rollout", "Commands about the rollout: which path documents take."}};

/// The first word that names no command, for a suggestion.
std::string unknown_command(const std::vector<std::string>& arguments) {
  std::vector<std::string_view> names;
  for (const CommandEntry& entry : command_table()) names.push_back(entry.name);
  for (const auto& entry : kGroups) names.push_back(entry.first);
  for (const std::string& word : arguments) {
    if (word.starts_with("-")) continue;
    for (const std::string_view name : names) {
      if (name == word) return {};
    }
    return "unknown command \"" + word + '"' + config::did_you_mean(word, names);
  }
  return {};
}

}  // namespace

const char* about_group(std::string_view name) {
  for (const auto& [group, about] : kGroups) {
    if (group == name) return about;
  }
  return "";
}

int run(const std::vector<std::string>& arguments, const Hooks& hooks, Terminal& terminal,
        const config::Environment& environment) {
  if (arguments.size() == 2 && arguments[0] == "reference") {
    if (const auto text = reference(arguments[1], read_manual(hooks.versions.program))) {
      terminal.out() << *text;
      return 0;
    }
  }
  CLI::App app(
      "Gantry brings freight data from many sources into one searchable store.\n"
      "Start with `gantry demo`; then `gantry check` and `gantry run`.",
      "gantry");
  app.require_subcommand(1);
  app.set_version_flag("--version", hooks.versions.program, "Print the program's version.");
  app.footer(
      "Exit codes: 0 done, 1 failed, 2 wrong usage. Data goes to standard output, talk to\n"
      "standard error. `gantry COMMAND --help` has examples.");

  CommonOptions options;
  struct Parsed {
    CLI::App* app;
    std::unique_ptr<Command> command;
  };
  std::vector<Parsed> parsed;
  std::map<std::string, CLI::App*> groups;
  for (const CommandEntry& entry : command_table()) {
    const std::string name = entry.name;
    CLI::App* parent = &app;
    const std::size_t space = name.find(' ');
    if (space != std::string::npos) {
      CLI::App*& group = groups[name.substr(0, space)];
      if (group == nullptr) {
        group = app.add_subcommand(name.substr(0, space), about_group(name.substr(0, space)));
        group->require_subcommand(1);
        group->footer(indented(entry.example));
      }
      parent = group;
    }
    CLI::App* sub = parent->add_subcommand(
        space == std::string::npos ? name : name.substr(space + 1), entry.summary);
    sub->footer(indented(entry.example));
    parsed.push_back({sub, entry.make()});
    Cli11Arguments own(*sub);
    parsed.back().command->declare(own);
    add_common(*sub, options);
  }

  try {
    // CLI11 takes them last first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForVersion&) {
    terminal.out() << hooks.versions.program << '\n';
    return 0;
  } catch (const CLI::Success&) {
    terminal.out() << app.help();  // Of the command that was asked, with its whole name.
    return 0;
  } catch (const CLI::ParseError& error) {
    const std::string unknown = unknown_command(arguments);
    terminal.fail(unknown.empty() ? std::string(error.what()) : unknown);
    const CLI::App* asked = &app;
    std::string path = "gantry";
    while (!asked->get_subcommands().empty()) {
      asked = asked->get_subcommands().front();
      path += ' ' + asked->get_name();
    }
    terminal.err() << "See `" << path << " --help`.\n";
    return 2;
  }

  Context context(hooks, terminal, environment, options);
  for (const Parsed& one : parsed) {
    if (one.app->parsed()) return one.command->run(context);
  }
  return 2;
}

}  // namespace gantry::cli
