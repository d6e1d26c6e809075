#include "host/app/logging.hpp"

#include <nlohmann/json.hpp>

namespace gantry::app {
namespace {

using observe::Level;

Level level_of(ingress::LogLevel level) {
  switch (level) {
    case ingress::LogLevel::kDebug:
      return Level::kDebug;
    case ingress::LogLevel::kInfo:
      return Level::kInfo;
    case ingress::LogLevel::kWarn:
      return Level::kWarn;
    case ingress::LogLevel::kError:
      return Level::kError;
  }
  return Level::kError;
}

Level level_of(plugins::LogLevel level) {
  switch (level) {
    case plugins::LogLevel::kDebug:
      return Level::kDebug;
    case plugins::LogLevel::kInfo:
      return Level::kInfo;
    case plugins::LogLevel::kWarn:
      return Level::kWarn;
    case plugins::LogLevel::kError:
      return Level::kError;
  }
  return Level::kError;
}

Level level_of(temporal::LogLevel level) {
  switch (level) {
    case temporal::LogLevel::kTrace:
      return Level::kTrace;
    case temporal::LogLevel::kDebug:
      return Level::kDebug;
    case temporal::LogLevel::kInfo:
      return Level::kInfo;
    case temporal::LogLevel::kWarn:
      return Level::kWarn;
    case temporal::LogLevel::kError:
      return Level::kError;
  }
  return Level::kError;
}

Level level_of(temporal::workflow::LogLevel level) {
  switch (level) {
    case temporal::workflow::LogLevel::kDebug:
      return Level::kDebug;
    case temporal::workflow::LogLevel::kInfo:
      return Level::kInfo;
    case temporal::workflow::LogLevel::kWarning:
      return Level::kWarn;
    case temporal::workflow::LogLevel::kError:
      return Level::kError;
  }
  return Level::kError;
}

}  // namespace

ingress::LogSink ingress_log(observe::Log& log, std::string module) {
  return [&log, module = std::move(module)](ingress::LogLevel level, std::string_view event,
                                            const ingress::LogFields& fields) {
    std::vector<observe::Field> out;
    for (const auto& [name, value] : fields) out.emplace_back(name, value);
    log.write(module, level_of(level), event, out);
  };
}

plugins::LogSink plugins_log(observe::Log& log) {
  plugins::LogSink sink;
  sink.enabled = [&log](plugins::LogLevel level) {
    return log.level("plugins") <= level_of(level);
  };
  sink.write = [&log](plugins::LogLevel level, std::string_view source, std::string_view event,
                      std::span<const plugins::LogField> fields) {
    std::vector<observe::Field> out;
    if (!source.empty()) out.emplace_back(observe::kSource, source);
    for (const auto& field : fields) out.emplace_back(field.name, field.value);
    log.write("plugins", level_of(level), event, out);
  };
  return sink;
}

temporal::LogSink temporal_log(observe::Log& log) {
  return [&log](const temporal::LogLine& line) {
    if (log.level("temporal") > level_of(line.level)) return;
    const auto fields = parse_json(line.fields);
    std::vector<std::string> texts;  // own what the views below point at
    std::vector<observe::Field> out;
    if (fields && fields->is_object()) {
      texts.reserve(fields->size());
      for (const auto& [name, value] : fields->items()) {
        texts.push_back(value.is_string() ? value.get<std::string>() : value.dump());
        out.emplace_back(std::string_view(name), texts.back());
      }
    }
    out.emplace_back("target", line.target);
    log.write("temporal", level_of(line.level), line.event, out);
  };
}

void WorkflowLog::write(const temporal::workflow::LogRecord& record) noexcept {
  std::vector<observe::Field> out;
  out.emplace_back(observe::kWorkflow, record.info.workflow_id);
  out.emplace_back(observe::kRun, record.info.run_id);
  out.emplace_back("type", record.info.workflow_type);
  for (const auto& [name, value] : record.fields) out.emplace_back(name, value);
  log_.write("workflow", level_of(record.level), record.event, out);
}

}  // namespace gantry::app
