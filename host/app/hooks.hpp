#pragma once

#include "host/cli/cli.hpp"

/// What the command line borrows from the rooms that only app knows. [main]
namespace gantry::app {

/// Serves until SIGTERM or SIGINT, then drains; a second signal ends the drain at once.
int run_host(const config::Config& config, const cli::RunOptions& options);

/// GreetingWorkflow on a worker of this process, against the configured Temporal or an engine of
/// its own.
Result<std::string> hello(const config::Config& config, const std::string& name);

/// The main job from end to end on its own state: signs and posts deliveries of the Front
/// connector, follows one through, searches.
int demo(const config::Config& config, const cli::DemoOptions& options);

std::vector<cli::LoadedSource> load_sources(const config::Config& config);
Result<std::string> inspect_plugin(const std::string& file);

cli::Hooks hooks();

}  // namespace gantry::app
