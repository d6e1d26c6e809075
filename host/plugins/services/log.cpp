#include <algorithm>
#include <string>
#include <vector>

#include "host/plugins/abi/span.hpp"
#include "host/plugins/host_context.hpp"
#include "host/plugins/services/services.hpp"

namespace gantry::plugins::services {
namespace {

constexpr std::uint64_t kFieldsMax = 32;
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kValueMax = 1024;
constexpr std::size_t kCopyMax = 16U << 10U;

LogLevel level_of(std::int32_t level) {
  switch (level) {
    case GANTRY_LOG_DEBUG:
      return LogLevel::kDebug;
    case GANTRY_LOG_INFO:
      return LogLevel::kInfo;
    case GANTRY_LOG_WARN:
      return LogLevel::kWarn;
    default:
      return LogLevel::kError;  // unknown: rather too loud than lost
  }
}

std::int32_t enabled(const gantry_host* host, std::int32_t level) noexcept {
  bool yes = false;
  at_edge(host, [&] {
    const LogSink& sink = HostContext::of(host).ports().log;
    yes = sink.write && (!sink.enabled || sink.enabled(level_of(level)));
    return GANTRY_OK;
  });
  return yes ? 1 : 0;
}

void write(const gantry_host* host, std::int32_t level, gantry_span source, gantry_span event,
           const gantry_pair* fields, std::uint64_t field_count) noexcept {
  at_edge(host, [&] {
    const HostContext& context = HostContext::of(host);
    const std::string_view claimed = abi::view_or_empty(source, kNameMax);
    const std::string who =
        context.find(claimed) ? std::string(claimed) : "plugin:" + context.plugin_id();
    std::vector<std::string> texts;  // names and values in turn
    const std::uint64_t count = fields == nullptr ? 0 : std::min(field_count, kFieldsMax);
    texts.reserve(2 * count);
    for (std::uint64_t i = 0; i < count; ++i) {
      texts.push_back(
          context.shown(std::string(abi::view_or_empty(fields[i].name, kCopyMax)), kNameMax));
      texts.push_back(
          context.shown(std::string(abi::view_or_empty(fields[i].value, kCopyMax)), kValueMax));
    }
    std::vector<LogField> views;
    for (std::size_t i = 0; i < texts.size(); i += 2) views.push_back({texts[i], texts[i + 1]});
    const std::string name =
        context.shown(std::string(abi::view_or_empty(event, kCopyMax)), kNameMax);
    context.log(level_of(level), who, name, views);
    return GANTRY_OK;
  });
}

}  // namespace

const gantry_log& log() {
  static const gantry_log service{sizeof(gantry_log), 0, enabled, write};
  return service;
}

}  // namespace gantry::plugins::services
