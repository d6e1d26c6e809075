#include <algorithm>
#include <sstream>

#include "host/cli/manual.hpp"

namespace gantry::cli {
namespace {

using Words = std::vector<std::pair<std::string, std::string>>;

enum class Value { kNone, kFile, kFolder, kText };

Value value_of(const Manual::Option& option) {
  if (option.value.empty()) return Value::kNone;
  if (option.value == "FILE") return Value::kFile;
  return option.value == "DIR" ? Value::kFolder : Value::kText;
}

std::string joined(const Words& words) {
  std::string line;
  for (const auto& [word, summary] : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

/// Every name of the options with such a value.
std::string names_of(const Manual::Command& command, std::initializer_list<Value> values) {
  std::string line;
  for (const Manual::Option& option : command.options) {
    if (std::ranges::find(values, value_of(option)) == values.end()) continue;
    for (const std::string& name : option.names) line += (line.empty() ? "" : " ") + name;
  }
  return line;
}

/// In single quotes of a POSIX shell or zsh.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) c == '\'' ? out += "'\\''" : out += c;
  return out + '\'';
}

/// In single quotes of fish, which has escapes there.
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + '\'';
}

/// What _describe and _arguments of zsh read: colons and brackets are theirs.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_list(const Words& words) {
  std::string out;
  for (const auto& [word, summary] : words) {
    out += ' ' + quoted(zsh_text(word) + ':' + zsh_text(summary));
  }
  return out;
}

void zsh_arguments(std::ostream& out, const Manual::Command& command, const char* indent) {
  out << indent << "_arguments -s -S";
  for (const Manual::Option& option : command.options) {
    for (const std::string& name : option.names) {
      const Value value = value_of(option);
      std::string spec = name;
      if (value != Value::kNone) spec += name.starts_with("--") ? "=" : "+";
      spec += '[' + zsh_text(option.help) + ']';
      if (value != Value::kNone) spec += ':' + zsh_text(option.value) + ':';
      if (value == Value::kFile) spec += "_files";
      if (value == Value::kFolder) spec += "_files -/";
      out << " \\\n" << indent << "  " << quoted(spec);
    }
  }
  out << " \\\n" << indent << "  '--help[Print the usage with examples.]'";
  for (const Manual::Positional& one : command.positionals) {
    const std::string action = one.name == "FILE" ? "_files" : "";
    out << " \\\n"
        << indent << "  "
        << quoted((one.many ? "*:" : (one.required ? ":" : "::")) + zsh_text(one.name) + ':' +
                  action);
  }
  out << " ;;\n";
}

}  // namespace

std::string bash_completion(const Manual& manual) {
  std::ostringstream out;
  out << "# Completions of gantry(1) for bash.\n"
         "_gantry() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local words= flags= texts= files= takes_files=\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    words="
      << quoted(joined(manual.first_words()) + " --help --version")
      << "\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "    return\n"
         "  fi\n"
         "  local path=${COMP_WORDS[1]}\n"
         "  case $path in\n";
  for (const auto& [group, about] : manual.groups) {
    out << "    " << group << ")\n"
        << "      if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
        << "        mapfile -t COMPREPLY < <(compgen -W "
        << quoted(joined(manual.second_words(group)) + " --help")
        << " -- \"$cur\")\n"
           "        return\n"
           "      fi\n"
           "      path=\"$path ${COMP_WORDS[2]}\" ;;\n";
  }
  out << "  esac\n  case $path in\n";
  for (const Manual::Command& command : manual.commands) {
    out << "    " << quoted(command.name)
        << ")\n      flags=" << quoted(names_of(command, {Value::kNone}) + " --help")
        << "\n      texts=" << quoted(names_of(command, {Value::kText}))
        << "\n      files=" << quoted(names_of(command, {Value::kFile, Value::kFolder}));
    if (command.takes_files()) out << "\n      takes_files=yes";
    out << " ;;\n";
  }
  out << "  esac\n"
         "  case \" $texts \" in *\" $prev \"*) return ;; esac\n"
         "  case \" $files \" in *\" $prev \"*) takes_files=yes ;; esac\n"
         "  if [[ $cur == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$flags $texts $files\" -- \"$cur\")\n"
         "  elif [ -n \"$takes_files\" ]; then\n"
         "    compopt -o filenames 2>/dev/null\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
         "  fi\n"
         "}\n"
         "complete -F _gantry gantry\n";
  return out.str();
}

