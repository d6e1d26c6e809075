#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/app/file_watch.hpp"
#include "host/app/flow_keeper.hpp"
#include "host/app/sources.hpp"
#include "host/base/json.hpp"
#include "host/ingress/stats.hpp"

namespace gantry::app {

/// Dead letters that wait for an operator.
struct DeadLetterCount {
  std::uint64_t count = 0;
  std::string last_reason;  ///< Of the newest.
};

/// What `GET /sources` joins.
struct SourceFacts {
  const SourceSet& sources;
  std::vector<FlowView> flows = {};
  std::map<std::string, ingress::SourceCounts> deliveries = {};
  std::map<std::string, std::uint64_t> pending = {};  ///< Deliveries that wait for their start.
  std::map<std::string, DeadLetterCount> dead_letters = {};  ///< By source.
  std::map<std::string, FileTotals> files = {};              ///< Of sources that take files.
  Instant now{};
};

/// The state of one source as one word: "disabled", "refused", or the worst of its flows: "reauth",
/// "failed", "rate_limited", "paused", "finished"; else "running". [any-thread]
std::string_view state_of(const SourceFacts& facts, const config::SourceConfig& source);

/// The list of sources in the shape of the admin API (host/cli/README.md). [any-thread]
Json report_of(const SourceFacts& facts);

}  // namespace gantry::app
