#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/base/json.hpp"
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
  const Clock& clock = system_clock();
};

/// The whole way of a delivery ("source/delivery", or a bare delivery id that one source knows) or
/// of a document, in the shape of the admin API (host/cli/README.md). kNotFound where nobody knows
/// the id. [any-thread] [blocking]
Result<Json> status_of(const StatusPorts& ports, std::string_view id);

}  // namespace gantry::app
