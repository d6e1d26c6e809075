#pragma once

#include <functional>
#include <string_view>

namespace gantry::temporal {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };

/// One event of this library or of Core. The views live for the call only.
struct LogLine {
  LogLevel level;
  std::string_view target;  ///< "temporal.client", or the Rust module inside Core.
  std::string_view event;   ///< One snake_case word of ours; Core writes sentences.
  std::string_view fields;  ///< One JSON object, compact.
};

/// Where log lines go. Called on any thread, several at once; must be quick and must not throw.
/// [any-thread]
using LogSink = std::function<void(const LogLine&)>;

}  // namespace gantry::temporal
