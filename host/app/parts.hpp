#pragma once

#include <vector>

#include "host/cli/cli.hpp"
#include "host/config/config.hpp"

/// The parts that a host works with, looked at from outside. Nothing of an operator's is made or
/// changed. [blocking]
namespace gantry::app {

/// For `gantry doctor`: engine, stores, clock, PDF reader and models, each asked.
std::vector<cli::DoctorRow> look_at_parts(const config::Config& config);

/// For `gantry check`: stores that cannot be opened as configured, which calls nobody, and models
/// of an endpoint, asked only if `ask`.
std::vector<cli::DoctorRow> check_parts(const config::Config& config, bool ask);

}  // namespace gantry::app
