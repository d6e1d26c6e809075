#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/json.hpp"
#include "host/cli/cli.hpp"
#include "host/cli/terminal.hpp"

namespace gantry::cli {

/// What a command declares of its own arguments; parse.cpp turns it into CLI11's. Every target
/// keeps its value where the user gives none, and help shows that value as the default. An option
/// that every command takes may be declared with another meaning: then the command's own counts.
class Arguments {
 public:
  virtual ~Arguments() = default;
  /// names: "--wait" or "-w,--wait".
  virtual void flag(const char* names, bool& target, const char* help) = 0;
  virtual void option(const char* names, std::string& target, const char* value,
                      const char* help) = 0;
  virtual void option(const char* names, int& target, int min, int max, const char* help) = 0;
  virtual void positional(const char* name, std::string& target, const char* help,
                          bool required) = 0;
  /// One or more, or also none.
  virtual void positionals(const char* name, std::vector<std::string>& target, const char* help,
                           bool required) = 0;
};

/// Options that every command takes, as help shows them.
struct CommonOption {
  const char* name;
  const char* value;     ///< Empty for a flag.
  const char* fallback;  ///< Where it is not given.
  const char* help;
};
inline constexpr CommonOption kConfigOption{"--config", "DIR", "./conf.d, /etc/gantry/conf.d",
                                            "Folder of the .toml files."};
inline constexpr CommonOption kSetOption{"--set", "KEY=VALUE", "",
                                         "Change one setting; may be repeated."};
inline constexpr CommonOption kAdminOption{"--admin", "HOST:PORT", "admin.listen",
                                           "Admin address of the running host."};
inline constexpr CommonOption kJsonOption{"--json", "", "", "Print JSON."};
inline constexpr CommonOption kCommonOptions[] = {kConfigOption, kSetOption, kAdminOption,
                                                  kJsonOption};

/// Their values.
struct CommonOptions {
  std::string config_directory;
  std::vector<std::string> settings;  ///< "key=value" of --set.
  std::string admin;                  ///< host:port or URL; empty: from configuration.
  bool json = false;
};

/// What a command works with. [main]
class Context {
 public:
  Context(const Hooks& hooks, Terminal& terminal, config::Environment environment,
          CommonOptions options)
      : hooks(hooks),
        terminal(terminal),
        options(std::move(options)),
        environment_(std::move(environment)) {}

  /// What configuration is made of: directory, environment, --set.
  config::Inputs inputs() const;
  /// The configuration; empty after its problems were printed. Warnings are printed, too.
  std::optional<config::Config> load() const { return load(inputs()); }
  std::optional<config::Config> load(const config::Inputs& inputs) const;
  /// Prints one JSON value with two spaces of indentation and returns `code`.
  int print(const Json& value, int code = 0) const;
  /// The lines of an error; returns 1.
  int fail(const Error& error) const { return terminal.fail(error.message()); }
  /// "http://host:port" of the running host's admin address.
  std::optional<std::string> admin_url() const;

  std::ostream& out() const { return terminal.out(); }
  std::ostream& err() const { return terminal.err(); }

  const Hooks& hooks;
  Terminal& terminal;
  const CommonOptions options;

 private:
  config::Environment environment_;
};

/// One subcommand. One object serves one parse and one run.
class Command {
 public:
  virtual ~Command() = default;
  virtual void declare(Arguments&) {}
  /// The exit code.
  virtual int run(Context& context) = 0;
};

/// A row of the command table.
struct CommandEntry {
  const char* name;     ///< "search", or "plugin inspect" inside the group `plugin`.
  const char* summary;  ///< One sentence.
  const char* example;  ///< Lines as typed, with what they do.
  std::unique_ptr<Command> (*make)();
};

/// All commands in the order of help.
const std::vector<CommandEntry>& command_table();
/// What the commands that begin with this word are about; empty for no such word.
const char* about_group(std::string_view name);

std::unique_ptr<Command> make_run();
std::unique_ptr<Command> make_check();
std::unique_ptr<Command> make_doctor();
std::unique_ptr<Command> make_demo();
std::unique_ptr<Command> make_hello();
std::unique_ptr<Command> make_sources();
std::unique_ptr<Command> make_send();
std::unique_ptr<Command> make_ingest();
std::unique_ptr<Command> make_status();
std::unique_ptr<Command> make_search();
std::unique_ptr<Command> make_dlq_list();
std::unique_ptr<Command> make_dlq_show();
std::unique_ptr<Command> make_dlq_retry();
std::unique_ptr<Command> make_dlq_resolve();
std::unique_ptr<Command> make_dlq_stats();
std::unique_ptr<Command> make_reconcile();
std::unique_ptr<Command> make_workflows();
std::unique_ptr<Command> make_reembed();
std::unique_ptr<Command> make_rollout_show();
std::unique_ptr<Command> make_rollout_set();
std::unique_ptr<Command> make_rollout_watch();
std::unique_ptr<Command> make_rollout_compare();
std::unique_ptr<Command> make_plugin_inspect();
std::unique_ptr<Command> make_plugin_check();
std::unique_ptr<Command> make_version();

/// `main` with everything from outside; what the tests call. [main]
int run(const std::vector<std::string>& arguments, const Hooks& hooks, Terminal& terminal,
        const config::Environment& environment);

}  // namespace gantry::cli
