#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "host/config/config.hpp"

namespace gantry::config {

/// A working directory with a conf.d, gone at the end of the test. The environment of the test
/// process plays no part.
class ConfDir {
 public:
  ConfDir() {
    char name[] = "/tmp/gantry-config-XXXXXX";
    root_ = ::mkdtemp(name);
    std::filesystem::create_directory(root_ / "conf.d");
  }
  ~ConfDir() { std::filesystem::remove_all(root_); }

  std::string write(const std::string& name, std::string_view text) {
    const auto path = root_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  std::string conf(const std::string& name, std::string_view text) {
    return write("conf.d/" + name, text);
  }
  std::string path(const std::string& name) const { return (root_ / name).string(); }

  Inputs inputs() const {
    Inputs inputs;
    inputs.working_directory = root_.string();
    inputs.directory = (root_ / "conf.d").string();
    inputs.plugin_dir = "/opt/plugins";
    return inputs;
  }

 private:
  std::filesystem::path root_;
};

}  // namespace gantry::config