std::string zsh_completion(const Manual& manual) {
  std::ostringstream out;
  out << "#compdef gantry\n"
         "# Completions of gantry(1) for zsh.\n"
         "_gantry() {\n"
         "  local -a list\n"
         "  if (( CURRENT == 2 )); then\n"
         "    list=("
      << zsh_list(manual.first_words()).substr(1)
      << ")\n"
         "    _describe -t commands 'gantry command' list\n"
         "    return\n"
         "  fi\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $words[1] in\n";
  for (const Manual::Command& command : manual.commands) {
    if (command.name.find(' ') != std::string::npos) continue;
    out << "    " << command.name << ")\n";
    zsh_arguments(out, command, "      ");
  }
  for (const auto& [group, about] : manual.groups) {
    out << "    " << group
        << ")\n"
           "      if (( CURRENT == 2 )); then\n"
           "        list=("
        << zsh_list(manual.second_words(group)).substr(1)
        << ")\n"
           "        _describe -t commands "
        << quoted("gantry " + group + " command")
        << " list\n"
           "        return\n"
           "      fi\n"
           "      shift words\n"
           "      (( CURRENT-- ))\n"
           "      case $words[1] in\n";
    for (const Manual::Command& command : manual.commands) {
      if (!command.name.starts_with(group + ' ')) continue;
      out << "        " << command.name.substr(group.size() + 1) << ")\n";
      zsh_arguments(out, command, "          ");
    }
    out << "      esac ;;\n";
  }
  out << "  esac\n}\n_gantry \"$@\"\n";
  return out.str();
}

std::string fish_completion(const Manual& manual) {
  std::ostringstream out;
  out << "# Completions of gantry(1) for fish.\n"
         "function __gantry_at --description 'The words so far are gantry and exactly these'\n"
         "    set -l words (commandline -opc)\n"
         "    test \"$words[2..-1]\" = \"$argv\"\n"
         "end\n"
         "function __gantry_in --description 'The words so far begin with gantry and these'\n"
         "    set -l words (commandline -opc) '' ''\n"
         "    test \"$words[2..\"(math (count $argv) + 1)\"]\" = \"$argv\"\n"
         "end\n"
         "complete -c gantry -f\n"
         "complete -c gantry -n '__gantry_at' -l version -d 'Print the version.'\n"
         "complete -c gantry -l help -d 'Print the usage with examples.'\n";
  for (const auto& [word, summary] : manual.first_words()) {
    out << "complete -c gantry -n '__gantry_at' -a " << word << " -d " << fish_quoted(summary)
        << '\n';
  }
  for (const auto& [group, about] : manual.groups) {
    for (const auto& [word, summary] : manual.second_words(group)) {
      out << "complete -c gantry -n '__gantry_at " << group << "' -a " << word << " -d "
          << fish_quoted(summary) << '\n';
    }
  }
  for (const Manual::Command& command : manual.commands) {
    const std::string in = "complete -c gantry -n '__gantry_in " + command.name + '\'';
    for (const Manual::Option& option : command.options) {
      out << in;
      for (const std::string& name : option.names) {
        out << (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
      }
      switch (value_of(option)) {
        case Value::kNone:
          break;
        case Value::kText:
          out << " -x";
          break;
        case Value::kFile:
          out << " -r -F";
          break;
        case Value::kFolder:
          out << " -x -a '(__fish_complete_directories)'";
          break;
      }
      out << " -d " << fish_quoted(option.help) << '\n';
    }
    if (command.takes_files()) out << in << " -F\n";
  }
  return out.str();
}

}  // namespace gantry::cli
