#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::ingress {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

/// Where this room's events go: an event name and its fields, never a payload or a secret. Called
/// from the room's own threads, so it must not block and must be safe to call at once from several.
using LogSink = std::function<void(LogLevel, std::string_view event, const LogFields&)>;

}  // namespace gantry::ingress
