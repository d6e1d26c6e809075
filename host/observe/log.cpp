#include "host/observe/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>

#include "host/base/encoding.hpp"
#include "host/base/json.hpp"
#include "host/base/redact.hpp"
#include "host/base/time.hpp"
#include "host/observe/here.hpp"
#include "host/observe/rate_limit.hpp"
#include "host/observe/trace_context.hpp"

namespace gantry::observe {
namespace {

constexpr std::array<std::string_view, 6> kLevelNames = {"trace", "debug", "info",
                                                         "warn",  "error", "off"};

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kTrace:
      return spdlog::level::trace;
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

class FunctionSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

 private:
  std::function<void(std::string_view)> write_;
};

/// Whole lines only: one write per line, whoever else writes to the terminal.
std::shared_ptr<spdlog::sinks::sink> standard_error(bool colour) {
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty.
  const bool plain = !colour || (no_color != nullptr && *no_color != '\0');
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
      plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
  sink->set_pattern("%^%v%$");
  return sink;
}

/// JSON text in ASCII: a terminal that shows the line obeys nothing in it.
std::string json_text(std::string_view text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string number_text(double number) { return Json(number).dump(); }

bool is_plain_word(std::string_view text) {
  if (text.empty()) return false;
  return text.find_first_of(" \"=\\") == std::string_view::npos;
}

std::string console_text(std::string_view text) {
  std::string safe = escape_control(text);
  if (is_plain_word(safe)) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string value_text(const Field& field, bool json) {
  if (names_secret(field.name)) return json ? json_text(kMasked) : std::string(kMasked);
  struct Writer {
    bool json;
    std::string operator()(std::string_view text) const {
      return json ? json_text(text) : console_text(text);
    }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(std::uint64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return number_text(number); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  };
  return std::visit(Writer{json}, field.value);
}

/// What this thread works for: the scopes' fields that the line has not got itself, innermost
/// first, then the place in the trace. `texts` owns what the fields point at.
std::vector<Field> ids_of_here(const Field* begin, const Field* end,
                               std::deque<std::string>& texts) {
  std::vector<Field> ids;
  const auto has = [&](std::string_view name) {
    const auto same = [name](const Field& field) { return field.name == name; };
    return std::any_of(begin, end, same) || std::ranges::any_of(ids, same);
  };
  for (const LogScope* scope = here().log; scope != nullptr; scope = scope->outer()) {
    for (const auto& [name, value] : scope->fields()) {
      if (!value.empty() && !has(name)) ids.emplace_back(name, value);
    }
  }
  if (here().trace == nullptr) return ids;
  ids.emplace_back(kTrace, texts.emplace_back(here().trace->trace_hex()));
  ids.emplace_back(kSpan, texts.emplace_back(here().trace->span_hex()));
  return ids;
}

}  // namespace

std::string_view to_string(Level level) noexcept {
  return kLevelNames[static_cast<std::size_t>(level)];
}

Result<Level> parse_level(std::string_view text) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == text) return static_cast<Level>(i);
  }
  return Error{ErrorKind::kInvalid, "want one of trace, debug, info, warn, error, off",
               std::string(text)};
}

Result<Format> parse_format(std::string_view text) {
  if (text == "auto") return Format::kAuto;
  if (text == "console") return Format::kConsole;
  if (text == "json") return Format::kJson;
  return Error{ErrorKind::kInvalid, "want one of auto, console, json", std::string(text)};
}

struct ModuleLog::State {
  std::string name;
  std::atomic<Level> level{Level::kInfo};
  bool pinned = false;  ///< Has a level of its own.
};

