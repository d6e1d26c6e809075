#include "host/plugins/host_context.hpp"

#include <algorithm>

#include "host/base/encoding.hpp"
#include "host/plugins/abi/span.hpp"
#include "host/plugins/services/services.hpp"

namespace gantry::plugins {

HostContext::HostContext(std::string plugin_id, HostPorts ports)
    : plugin_id_(std::move(plugin_id)), ports_(std::move(ports)) {
  native_.struct_size = sizeof native_;
  native_.abi_minor = GANTRY_ABI_MINOR;
  native_.impl = this;
  native_.get_service = [](const gantry_host* host, gantry_span id) noexcept -> const void* {
    const auto name = abi::view_of(id);
    if (host == nullptr || !name) return nullptr;
    return services::find(*name, of(host).ports());
  };
}

void HostContext::grant(std::shared_ptr<SourceGrants> grants) {
  const std::lock_guard lock(mutex_);
  grants_.push_back(std::move(grants));
}

void HostContext::revoke(const SourceGrants* grants) {
  const std::lock_guard lock(mutex_);
  std::erase_if(grants_, [grants](const auto& held) { return held.get() == grants; });
}

std::shared_ptr<SourceGrants> HostContext::find(std::string_view source) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(grants_.rbegin(), grants_.rend(),
                                  [source](const auto& held) { return held->source == source; });
  return found == grants_.rend() ? nullptr : *found;
}

std::string HostContext::shown(std::string text, std::size_t size_max) const {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& held : grants_) text = held->mask.apply(std::move(text));
  }
  if (text.size() > size_max) {
    std::size_t cut = size_max;  // not through a character: back over its trailing bytes
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
    text.resize(cut);
    text += "…";
  }
  return escape_control(text);
}

void HostContext::log(LogLevel level, std::string_view source, std::string_view event,
                      std::span<const LogField> fields) const {
  if (!ports_.log.write || (ports_.log.enabled && !ports_.log.enabled(level))) return;
  ports_.log.write(level, source, event, fields);
}

}  // namespace gantry::plugins
