#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "host/base/error.hpp"
#include "host/config/config.hpp"

namespace gantry::models {

/// A chosen model, and what is wrong with it.
struct ModelState {
  std::string name;    ///< "entities model" or "embedding model".
  std::string detail;  ///< What was chosen, and where it is.
  bool remote = false;
  std::optional<Error> error;
  std::string remedy;  ///< What to do; empty without an error.
};

/// Both models of 30-models.toml. With `ask`, one that is remote is sent a sentence of ours, which
/// proves its URL, key, model and dimension, and costs some tokens. [blocking]
std::vector<ModelState> probe(const config::Config& config, bool ask,
                              std::chrono::milliseconds patience);

}  // namespace gantry::models
