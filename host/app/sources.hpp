#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/ingress/listener.hpp"
#include "host/net/http_client.hpp"
#include "host/observe/log.hpp"
#include "host/plugins/loader.hpp"
#include "host/plugins/secret_table.hpp"
#include "host/plugins/services/kv_sqlite.hpp"

namespace gantry::app {

/// What of a source's configuration the workflows need.
struct SourceSettings {
  config::Fanout fanout = config::Fanout::kAuto;
  bool may_call_vendor = false;  ///< Its manifest asks for gantry.http/1.
  config::SourceLimits limits;
  std::string plugin_version;
  std::vector<std::string> capabilities;
};

/// The configured sources with their connectors loaded, and all that these are served with.
/// [any-thread] to look up, [main] to make and destroy
class Sources final : public ingress::SourceLookup {
 public:
  /// Loads every enabled source. A refused one is logged and left out; with `strict` in the
  /// configuration it is an error.
  static Result<std::unique_ptr<Sources>> load(const config::Config& config, observe::Log& log);

  std::shared_ptr<const plugins::Source> find(std::string_view name) const override;
  std::size_t body_bytes_max(std::string_view name) const override;
  const plugins::Source* get(std::string_view name) const { return registry_->find(name); }
  const std::vector<const plugins::Source*>& all() const { return registry_->all(); }
  const SourceSettings* settings(std::string_view name) const;
  const std::vector<plugins::Refusal>& refusals() const { return refusals_; }

 private:
  Sources() = default;
  void add(const config::SourceConfig& source, const config::Config& config,
           std::vector<plugins::SourceRequest>& requests);

  plugins::SecretTable secrets_;
  std::unique_ptr<plugins::SqliteKvStore> kv_;
  net::HttpClient http_;
  std::unique_ptr<plugins::Loader> loader_;
  std::shared_ptr<plugins::Registry> registry_;
  std::map<std::string, SourceSettings, std::less<>> settings_;
  std::vector<plugins::Refusal> refusals_;
};

}  // namespace gantry::app
