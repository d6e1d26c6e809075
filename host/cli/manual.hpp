#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What is made from the command table beside --help: the man page and the shells' completions.
/// Packages are built with `gantry reference man|bash|zsh|fish`, which help does not list.
namespace gantry::cli {

/// The whole command line as values.
struct Manual {
  struct Option {
    std::vector<std::string> names;  ///< "-w", "--wait"
    std::string value;               ///< "FILE"; empty for a flag.
    std::string fallback;            ///< The value where none is given; empty: none.
    std::string help;
  };
  struct Positional {
    std::string name;
    std::string help;
    bool required = false;
    bool many = false;
  };
  struct Command {
    std::string name;  ///< "dlq list"
    std::string summary;
    std::string example;
    std::vector<Option> options;  ///< Its own, then those that every command takes.
    std::vector<Positional> positionals;
    std::size_t own = 0;  ///< How many of the options.

    bool takes_files() const;
  };
  std::string version;
  std::vector<Command> commands;
  std::vector<std::pair<std::string, std::string>> groups;  ///< "dlq" and what it is about.

  /// First words with their summary, in the order of help.
  std::vector<std::pair<std::string, std::string>> first_words() const;
  /// Second words of a group.
  std::vector<std::pair<std::string, std::string>> second_words(std::string_view group) const;
};

/// Of command_table(). [any-thread]
Manual read_manual(std::string version);

std::string man_page(const Manual& manual);
std::string bash_completion(const Manual& manual);
std::string zsh_completion(const Manual& manual);
std::string fish_completion(const Manual& manual);

/// "man", "bash", "zsh" or "fish"; nothing for another word.
std::optional<std::string> reference(std::string_view kind, const Manual& manual);

}  // namespace gantry::cli
