#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"

/// Structured logs: an event and its fields, not a sentence.
///
///     log.info("delivery_accepted", {{"source", id}, {"delivery", delivery}, {"bytes", size}});
///
/// A field whose name says that it holds a secret is written as `***`; control characters are
/// escaped; a warning or error that repeats is written a few times and then counted. Every line
/// also says what its thread works for (here.hpp): the ids of LogScopes, and trace_id and span_id
/// while a span is current.
namespace gantry::observe {

enum class Level { kTrace, kDebug, kInfo, kWarn, kError, kOff };

std::string_view to_string(Level level) noexcept;
/// "trace", "debug", "info", "warn", "error", "off"; else kInvalid. [any-thread]
Result<Level> parse_level(std::string_view text);

/// Names of the ids that tie the lines of one piece of work together.
inline constexpr std::string_view kSource = "source";
inline constexpr std::string_view kDelivery = "delivery";
inline constexpr std::string_view kDocument = "document";
inline constexpr std::string_view kWorkflow = "workflow";
inline constexpr std::string_view kRun = "run";
inline constexpr std::string_view kActivity = "activity";
inline constexpr std::string_view kAttempt = "attempt";
inline constexpr std::string_view kTrace = "trace_id";
inline constexpr std::string_view kSpan = "span_id";

/// A name and a value that lives for the call.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;
  std::string_view name;
  Value value;

  Field(std::string_view name_, std::string_view text) : name(name_), value(text) {}
  Field(std::string_view name_, const std::string& text)
      : name(name_), value(std::string_view(text)) {}
  Field(std::string_view name_, const char* text) : name(name_), value(std::string_view(text)) {}
  Field(std::string_view name_, bool flag) : name(name_), value(flag) {}
  Field(std::string_view name_, double number) : name(name_), value(number) {}
  template <std::integral Number>
  Field(std::string_view name_, Number number) : name(name_) {
    if constexpr (std::is_signed_v<Number>) {
      value = std::int64_t{number};
    } else {
      value = std::uint64_t{number};
    }
  }
};
using Fields = std::initializer_list<Field>;

enum class Format { kAuto, kConsole, kJson };
/// "auto", "console", "json"; else kInvalid. [any-thread]
Result<Format> parse_format(std::string_view text);

struct LogOptions {
  Format format = Format::kAuto;  ///< kAuto: console where standard error is a terminal.
  Level level = Level::kInfo;
  std::map<std::string, Level> module_levels;
  /// Colours on a console; off under NO_COLOR and off a terminal whatever this says.
  bool colour = true;
  /// Of one warning or error event per module and source, so many are written per window.
  int repeats_max = 20;
  std::chrono::seconds repeats_window{10};
  /// Where lines go, without the newline; empty: standard error.
  std::function<void(std::string_view line)> sink = {};
};

class ModuleLog;

/// The log of the process: made once, before the threads, and outlived by nothing that writes.
/// [any-thread]
class Log {
 public:
  explicit Log(LogOptions options, const Clock& clock = system_clock());
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// A module's voice: "ingress". Cheap to keep and to copy.
  ModuleLog module(std::string_view name);

  void write(std::string_view module, Level level, std::string_view event, Fields fields);
  /// The same for fields that are only known at run time.
  void write(std::string_view module, Level level, std::string_view event,
             const std::vector<Field>& fields);

  /// New levels, e.g. after a reload; takes effect on the next line.
  void set_level(Level level);
  void set_module_level(std::string_view module, Level level);
  /// The levels of a new configuration, all at once; modules not named follow `level`.
  void set_levels(Level level, const std::map<std::string, Level>& modules);
  Level level(std::string_view module) const;

  /// Writes how often each silenced line came since; part of the shutdown.
  void flush();

 private:
  friend class ModuleLog;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One module's end of the log. Must not outlive the Log. [any-thread]
class ModuleLog {
 public:
  bool enabled(Level level) const noexcept;
  void write(Level level, std::string_view event, Fields fields = {}) const;
  void debug(std::string_view event, Fields fields = {}) const {
    write(Level::kDebug, event, fields);
  }
  void info(std::string_view event, Fields fields = {}) const {
    write(Level::kInfo, event, fields);
  }
  void warn(std::string_view event, Fields fields = {}) const {
    write(Level::kWarn, event, fields);
  }
  void error(std::string_view event, Fields fields = {}) const {
    write(Level::kError, event, fields);
  }

 private:
  friend class Log;
  struct State;
  ModuleLog(Log& log, const State& state) : log_(&log), state_(&state) {}
  Log* log_;
  const State* state_;
};

}  // namespace gantry::observe
