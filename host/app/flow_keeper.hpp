#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/app/flow_engine.hpp"
#include "host/app/sources.hpp"
#include "host/observe/log.hpp"

namespace gantry::app {

/// The flows that a configuration wants, with their settings.
using FlowPlan = std::map<Flow, FlowSettings>;

/// What a source's configuration says about its flows. [any-thread]
FlowSettings flow_settings_of(const config::SourceConfig& source, const Placement& placement);

/// One flow for each loaded source whose connector polls or streams. [any-thread]
FlowPlan plan_of(const SourceSet& sources, const Placement& placement);

/// What is known of a running flow.
struct FlowView {
  Flow flow;
  FlowSettings settings;
  std::optional<FlowStats> stats;  ///< Of the last time it answered.
  Instant seen_at{};
  std::string trouble;  ///< Why it did not answer last; empty where it did.
};

/// Makes the running polling and streaming workflows match the configuration, and watches them.
///
/// Whatever it does may be done again and by several hosts at once: a flow is started under its
/// fixed id, reconfigured only where its settings differ, and left alone where another task queue
/// has it. It stops only what this host once ran (a list in the state folder says so) and what the
/// configuration disables; so hosts that are reloaded one after the other do not undo each other.
/// A flow that ended keeps its cursor: the next start takes it over.
class FlowKeeper {
 public:
  struct Options {
    std::filesystem::path memory;  ///< The list of flows that this host runs.
    /// Grace of a flow that is told to stop, then of its cancellation.
    std::chrono::milliseconds stop_grace{30'000};
    std::chrono::milliseconds cancel_grace{5'000};
    std::chrono::milliseconds stop_look{200};
    std::chrono::milliseconds watch_interval{15'000};
    std::chrono::milliseconds match_interval{60'000};
  };

  /// `engine` and `log` outlive it.
  FlowKeeper(FlowEngine& engine, observe::Log& log, Options options);
  /// Stops the thread, not the flows.
  ~FlowKeeper();
  FlowKeeper(const FlowKeeper&) = delete;
  FlowKeeper& operator=(const FlowKeeper&) = delete;

  /// Works on a thread of its own from now on. [main]
  void start(FlowPlan plan);
  /// A new configuration; `touched` sources may be in trouble that the reload mended, and try anew.
  /// [any-thread]
  void replace(FlowPlan plan, const std::vector<std::string>& touched);
  /// Waits for the step in hand and for every tell(); the engine is not touched after it. [main]
  void stop();

  /// One matching of `plan`, and one look at all flows: what the thread does. [blocking]
  void match(bool revive_finished, const std::set<std::string>& touched);
  void watch();

  /// What the last look found. [any-thread]
  std::vector<FlowView> views() const;
  /// Looks now, and waits for the answers no longer than `patience`. [any-thread] [blocking]
  std::vector<FlowView> look(std::chrono::milliseconds patience);
  /// Pauses, resumes or polls the flows of a source. kNotFound where it has none, kUnavailable once
  /// the host stops.
  /// [any-thread] [blocking]
  Result<void> tell(std::string_view source, const SignalType<std::monostate>& signal);

 private:
  void run(const std::stop_token& stop);
  bool keep(const Flow& flow, const FlowSettings& settings, bool revive_finished, bool touched);
  bool begin(const Flow& flow, const FlowSettings& settings, bool is_known);
  bool end(const Flow& flow);
  /// False where it still runs after `grace`.
  bool ends_within(const Flow& flow, std::chrono::milliseconds grace);
  void note(const FlowView& view, const std::optional<FlowStats>& before);
  std::set<Flow> remembered() const;
  void remember(const std::set<Flow>& flows) const;

  FlowEngine& engine_;
  observe::Log& log_;
  const Options options_;

  mutable std::mutex mutex_;  // guards the next seven
  std::condition_variable_any changed_;
  FlowPlan plan_;
  std::set<std::string> touched_;
  bool match_due_ = false;
  bool revive_ = false;
  std::uint64_t looks_asked_ = 0;
  std::uint64_t looks_done_ = 0;
  std::map<Flow, FlowView> views_;

  std::shared_mutex telling_;  // held shared while a caller's signal is on its way
  bool stopped_ = false;       // guarded by telling_

  std::stop_token stop_;
  std::jthread thread_;
};

}  // namespace gantry::app
