#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "host/cli/command.hpp"
#include "tests/unit/cli/fake_host.hpp"
#include "tests/unit/config/conf_dir.hpp"

namespace gantry::cli {

/// Runs command lines as a user would, with a conf.d of its own and nothing of this process's
/// environment.
class CliTest : public testing::Test {
 protected:
  struct Outcome {
    int code = -1;
    std::string out;
    std::string err;
  };

  Outcome gantry(std::vector<std::string> arguments) {
    std::ostringstream out, err;
    Terminal terminal(out, err, abilities);
    const int code = cli::run(arguments, hooks, terminal, environment);
    return {code, out.str(), err.str()};
  }
  /// With --config of this test's folder.
  Outcome gantry_here(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--config", dir.path("conf.d")});
    return gantry(std::move(arguments));
  }

  config::ConfDir dir;
  config::Environment environment;
  Terminal::Abilities abilities;
  Hooks hooks;
};

/// A source that signs with a fixed header and checks as told.
class FakeSource : public plugins::Source {
 public:
  explicit FakeSource(std::string id) : id_(std::move(id)) {}

  const std::string& id() const override { return id_; }
  const std::string& plugin_id() const override { return plugin_; }
  bool has(std::string_view) const override { return true; }
  plugins::PluginResult<plugins::Verdict> verify(const InboundRequest&) const override {
    return plugins::PluginError(ErrorKind::kUnsupported, "not here");
  }
  plugins::PluginResult<plugins::Parsed> parse(const Delivery&,
                                               const plugins::CallScope&) const override {
    return plugins::PluginError(ErrorKind::kUnsupported, "not here");
  }
  plugins::PluginResult<std::vector<std::pair<std::string, std::string>>> sign(
      const InboundRequest& request) const override {
    return std::vector<std::pair<std::string, std::string>>{
        {"X-Signature", "over " + std::to_string(request.body.size()) + " bytes"}};
  }
  plugins::PluginResult<std::vector<plugins::Finding>> check(
      const plugins::CallScope&) const override {
    ++checks;
    if (!check_error.empty()) return plugins::PluginError(ErrorKind::kDenied, check_error);
    return findings;
  }

  mutable int checks = 0;
  std::string check_error;
  std::vector<plugins::Finding> findings;

 private:
  std::string id_;
  std::string plugin_ = "fake";
};

}  // namespace gantry::cli
