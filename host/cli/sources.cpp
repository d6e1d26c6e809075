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

class Sources : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--offline", offline_, "Read configuration and plugins, not the running host.");
  }

  int run(Context& context) override {
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
    std::vector<std::vector<std::string>> rows = {{"ID", "PLUGIN", "VERSION", "CAPABILITIES",
                                                   "STATE", "ACCEPTED", "DUPLICATE", "REJECTED",
                                                   "PENDING", "DEAD"}};
    for (const Json& source : answer.value("sources", Json::array())) {
      std::string capabilities;
      for (const Json& capability : source.value("capabilities", Json::array())) {
        if (!capability.is_string()) continue;
        capabilities +=
            (capabilities.empty() ? "" : ",") + short_name(capability.get<std::string>());
      }
      const std::string reason = text_at(source, "reason").value_or("");
      rows.push_back({text_at(source, "id").value_or(""), text_at(source, "plugin").value_or(""),
                      text_at(source, "version").value_or(""), capabilities,
                      text_at(source, "state").value_or("") + (reason.empty() ? "" : ": " + reason),
                      count(source, "accepted"), count(source, "duplicate"),
                      count(source, "rejected"), count(source, "pending"), count(source, "dead")});
    }
    print_table(context.out(), rows);
    return 0;
  }

 private:
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

  bool offline_ = false;
};

}  // namespace

std::unique_ptr<Command> make_sources() { return std::make_unique<Sources>(); }

}  // namespace gantry::cli
