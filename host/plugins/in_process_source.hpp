#pragma once

#include <gantry/batch.h>
#include <gantry/check.h>
#include <gantry/poller.h>
#include <gantry/stream.h>
#include <gantry/webhook.h>

#include <memory>

#include "host/observe/trace.hpp"
#include "host/plugins/abi/call.hpp"
#include "host/plugins/abi/group_sink.hpp"
#include "host/plugins/abi/sink.hpp"
#include "host/plugins/abi/status.hpp"
#include "host/plugins/loaded_plugin.hpp"
#include "host/plugins/source.hpp"

namespace gantry::plugins {

/// A source whose plugin runs in this process: source.hpp over the C ABI.
///
/// What the plugin says is checked, copied, cut, and freed of the secrets that it was given. What
/// it does (a crash, an endless loop) it does to this process: that is what a runner is for.
class InProcessSource final : public Source {
 public:
  /// Calls create. Refuses where it fails (CONFIG with the field it named), and where a capability
  /// of the manifest is not there. [main]
  static Checked<std::unique_ptr<InProcessSource>> create(std::shared_ptr<LoadedPlugin> plugin,
                                                          std::shared_ptr<SourceGrants> grants,
                                                          std::string_view config_json,
                                                          abi::Quota quota);
  ~InProcessSource() override;
  InProcessSource(const InProcessSource&) = delete;
  InProcessSource& operator=(const InProcessSource&) = delete;

  const std::string& id() const override { return grants_->source; }
  const std::string& plugin_id() const override { return plugin_->manifest().id; }
  bool has(std::string_view capability) const override;

  PluginResult<Verdict> verify(const InboundRequest& request) const override;
  PluginResult<Parsed> parse(const Delivery& delivery, const CallScope& scope) const override;
  PluginResult<std::vector<std::pair<std::string, std::string>>> sign(
      const InboundRequest& request) const override;
  PluginResult<std::vector<Finding>> check(const CallScope& scope) const override;
  PluginResult<Brought> poll(std::string_view cursor, const CallBudget& budget,
                             const TakeGroup& take, const CallScope& scope) const override;
  PluginResult<std::unique_ptr<Feed>> open_feed(std::string_view cursor,
                                                const CallScope& scope) const override;
  PluginResult<int> probe(const FileInfo& info, std::string_view head) const override;
  PluginResult<std::unique_ptr<OpenFile>> open_file(const FileInfo& info, std::string_view cursor,
                                                    const CallBudget& budget, TakeGroup take,
                                                    const CallScope& scope) const override;

 private:
  /// One call into the plugin as a span, current while it lives.
  class CallSpan {
   public:
    CallSpan(const InProcessSource& source, std::string_view name);

   private:
    observe::ScopedSpan span_;
  };
  class FeedOf;
  class FileOf;

  InProcessSource(std::shared_ptr<LoadedPlugin> plugin, std::shared_ptr<SourceGrants> grants,
                  abi::Quota quota);

  /// Asks for each capability of the manifest, once.
  Checked<void> bind_capabilities();
  /// Null, or what the table lacks.
  const char* bind(std::string_view capability, const void* table);
  /// `take`, after the secrets of this plugin are out of the reasons.
  TakeGroup tidied(TakeGroup take) const;
  /// How a call that fed `sink` ended, if not well; the plugin's status comes last.
  std::optional<PluginError> judge(const char* doing, gantry_status status, const abi::Call& call,
                                   const abi::GroupSink& sink) const;
  PluginError failure(const char* doing, gantry_status status, const abi::ErrorText& text) const;
  PluginError too_much(const char* doing) const;
  PluginError unsupported(const char* doing) const;
  /// A plugin that broke the contract: BUG, and a warning in the log.
  PluginError misbehaved(const char* doing, const std::string& how) const;

  const std::shared_ptr<LoadedPlugin> plugin_;  // before the instance: outlives it
  const std::shared_ptr<SourceGrants> grants_;
  const abi::Quota quota_;
  gantry_instance* instance_ = nullptr;
  bool created_ = false;
  const gantry_webhook* webhook_ = nullptr;
  const gantry_check* check_ = nullptr;
  const gantry_poller* poller_ = nullptr;
  const gantry_stream* stream_ = nullptr;
  const gantry_batch* batch_ = nullptr;
};

}  // namespace gantry::plugins
