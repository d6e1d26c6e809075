#include <nlohmann/json.hpp>

#include "host/cli/command.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

std::string joined(const Json& manifest, const char* key) {
  std::string text;
  const auto list = manifest.find(key);
  if (list == manifest.end() || !list->is_array()) return text;
  for (const Json& item : *list) {
    if (item.is_string()) text += (text.empty() ? "" : ", ") + item.get<std::string>();
  }
  return text;
}

class PluginInspect : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional("FILE", file_, "The shared object.", true);
  }

  int run(Context& context) override {
    if (!context.hooks.inspect_plugin) {
      return context.terminal.fail("this build cannot read plugins");
    }
    const Result<std::string> text = context.hooks.inspect_plugin(file_);
    if (!text) return context.fail(text.error());
    const Result<Json> manifest = parse_json(*text);
    if (!manifest) return context.fail(manifest.error());
    if (context.options.json) return context.print(*manifest);

    print_table(context.out(), {{"id", text_at(*manifest, "id").value_or("")},
                                {"version", text_at(*manifest, "version").value_or("")},
                                {"description", text_at(*manifest, "description").value_or("")},
                                {"capabilities", joined(*manifest, "capabilities")},
                                {"services", joined(*manifest, "services")}});
    print_settings(context, manifest->value("config_schema", Json::object()));
    return 0;
  }

 private:
  static void print_settings(Context& context, const Json& schema) {
    const auto properties = schema.find("properties");
    if (properties == schema.end() || !properties->is_object() || properties->empty()) return;
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, property] : properties->items()) {
      const auto secret = property.find("x-gantry-secret");
      const bool marked = secret != property.end() && *secret != false;
      const auto fallback = property.find("default");
      rows.push_back({"  " + name, marked ? "secret" : text_at(property, "type").value_or(""),
                      fallback == property.end() ? "" : "default " + fallback->dump(),
                      text_at(property, "description").value_or("")});
    }
    context.out() << "settings\n";
    print_table(context.out(), rows);
  }

  std::string file_;
};

}  // namespace

std::unique_ptr<Command> make_plugin_inspect() { return std::make_unique<PluginInspect>(); }

}  // namespace gantry::cli
