#include "host/plugins/in_process_source.hpp"

#include "host/plugins/abi/call.hpp"
#include "host/plugins/abi/report.hpp"
#include "host/plugins/abi/request.hpp"
#include "host/plugins/abi/span.hpp"
#include "host/plugins/abi/verdict.hpp"

namespace gantry::plugins {
namespace {

constexpr std::size_t kMessageMax = 1024;
constexpr std::size_t kDetailMax = 4096;
constexpr std::size_t kShortMax = 256;
constexpr std::size_t kSignHeadersMax = 64;
constexpr std::size_t kSignBytesMax = 64U << 10U;

/// The size that a capability's struct had in minor 0; 0 for one that this host does not call.
std::uint32_t size_min_of(std::string_view capability) {
  if (capability == GANTRY_CAP_WEBHOOK) return sizeof(gantry_webhook);
  if (capability == GANTRY_CAP_POLLER) return sizeof(gantry_poller);
  if (capability == GANTRY_CAP_STREAM) return sizeof(gantry_stream);
  if (capability == GANTRY_CAP_BATCH) return sizeof(gantry_batch);
  if (capability == GANTRY_CAP_CHECK) return sizeof(gantry_check);
  return 0;
}

}  // namespace

InProcessSource::InProcessSource(std::shared_ptr<LoadedPlugin> plugin,
                                 std::shared_ptr<SourceGrants> grants, abi::Quota quota)
    : plugin_(std::move(plugin)), grants_(std::move(grants)), quota_(quota) {
  plugin_->host().grant(grants_);
}

InProcessSource::~InProcessSource() {
  if (created_) plugin_->entry().destroy(instance_);
  plugin_->host().revoke(grants_.get());
}

Checked<std::unique_ptr<InProcessSource>> InProcessSource::create(
    std::shared_ptr<LoadedPlugin> plugin, std::shared_ptr<SourceGrants> grants,
    std::string_view config_json, abi::Quota quota) {
  std::unique_ptr<InProcessSource> source(
      new InProcessSource(std::move(plugin), std::move(grants), quota));
  LoadedPlugin& owner = *source->plugin_;
  const CallScope scope;
  const abi::Call call(scope);
  const gantry_status status =
      owner.entry().create(call.native(), owner.host().native(), abi::span_of(source->id()),
                           abi::span_of(config_json), &source->instance_);
  if (status != GANTRY_OK) {
    const PluginError error = source->failure("create", status, call.error());
    const bool config = status == GANTRY_CONFIG;
    return Refused{
        config ? RefusalKind::kConfigInvalid : RefusalKind::kInitFailed,
        (error.json_pointer.empty() ? std::string() : error.json_pointer + ": ") + error.message(),
        config ? "correct the source's configuration"
               : "read the plugin's log lines above; ask its author"};
  }
  source->created_ = true;
  if (auto bound = source->bind_capabilities(); !bound) return bound.error();
  return source;
}

Checked<void> InProcessSource::bind_capabilities() {
  for (const std::string& name : plugin_->manifest().capabilities) {
    const std::uint32_t size_min = size_min_of(name);
    if (size_min == 0) continue;  // a newer host's capability: nobody here will ask for it
    const void* const raw = plugin_->entry().get_capability(instance_, abi::span_of(name));
    std::uint32_t size = 0;
    if (raw != nullptr) std::memcpy(&size, raw, sizeof size);
    const auto missing = [&](const char* what) {
      return Refused{RefusalKind::kCapabilityMissing,
                     "its manifest promises " + name + ", but the plugin " + what,
                     "ask the plugin's author for a corrected build"};
    };
    if (raw == nullptr) return missing("does not have it");
    if (size < size_min) return missing("gives a struct that is too short");
    if (const char* const lacks = bind(name, raw)) return missing(lacks);
  }
  return {};
}

const char* InProcessSource::bind(std::string_view capability, const void* table) {
  if (capability == GANTRY_CAP_WEBHOOK) {
    webhook_ = static_cast<const gantry_webhook*>(table);
    if (!webhook_->verify || !webhook_->parse) return "lacks verify or parse";
  }
  if (capability == GANTRY_CAP_CHECK) {
    check_ = static_cast<const gantry_check*>(table);
    if (!check_->check) return "lacks check";
  }
  if (capability == GANTRY_CAP_POLLER) {
    poller_ = static_cast<const gantry_poller*>(table);
    if (!poller_->poll) return "lacks poll";
  }
  if (capability == GANTRY_CAP_STREAM) {
    stream_ = static_cast<const gantry_stream*>(table);
    if (!stream_->open || !stream_->next || !stream_->close) return "lacks open, next or close";
  }
  if (capability == GANTRY_CAP_BATCH) {
    batch_ = static_cast<const gantry_batch*>(table);
    if (!batch_->probe || !batch_->open || !batch_->feed || !batch_->finish || !batch_->close) {
      return "lacks probe, open, feed, finish or close";
    }
  }
  return nullptr;
}

bool InProcessSource::has(std::string_view capability) const {
  return plugin_->manifest().has(capability);
}

PluginResult<Verdict> InProcessSource::verify(const InboundRequest& request) const {
  if (webhook_ == nullptr) return unsupported("verify");
  const CallSpan span(*this, "plugin verify");
  const CallScope scope;
  const abi::Call call(scope);
  const abi::Request input(request);
  abi::VerdictReceiver receiver;
  const gantry_status status =
      webhook_->verify(instance_, call.native(), input.native(), receiver.native());
  if (status != GANTRY_OK) return failure("verify", status, call.error());
  auto verdict = receiver.take(request.body);
  if (!verdict) return misbehaved("verify", verdict.error().what);
  return std::move(*verdict);
}

PluginResult<Parsed> InProcessSource::parse(const Delivery& delivery,
                                            const CallScope& scope) const {
  if (webhook_ == nullptr) return unsupported("parse");
  const CallSpan span(*this, "plugin parse");
  const abi::Call call(scope);
  const abi::Request input(delivery.request);
  abi::SinkReceiver sink(id(), delivery.request.received_at, quota_);
  const gantry_status status =
      webhook_->parse(instance_, call.native(), input.native(), sink.native());
  if (status != GANTRY_OK) return failure("parse", status, call.error());
  if (sink.calls_after_stop() > 0) {
    (void)misbehaved("parse",
                     "went on after STOP, " + std::to_string(sink.calls_after_stop()) + " calls");
  }
  if (sink.over_quota()) {  // a delivery has no cursor to go on from: half of it is no answer
    PluginError error(ErrorKind::kExhausted,
                      "source " + id() + ": parse: one delivery gave more than " +
                          std::to_string(quota_.records_max) + " records or " +
                          std::to_string(quota_.bytes_max) + " bytes; raise the source's quota");
    error.category = "DATA";
    return error;
  }
  for (Rejected& rejected : sink.parsed().rejected) {
    rejected.reason.what = plugin_->host().shown(std::move(rejected.reason.what), kMessageMax);
    rejected.reason.upstream =
        plugin_->host().shown(std::move(rejected.reason.upstream), kDetailMax);
  }
  return std::move(sink.parsed());
}

PluginResult<std::vector<std::pair<std::string, std::string>>> InProcessSource::sign(
    const InboundRequest& request) const {
  if (webhook_ == nullptr || webhook_->sign == nullptr) return unsupported("sign");
  const CallSpan span(*this, "plugin sign");
  struct Collected {
    std::vector<std::pair<std::string, std::string>> headers;
    std::size_t bytes = 0;
    bool broken = false;
  } collected;
  const CallScope scope;
  const abi::Call call(scope);
  const abi::Request input(request);
  const gantry_status status = webhook_->sign(
      instance_, call.native(), input.native(),
      [](void* impl, gantry_span name, gantry_span value) noexcept {
        auto& out = *static_cast<Collected*>(impl);
        const auto n = abi::view_of(name);
        const auto v = abi::view_of(value);
        constexpr std::string_view kBreaks("\r\n\0", 3);
        out.broken = out.broken || !n || !v || n->empty() ||
                     n->find_first_of(kBreaks) != std::string_view::npos ||
                     v->find_first_of(kBreaks) != std::string_view::npos ||
                     out.headers.size() >= kSignHeadersMax ||
                     out.bytes + n->size() + v->size() > kSignBytesMax;
        if (out.broken) return;
        out.bytes += n->size() + v->size();
        out.headers.emplace_back(*n, *v);
      },
      &collected);
  if (status != GANTRY_OK) return failure("sign", status, call.error());
  if (collected.broken) return misbehaved("sign", "gave something that is no HTTP header");
  return std::move(collected.headers);
}

PluginResult<std::vector<Finding>> InProcessSource::check(const CallScope& scope) const {
  if (check_ == nullptr) return unsupported("check");
  const CallSpan span(*this, "plugin check");
  const abi::Call call(scope);
  abi::ReportReceiver report;
  const gantry_status status = check_->check(instance_, call.native(), report.native());
  if (status != GANTRY_OK) return failure("check", status, call.error());
  for (Finding& finding : report.findings()) {
    finding.what = plugin_->host().shown(std::move(finding.what), kMessageMax);
    finding.remedy = plugin_->host().shown(std::move(finding.remedy), kMessageMax);
  }
  return std::move(report.findings());
}

InProcessSource::CallSpan::CallSpan(const InProcessSource& source, std::string_view name)
    : span_(name) {
  span_.set({observe::kSource, source.id()});
  span_.set({"plugin", source.plugin_id()});
}

PluginError InProcessSource::failure(const char* doing, gantry_status status,
                                     const abi::ErrorText& text) const {
  const HostContext& host = plugin_->host();
  const abi::StatusMeaning meaning = abi::meaning_of(status);
  observe::note_failure(meaning.category);
  std::string what =
      "source " + id() + ": " + doing + " failed with " + std::string(meaning.category);
  if (status < GANTRY_OK || status > GANTRY_NOT_CONNECTED) {
    what += " (the plugin returned the unknown status " + std::to_string(status) + ')';
  }
  what += ": " + (text.message.empty() ? std::string("the plugin gave no reason")
                                       : host.shown(text.message, kMessageMax));
  PluginError error(meaning.kind, std::move(what), host.shown(text.detail, kDetailMax));
  error.category = meaning.category;
  error.retry_after = text.retry_after;
  if (status == GANTRY_RATE_LIMITED && text.retry_after.count() == 0 && grants_->gate) {
    error.retry_after = grants_->gate->turn();  // the plugin passed on a refusal of ours
  }
  error.code = host.shown(text.code, kShortMax);
  error.json_pointer = host.shown(text.pointer, kShortMax);
  return error;
}

PluginError InProcessSource::unsupported(const char* doing) const {
  PluginError error(ErrorKind::kUnsupported,
                    "source " + id() + ": plugin " + plugin_id() + " has no " + doing);
  error.category = "UNSUPPORTED";
  return error;
}

PluginError InProcessSource::misbehaved(const char* doing, const std::string& how) const {
  const LogField fields[] = {
      {"plugin", plugin_id()}, {"file", plugin_->file()}, {"call", doing}, {"how", how}};
  plugin_->host().log(LogLevel::kWarn, id(), "plugin_misbehaved", fields);
  observe::note_failure("BUG");
  PluginError error(ErrorKind::kInternal, "source " + id() + ": " + doing + ": plugin " +
                                              plugin_id() + " broke the contract: " + how);
  error.category = "BUG";
  return error;
}

}  // namespace gantry::plugins
