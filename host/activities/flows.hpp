#pragma once

#include "host/activities/activities.hpp"
#include "host/activities/file_reader.hpp"
#include "host/activities/poller.hpp"
#include "host/activities/stream_collector.hpp"

namespace gantry::activities {

/// Registers the activities of polling, streaming and batch files under their contracts. All parts
/// outlive the registry; a null `files` means that this host has no file rooms. `percentage` is the
/// rollout's at this moment; empty: 100. [main]
void register_flows(temporal::activity::Registry& registry, const Poller& poller,
                    StreamCollector& streams, const FileReader* files, Counters counters,
                    std::function<int()> percentage = {});

}  // namespace gantry::activities
