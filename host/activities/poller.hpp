#pragma once

#include "host/activities/intake.hpp"
#include "host/contracts/polling.hpp"

namespace gantry::activities {

/// `fetch_new_records`: one poll of a source, its records durable in staging before the answer.
///
/// Where the connector fails after a checkpoint the groups before it are kept: the page says what
/// interrupted it. Repeating a call is harmless: a record may come twice. [any-thread] [blocking]
class Poller {
 public:
  explicit Poller(const FlowPorts& ports) : ports_(ports) {}

  plugins::PluginResult<RecordPage> fetch(const FetchInput& input, const Try& attempt) const;

 private:
  const FlowPorts ports_;
};

}  // namespace gantry::activities
