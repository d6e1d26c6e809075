#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/base/json.hpp"
#include "host/direct/board.hpp"
#include "host/ingress/inbox.hpp"
#include "host/stores/dead_letters.hpp"
#include "host/stores/document_store.hpp"
#include "host/temporal/client/client.hpp"

namespace gantry::app {

/// What `GET /status/{id}` joins. `client` gives null while Temporal is away: then the answer has
/// what inbox and stores know.
struct StatusPorts {
  const ingress::Inbox& inbox;
  const stores::DocumentStore& documents;
  const stores::DeadLetters& dead_letters;
  std::function<temporal::Client*()> client;
  std::function<std::vector<std::string>()> source_ids;
  std::vector<std::string> stores = {};  ///< Names of the store ports: "documents/postgres".
  std::vector<const stores::Store*> holders = {};  ///< Those that hold documents.
  const direct::Board* direct = nullptr;           ///< What the direct path has in hand.
  const Clock& clock = system_clock();
};

/// The whole way of a delivery ("source/delivery", or a bare delivery id that one source knows) or
/// of a document, in the shape of the admin API (host/cli/README.md). kNotFound where nobody knows
/// the id. [any-thread] [blocking]
Result<Json> status_of(const StatusPorts& ports, std::string_view id);

/// The way of a document alone: what brought it, its delivery, its workflow with the stages, and
/// what each store holds of it. kNotFound where no store and no workflow knows it. [any-thread]
/// [blocking]
Result<Json> trail_of(const StatusPorts& ports, const std::string& id);

}  // namespace gantry::app
