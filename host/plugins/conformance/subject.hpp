#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "host/plugins/conformance/sample_config.hpp"
#include "host/plugins/conformance/scenario.hpp"
#include "host/plugins/manifest.hpp"

namespace gantry::plugins::conformance {

/// A file for the batch capability.
struct Sample {
  std::string name;
  std::string content;
};

/// What is checked: the file, and what the tests feed it. Read once by the parent; test processes
/// inherit it.
struct Subject {
  std::string file;   ///< Canonical path.
  std::string bytes;  ///< Of the file.
  Manifest manifest;
  std::vector<std::string> libraries;  ///< "libraries" of the manifest: what it admits to need.
  std::vector<SampleConfig> configs;   ///< Best first; a plugin may refuse some of them.
  Scenario scenario;
  std::vector<Sample> samples;
  std::uint64_t seed = 1;

  /// Repeats for one seed, and differs between tests that name different salts.
  std::mt19937_64 random(std::uint64_t salt) const {
    return std::mt19937_64(seed * 1'000'003 + salt);
  }
};

}  // namespace gantry::plugins::conformance
