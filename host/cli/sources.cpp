#include <nlohmann/json.hpp>

#include "host/cli/admin_client.hpp"
#include "host/cli/command.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

/// "gantry.webhook/1" → "webhook".
std::string short_name(std::string capability) {
  if (capability.starts_with("gantry.")) capability.erase(0, 7);
  return capability.substr(0, capability.find('/'));
}

std::string count(const Json& source, const char* key) {
  const auto counts = source.find("deliveries");
  if (counts == source.end() || !counts->is_object()) return "-";
  return text_at(*counts, key).value_or("-");
}

/// One flow of a source as cells; a source without one has dashes.
struct FlowCells {
  std::string records = "-";
  std::string last_success = "-";
  std::string cursor_age = "-";
  std::string next_poll = "-";
};

FlowCells flow_cells(const Json& source) {
  FlowCells cells;
  if (const auto files = source.find("files"); files != source.end()) {
    cells.records = text_at(*files, "records").value_or("-");
    cells.last_success = to_second(text_at(*files, "last_run").value_or("-"));
    cells.next_poll = to_second(text_at(*files, "next_run").value_or("-"));
  }
  const auto flows = source.find("flows");
  if (flows == source.end() || !flows->is_array() || flows->empty()) return cells;
  std::int64_t records = 0;
  bool answered = false;
  for (const Json& flow : *flows) {
    const auto seen = flow.find("records");
    if (seen == flow.end() || !seen->is_number_integer()) continue;
    records += seen->get<std::int64_t>();
    answered = true;
    if (const auto at = text_at(flow, "last_success")) cells.last_success = to_second(*at);
    if (const auto at = text_at(flow, "next_poll")) cells.next_poll = to_second(*at);
    const auto age = flow.find("cursor_age_s");
    if (age != flow.end() && age->is_number_integer()) {
      cells.cursor_age = short_time(age->get<std::int64_t>());
    }
  }
  if (answered) cells.records = std::to_string(records);
  return cells;
}

class Sources : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional("ACTION", action_, "pause, resume or poll: what NAME shall do.", false);
    arguments.positional("NAME", name_, "The source that ACTION is for.", false);
    arguments.flag("--offline", offline_, "Read configuration and plugins, not the running host.");
  }

  int run(Context& context) override {
    if (!action_.empty()) return tell(context);
    Json answer;
    if (offline_) {
      const auto config = context.load();
      if (!config) return 1;
      answer = from_configuration(context, *config);
    } else {
      const auto url = context.admin_url();
      if (!url) return 1;
      const Result<Json> got = AdminClient(*url).get("/sources");
      if (!got) return context.fail(got.error());
      answer = *got;
    }
    if (context.options.json) return context.print(answer);
    std::vector<std::vector<std::string>> rows = {
        {"ID", "PLUGIN", "VERSION", "CAPABILITIES", "STATE", "RECORDS", "LAST SUCCESS",
         "CURSOR AGE", "NEXT POLL", "ACCEPTED", "DUPLICATE", "REJECTED", "PENDING", "DEAD"}};
    for (const Json& source : answer.value("sources", Json::array())) {
      std::string capabilities;
      for (const Json& capability : source.value("capabilities", Json::array())) {
        if (!capability.is_string()) continue;
        capabilities +=
            (capabilities.empty() ? "" : ",") + short_name(capability.get<std::string>());
      }
      const std::string reason = text_at(source, "reason").value_or("");
      const FlowCells flow = flow_cells(source);
      rows.push_back({text_at(source, "id").value_or(""), text_at(source, "plugin").value_or(""),
                      text_at(source, "version").value_or(""), capabilities,
                      text_at(source, "state").value_or("") + (reason.empty() ? "" : ": " + reason),
                      flow.records, flow.last_success, flow.cursor_age, flow.next_poll,
                      count(source, "accepted"), count(source, "duplicate"),
                      count(source, "rejected"), count(source, "pending"),
                      text_at(source, "dead_letters").value_or("-")});
    }
    print_table(context.out(), rows);
    return 0;
  }

 private:
  /// Sends the signal to the flows of a source of the running host.
  int tell(Context& context) const {
    if (action_ != "pause" && action_ != "resume" && action_ != "poll") {
      context.terminal.fail("unknown action \"" + action_ + "\"; want pause, resume or poll");
      return 2;
    }
    if (name_.empty() || offline_) {
      context.terminal.fail(name_.empty() ? "name the source: gantry sources " + action_ + " NAME"
                                          : "--offline reads only; the running host is told");
      return 2;
    }
    const auto url = context.admin_url();
    if (!url) return 1;
    const Result<Json> told = AdminClient(*url).post(
        "/sources/" + percent_encoded(name_) + '/' + action_, "application/json", "");
    if (!told) return context.fail(told.error());
    if (context.options.json) return context.print(*told);
    context.err() << name_ << ": told to " << action_ << "; gantry sources shows what it does\n";
    return 0;
  }

  static Json from_configuration(const Context& context, const config::Config& config) {
    Json list = Json::array();
    const auto loaded = context.hooks.load_sources ? context.hooks.load_sources(config)
                                                   : std::vector<LoadedSource>{};
    for (std::size_t i = 0; i < config.sources.size(); ++i) {
      const config::SourceConfig& source = config.sources[i];
      Json row{{"id", source.id}, {"plugin", source.plugin}, {"state", "configured"}};
      if (!source.enabled) row["state"] = "disabled";
      if (i < loaded.size()) {
        row["version"] = loaded[i].version;
        row["capabilities"] = loaded[i].capabilities;
        if (!loaded[i].problems.empty()) {
          row["state"] = "refused";
          row["reason"] = loaded[i].problems.front();
        }
      }
      list.push_back(std::move(row));
    }
    return {{"sources", list}};
  }

  std::string action_;
  std::string name_;
  bool offline_ = false;
};

}  // namespace

std::unique_ptr<Command> make_sources() { return std::make_unique<Sources>(); }

}  // namespace gantry::cli
