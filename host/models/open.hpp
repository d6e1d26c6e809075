#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/config/config.hpp"
#include "host/pipeline/embedder.hpp"
#include "host/pipeline/entities.hpp"
#include "host/pipeline/openai.hpp"

namespace gantry::models {

/// Hears of every model request that ended. `use` is "entities" or "embedding". [any-thread]
using UseMeter = std::function<void(std::string_view use, std::string_view outcome,
                                    const pipeline::openai::Usage& usage)>;

/// The pipeline's models as configuration chose them. Opening one asks nobody: a model that is away
/// stops no start, its stage is tried again.
class Models {
 public:
  /// Resolves the keys. The error names the setting. `patience` is for one call of a model with all
  /// its tries. [blocking]
  static Result<std::unique_ptr<Models>> open(
      const config::Config& config, UseMeter meter,
      std::chrono::milliseconds patience = std::chrono::milliseconds(150'000));
  ~Models();

  const pipeline::EntityExtractor& extractor() const;
  const pipeline::Embedder& embedder() const;
  /// True where the stage calls over a network: it is then an activity of its own.
  bool entities_remote() const;
  bool embedding_remote() const;
  /// Calls that wait for a model end. [any-thread]
  void stop() noexcept;

 private:
  struct Parts;
  explicit Models(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// What embedding.embedder = "auto" takes here: "minilm" where it is installed, else "hashing".
/// [blocking]
std::string auto_embedder();

/// The settings of 30-models.toml that choose a model whose vectors an index holds; empty for one
/// that this version does not make. [any-thread]
std::string settings_of(std::string_view embedding_model);

}  // namespace gantry::models
