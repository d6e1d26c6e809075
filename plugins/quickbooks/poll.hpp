#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/record.hpp>
#include <string>
#include <string_view>

#include "client.hpp"
#include "cursor.hpp"
#include "rows.hpp"

namespace gantry::quickbooks {

/// Emits objects: live ones as they are; a deletion only after Intuit answered 610 for the object,
/// because change answers have named deletions that never were (QuickBooks-V3-DotNET-SDK#189).
class Emitter {
 public:
  Emitter(const Settings& settings, const Client& client, sdk::Sink& sink)
      : settings_(settings), client_(client), sink_(sink) {}

  /// A row without Id is rejected: it cannot be told from another one. False: STOP.
  bool row(const Row& row);
  /// What the object is now, deleted or not. `raw` and `at` belong to the message that named it.
  bool object(std::string_view entity, std::string_view id, std::string_view raw,
              std::string_view at);

 private:
  const Settings& settings_;
  const Client& client_;
  sdk::Sink& sink_;
};

/// One poll: what changed since the cursor, or a further part of the work in hand. The place moves
/// to the answer's own time minus five minutes, never to our clock, and never on an answer of 1,000
/// objects: what such an answer left out is asked for entity by entity, and by paged query where
/// one entity alone has that many. Past 29 days everything is read anew: changes reach back 30.
///
/// True where more is there. [blocking]
bool poll(const sdk::Host& host, const Settings& settings, const Client& client,
          std::string_view cursor, sdk::Sink& sink);

}  // namespace gantry::quickbooks
