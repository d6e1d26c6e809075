#pragma once

#include "host/stores/saga/journal.hpp"
#include "host/stores/saga/saga.hpp"

namespace gantry::stores::saga {

/// Makes an unended saga whole by looking: each document that all stores hold becomes final, each
/// other one is taken back everywhere, which also bars a write that is late. Then the saga has
/// ended. Call with the documents' locks held, or held later than the saga's own. An error
/// names the store that is away; then repeat. [any-thread] [blocking]
Result<void> recover(const SagaPorts& ports, const SagaPolicy& policy, Journal& journal,
                     const SagaEntry& entry, Resumed& out);

}  // namespace gantry::stores::saga
