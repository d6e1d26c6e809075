#include "host/cli/manual.hpp"

#include <algorithm>
#include <sstream>

#include "host/cli/command.hpp"

namespace gantry::cli {
namespace {

class Collector : public Arguments {
 public:
  explicit Collector(Manual::Command& command) : command_(command) {}

  void flag(const char* names, bool&, const char* help) override { add(names, "", "", help); }
  void option(const char* names, std::string& target, const char* value,
              const char* help) override {
    add(names, value, target, help);
  }
  void option(const char* names, int& target, int, int, const char* help) override {
    add(names, "N", std::to_string(target), help);
  }
  void positional(const char* name, std::string&, const char* help, bool required) override {
    command_.positionals.push_back({name, help, required, false});
  }
  void positionals(const char* name, std::vector<std::string>&, const char* help,
                   bool required) override {
    command_.positionals.push_back({name, help, required, true});
  }

 private:
  void add(const std::string& names, std::string value, std::string fallback, std::string help) {
    Manual::Option option{{}, std::move(value), std::move(fallback), std::move(help)};
    std::istringstream in(names);
    for (std::string name; std::getline(in, name, ',');) option.names.push_back(name);
    command_.options.push_back(std::move(option));
  }

  Manual::Command& command_;
};

bool has(const Manual::Command& command, const std::string& name) {
  return std::ranges::any_of(command.options, [&](const Manual::Option& option) {
    return std::ranges::find(option.names, name) != option.names.end();
  });
}

}  // namespace

bool Manual::Command::takes_files() const {
  return std::ranges::any_of(positionals, [](const Positional& one) { return one.name == "FILE"; });
}

std::vector<std::pair<std::string, std::string>> Manual::first_words() const {
  std::vector<std::pair<std::string, std::string>> words;
  for (const Command& command : commands) {
    const std::string first = command.name.substr(0, command.name.find(' '));
    if (!words.empty() && words.back().first == first) continue;
    const auto group =
        std::ranges::find(groups, first, &std::pair<std::string, std::string>::first);
    words.emplace_back(first, group == groups.end() ? command.summary : group->second);
  }
  return words;
}

std::vector<std::pair<std::string, std::string>> Manual::second_words(
    std::string_view group) const {
  std::vector<std::pair<std::string, std::string>> words;
  for (const Command& command : commands) {
    if (command.name.starts_with(std::string(group) + ' ')) {
      words.emplace_back(command.name.substr(group.size() + 1), command.summary);
    }
  }
  return words;
}

Manual read_manual(std::string version) {
  Manual manual;
  manual.version = std::move(version);
  for (const CommandEntry& entry : command_table()) {
    Manual::Command command{entry.name, entry.summary, entry.example, {}, {}, 0};
    Collector collector(command);
    entry.make()->declare(collector);
    command.own = command.options.size();
    for (const CommonOption& option : kCommonOptions) {
      if (!has(command, option.name)) {
        command.options.push_back({{option.name}, option.value, option.fallback, option.help});
      }
    }
    if (const auto space = command.name.find(' '); space != std::string::npos) {
      const std::string group = command.name.substr(0, space);
      if (manual.groups.empty() || manual.groups.back().first != group) {
        manual.groups.emplace_back(group, about_group(group));
      }
    }
    manual.commands.push_back(std::move(command));
  }
  return manual;
}

std::optional<std::string> reference(std::string_view kind, const Manual& manual) {
  if (kind == "man") return man_page(manual);
  if (kind == "bash") return bash_completion(manual);
  if (kind == "zsh") return zsh_completion(manual);
  if (kind == "fish") return fish_completion(manual);
  return std::nullopt;
}

}  // namespace gantry::cli
