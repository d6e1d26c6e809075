#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/config/difference.hpp"
#include "host/ingress/listener.hpp"
#include "host/net/http_client.hpp"
#include "host/net/request_gate.hpp"
#include "host/observe/log.hpp"
#include "host/plugins/loader.hpp"
#include "host/plugins/metered_source.hpp"
#include "host/plugins/rotated_secrets.hpp"
#include "host/plugins/secret_table.hpp"
#include "host/plugins/services/kv_sqlite.hpp"

namespace gantry::app {

/// What of a source's configuration and plugin the workflows need.
struct SourceSettings {
  config::SourceConfig config;
  bool may_call_vendor = false;  ///< Its manifest asks for gantry.http/1.
  std::string plugin_version;
  std::vector<std::string> capabilities;
  std::string library_sha256;
  std::string warning = {};  ///< Of its configuration; empty: none.

  bool has(std::string_view capability) const;
};

/// The sources of one configuration, with their connectors. Never changes: a reload makes the next.
class SourceSet {
 public:
  using SourcePtr = std::shared_ptr<const plugins::Source>;

  /// Null where it is unknown, disabled or refused. [any-thread]
  SourcePtr find(std::string_view name) const;
  /// Null where no manifest could be read. [any-thread]
  const SourceSettings* settings(std::string_view name) const;

  /// All configured ones, disabled included, in file order.
  const std::vector<config::SourceConfig>& configured() const { return configured_; }
  const std::vector<plugins::Refusal>& refusals() const { return refusals_; }
  std::size_t loaded() const { return sources_.size(); }

 private:
  friend class Sources;
  std::vector<config::SourceConfig> configured_;
  std::map<std::string, SourcePtr, std::less<>> sources_;
  std::map<std::string, SourceSettings, std::less<>> settings_;
  std::vector<plugins::Refusal> refusals_;
};

/// What hears of the calls into one source's connector. [main]
using MeterOf = std::function<plugins::CallMeter(const plugins::Source&)>;

/// The configured sources and all that their connectors are served with, over every reload.
///
/// A reload loads the new configuration beside the running one and swaps all at once: a call that
/// has begun ends on the object it began with. Sources that did not change keep theirs.
/// [any-thread] to look up, [main] for the rest
class Sources final : public ingress::SourceLookup {
 public:
  /// Loads every enabled source. A refused one is logged and left out; with `strict` in the
  /// configuration it is an error. `secrets_dir` is where rotated secrets are kept; empty: in the
  /// state folder. `log` outlives this. Without `meter_of` no call is counted.
  static Result<std::unique_ptr<Sources>> load(const config::Config& config, observe::Log& log,
                                               std::filesystem::path secrets_dir = {},
                                               MeterOf meter_of = {});

  /// Takes the new configuration's sources, or none of them: one that is newly refused fails the
  /// whole. `changed` of the answer has those whose connector or secrets are others, too.
  Result<config::Difference> reload(const config::Config& before, const config::Config& after);

  /// Ends the sources that a reload replaced and that nobody is inside of any more; returns how
  /// many still wait.
  std::size_t reap();

  /// The sources as they are now; what it gives stays valid while it is held.
  std::shared_ptr<const SourceSet> now() const;

  std::shared_ptr<const plugins::Source> find(std::string_view name) const override;
  std::size_t body_bytes_max(std::string_view name) const override;
  /// Whatever it can do, not only webhooks.
  std::shared_ptr<const plugins::Source> get(std::string_view name) const;

 private:
  Sources(observe::Log& log, const std::filesystem::path& secrets_dir, MeterOf meter_of);

  /// A configuration on its way to become the current one.
  struct Draft {
    std::unique_ptr<SourceSet> set;
    std::vector<plugins::SourceRequest> requests;
    std::map<std::string, plugins::SecretTable::Fields> secrets;
  };
  Draft draft(const config::Config& config);
  void add(const config::SourceConfig& source, const config::Config& config, Draft& draft);
  /// Starts the connectors of a draft.
  void start(Draft& draft);
  /// Logs what is odd about configurations that are taken all the same.
  void warn(const SourceSet& set) const;
  std::shared_ptr<net::RequestGate> gate_of(const config::SourceConfig& source);

  observe::Log& log_;
  const MeterOf meter_of_;
  plugins::RotatedSecrets rotated_;
  plugins::SecretTable secrets_;
  std::unique_ptr<plugins::SqliteKvStore> kv_;
  net::HttpClient http_;
  std::map<std::string, std::shared_ptr<net::RequestGate>, std::less<>> gates_;
  std::unique_ptr<plugins::Loader> loader_;
  std::vector<SourceSet::SourcePtr> retired_;
  mutable std::mutex mutex_;  // guards the next
  std::shared_ptr<const SourceSet> now_;
};

}  // namespace gantry::app
