#pragma once

#include "host/temporal/workflow/registry.hpp"

namespace gantry::workflows {

/// Registers every workflow of this host under its contract: durable orchestration and nothing
/// else, no I/O, no clock, no configuration. [main]
void register_all(temporal::workflow::Registry& registry);

}  // namespace gantry::workflows
