#pragma once

#include <chrono>
#include <string>

#include "host/base/json.hpp"
#include "host/cli/admin_client.hpp"
#include "host/cli/terminal.hpp"

namespace gantry::cli {

/// GET /status/{id}. [blocking]
Result<Json> read_status(const AdminClient& admin, const std::string& id);

/// Asks again until the status says "done" or the time is up (then kTimeout, naming the id and
/// where it stands). An id that is not known yet counts as not done. [blocking]
Result<Json> wait_status(const AdminClient& admin, const std::string& id,
                         std::chrono::milliseconds timeout);

/// True where it ended well: done, and not failed or a dead letter.
bool ended_well(const Json& status);

/// The whole way as lines: each step with its time since the first.
void print_status(Terminal& terminal, const Json& status);

}  // namespace gantry::cli
