#pragma once

#include <chrono>
#include <optional>

#include "host/cli/cli.hpp"
#include "host/config/config.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::app {

/// A vector index holds vectors of one model: those of another are never found. Where one was made
/// by another model than `model`, kConflict names the store, both models and the two ways out;
/// other kinds where the index cannot be asked. [blocking]
Result<void> refuse_other_models(const stores::VectorIndex& index, std::string_view model,
                                 const stores::CallOptions& limits);

/// The line of `gantry doctor`; none where the model or the stores cannot be opened, which other
/// lines tell. Looking makes no file and no table. [blocking]
std::optional<cli::DoctorRow> vector_model_row(const config::Config& config,
                                               std::chrono::milliseconds patience);

/// `gantry reembed`: makes the vectors of other models anew, in the stores that `config` names, as
/// the one that holds its state_dir. [blocking]
Result<cli::ReembedReport> reembed(const config::Config& config,
                                   const cli::ReembedOptions& options);

}  // namespace gantry::app
