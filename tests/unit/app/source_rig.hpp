#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/app/sources.hpp"
#include "tests/unit/config/conf_dir.hpp"

namespace gantry::app {

/// A conf.d whose sources use the fixture plugin (tests/fixtures/plugins/webhook.c).
class SourceRig {
 public:
  SourceRig() : log_(options(lines_)) {
    std::filesystem::create_directory(dir_.path("state"));
    install("good");
  }

  /// Copies a build of the fixture under the name that the sources load.
  void install(const std::string& fixture) {
    const std::string target = library();
    std::filesystem::remove(target);
    std::filesystem::copy_file(std::string(GANTRY_FIXTURES) + '/' + fixture + ".so", target);
    std::filesystem::permissions(target, std::filesystem::perms{0644});
  }

  /// Writes 50-<id>.toml.
  std::string source(const std::string& id, const std::string& table = "",
                     const std::string& settings = "") {
    return dir_.conf("50-" + id + ".toml", "[source]\nplugin = \"fixture\"\nlibrary = \"" +
                                               library() + "\"\n" + table + "[settings]\n" +
                                               settings);
  }
  void remove(const std::string& id) {
    std::filesystem::remove(dir_.path("conf.d/50-" + id + ".toml"));
  }

  config::Config config(const config::Environment& environment = {}) {
    config::Inputs inputs = dir_.inputs();
    inputs.environment = environment;
    inputs.flags.push_back({"--set", "state_dir", dir_.path("state")});
    inputs.flags.push_back({"--set", "plugin_dir", dir_.path("")});
    return config::load(inputs).value();
  }

  std::unique_ptr<Sources> load() { return Sources::load(config(), log_).value(); }
  std::unique_ptr<Sources> load(const config::Config& config) {
    return Sources::load(config, log_).value();
  }

  std::string library() const { return dir_.path("fixture.so"); }

 private:
  static observe::LogOptions options(std::vector<std::string>& lines) {
    observe::LogOptions options;
    options.sink = [&lines](std::string_view line) { lines.emplace_back(line); };
    return options;
  }

  config::ConfDir dir_;
  std::vector<std::string> lines_;
  observe::Log log_;
};

}  // namespace gantry::app