struct Log::Impl {
  Impl(LogOptions options, const Clock& clock_)
      : clock(clock_),
        json(options.format == Format::kJson ||
             (options.format == Format::kAuto && ::isatty(STDERR_FILENO) == 0)),
        limit(options.repeats_max, options.repeats_window),
        level(options.level),
        pinned(std::move(options.module_levels)),
        logger("gantry", options.sink ? std::make_shared<FunctionSink>(std::move(options.sink))
                                      : standard_error(options.colour && !json)) {
    // Levels are ours, per module; spdlog passes everything on.
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::trace);
  }

  ModuleLog::State& state(std::string_view name) {
    const std::lock_guard lock(mutex);
    const auto found = modules.find(name);
    if (found != modules.end()) return *found->second;
    auto fresh = std::make_unique<ModuleLog::State>();
    fresh->name = name;
    const auto at = pinned.find(fresh->name);
    fresh->level = at == pinned.end() ? level : at->second;
    return *modules.emplace(fresh->name, std::move(fresh)).first->second;
  }

  void line(const std::string& module, Level at, std::string_view event, const Field* begin,
            const Field* end, std::uint64_t silenced) {
    std::string text;
    const std::string now = to_rfc3339(std::chrono::floor<std::chrono::milliseconds>(clock.now()));
    if (json) {
      text = "{\"time\":\"" + now + "\",\"level\":\"" + std::string(to_string(at)) +
             "\",\"module\":" + json_text(module) + ",\"event\":" + json_text(event);
    } else {
      std::string word(to_string(at));
      word.resize(5, ' ');
      text = now + ' ' + word + ' ' + escape_control(module) + ' ' + escape_control(event);
    }
    const auto add = [&](const Field& field) {
      if (json) {
        text += ',' + json_text(field.name) + ':' + value_text(field, true);
      } else {
        text += ' ' + escape_control(field.name) + '=' + value_text(field, false);
      }
    };
    for (const Field* field = begin; field != end; ++field) add(*field);
    std::deque<std::string> texts;
    for (const Field& field : ids_of_here(begin, end, texts)) add(field);
    if (silenced > 0) add({"silenced", silenced});
    if (json) text += '}';
    logger.log(spdlog_level(at), spdlog::string_view_t(text.data(), text.size()));
  }

  void write(const ModuleLog::State& module, Level at, std::string_view event, const Field* begin,
             const Field* end) {
    if (at < module.level.load(std::memory_order_relaxed) || at == Level::kOff) return;
    std::uint64_t silenced = 0;
    if (at >= Level::kWarn) {
      std::string key = module.name + '\n' + std::string(event);
      for (const Field* field = begin; field != end; ++field) {
        if (field->name == kSource) key += '\n' + value_text(*field, false);
      }
      const RateLimit::Verdict verdict = limit.ask(key, clock.steady());
      if (!verdict.pass) return;
      silenced = verdict.silenced;
    }
    line(module.name, at, event, begin, end, silenced);
  }

  const Clock& clock;
  const bool json;
  RateLimit limit;
  mutable std::mutex mutex;
  Level level;
  std::map<std::string, Level> pinned;
  std::map<std::string, std::unique_ptr<ModuleLog::State>, std::less<>> modules;
  spdlog::logger logger;
};

Log::Log(LogOptions options, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), clock)) {}

Log::~Log() { flush(); }

ModuleLog Log::module(std::string_view name) { return {*this, impl_->state(name)}; }

void Log::write(std::string_view module, Level level, std::string_view event, Fields fields) {
  impl_->write(impl_->state(module), level, event, fields.begin(), fields.end());
}

void Log::write(std::string_view module, Level level, std::string_view event,
                const std::vector<Field>& fields) {
  impl_->write(impl_->state(module), level, event, fields.data(), fields.data() + fields.size());
}

void Log::set_level(Level level) {
  const std::lock_guard lock(impl_->mutex);
  impl_->level = level;
  for (auto& [name, module] : impl_->modules) {
    if (!impl_->pinned.contains(name)) module->level = level;
  }
}

void Log::set_module_level(std::string_view module, Level level) {
  auto& state = impl_->state(module);
  const std::lock_guard lock(impl_->mutex);
  impl_->pinned.insert_or_assign(std::string(module), level);
  state.level = level;
}

void Log::set_levels(Level level, const std::map<std::string, Level>& modules) {
  const std::lock_guard lock(impl_->mutex);
  impl_->level = level;
  impl_->pinned = modules;
  for (auto& [name, module] : impl_->modules) {
    const auto at = modules.find(name);
    module->level = at == modules.end() ? level : at->second;
  }
}

Level Log::level(std::string_view module) const { return impl_->state(module).level; }

void Log::flush() {
  for (const RateLimit::Silenced& silenced : impl_->limit.take()) {
    const std::size_t cut = silenced.key.find('\n');
    const std::string event =
        silenced.key.substr(cut + 1, silenced.key.find('\n', cut + 1) - cut - 1);
    const Field fields[] = {{"of", event}, {"silenced", silenced.count}};
    impl_->line(silenced.key.substr(0, cut), Level::kWarn, "lines_silenced", std::begin(fields),
                std::end(fields), 0);
  }
  impl_->logger.flush();
}

bool ModuleLog::enabled(Level level) const noexcept {
  return level >= state_->level.load(std::memory_order_relaxed) && level != Level::kOff;
}

void ModuleLog::write(Level level, std::string_view event, Fields fields) const {
  log_->impl_->write(*state_, level, event, fields.begin(), fields.end());
}

}  // namespace gantry::observe
