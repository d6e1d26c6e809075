#pragma once

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/base/json.hpp"
#include "host/config/config.hpp"
#include "host/observe/log.hpp"
#include "host/observe/metrics.hpp"
#include "host/rollout/reach.hpp"
#include "host/rollout/router.hpp"

namespace gantry::app {

/// Where configuration has the percentage from: "conf.d/00-host.toml:3". [any-thread]
std::string origin_of(const config::Config& config);

/// The rollout of the running host: its percentage, who set it, whether Temporal answers, and the
/// path of each document, counted and logged.
///
/// Two may say the percentage: configuration (flag, environment, conf.d), and an operator at run
/// time (`gantry rollout set`). Who spoke last counts: a value set at run time stands over the
/// configuration, also after a restart, until the configured one becomes another. [any-thread]
class Rollout {
 public:
  struct Options {
    std::filesystem::path memory;  ///< The file that keeps what was set at run time.
    int configured = 100;
    std::string origin;             ///< Of that: "conf.d/00-host.toml:3", "default".
    bool direct_when_away = false;  ///< `rollout_when_away`.
  };
  /// All outlive it. [blocking]
  Rollout(Options options, observe::Log& log, observe::Metrics& metrics,
          const Clock& clock = system_clock());

  int percentage() const noexcept { return percentage_; }
  /// Durable on return. kInvalid outside 0 to 100. [blocking]
  Result<void> set(int percentage);
  /// A reload's: takes over where it is another than before. [blocking]
  void configure(int percentage, std::string origin);
  /// Runs after each change of what documents do: of the percentage, and of Temporal's being away.
  void on_change(std::function<void()> changed);

  /// The path of a document; counted and logged unless it was asked for before.
  rollout::Path path(const std::string& document_id, bool again);
  /// Counts and logs one that was decided elsewhere.
  void decided(rollout::Path path, std::string_view document_id);
  /// A document reached an end. "stored", "stale" or "dead_letter".
  void ended(rollout::Path path, std::string_view outcome, Instant received_at);

  /// True where Temporal should be asked: while it is away only now and then.
  bool ask_temporal() { return reach_.ask(clock_.steady()); }
  /// What came of that: nothing, or why it did not answer. Errors of another kind are an answer.
  void heard(const std::optional<Error>& failure);
  bool away() const { return reach_.away(clock_.steady()); }
  /// True where the documents of a Temporal that is away go the direct way.
  bool divert() const { return options_.direct_when_away && away(); }
  bool direct_when_away() const noexcept { return options_.direct_when_away; }

  /// {"percentage", "set_at": null, "configured", "origin", "when_away", "away"}
  Json state() const;

 private:
  void changed();
  void forget(std::string_view reason);

  const Options options_;
  observe::Log& log_;
  const Clock& clock_;
  rollout::Reach reach_;
  std::atomic<int> percentage_;
  std::array<std::optional<observe::Counter>, 2> decisions_;
  std::map<std::string, observe::Histogram, std::less<>> seconds_[2];

  mutable std::mutex mutex_;  // guards the next
  int configured_;
  std::string origin_;
  std::optional<Instant> set_at_;
  std::function<void()> changed_;
};

}  // namespace gantry::app
