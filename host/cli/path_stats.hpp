#pragma once

#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/base/json.hpp"
#include "host/rollout/comparison.hpp"

namespace gantry::cli {

/// How documents fare on both paths.
struct BothPaths {
  rollout::PathStats temporal;
  rollout::PathStats direct;
};

/// "1200 ended, 0.17 % errors, P50 0.021 s, P99 0.094 s". [any-thread]
std::string brief(const rollout::PathStats& stats);
/// {"ended", "errors", "error_rate", "p50_s", "p99_s"}; the last two null without samples.
Json json_of(const rollout::PathStats& stats);

/// From a host's /metrics: since that host began. [any-thread]
BothPaths paths_of_metrics(std::string_view text);

/// The same of the host at the admin address `url`. [blocking]
Result<BothPaths> ask_host(const std::string& url);

/// From a Prometheus at `url`: the last `window` ("15m") of all hosts that it scrapes. kInvalid
/// where it refuses the window. [blocking]
Result<BothPaths> ask_prometheus(const std::string& url, const std::string& window);

}  // namespace gantry::cli
