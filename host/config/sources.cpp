#include <filesystem>

#include "host/base/redact.hpp"
#include "host/config/merge.hpp"
#include "host/config/toml_document.hpp"

namespace gantry::config {
namespace {

/// "conf.d/50-front-ops.toml" → "front-ops".
std::string id_of_file(const std::string& path) {
  std::string name = std::filesystem::path(path).stem().string();
  const std::size_t dash = name.find('-');
  if (dash != std::string::npos && dash > 0 && name.find_first_not_of("0123456789") == dash) {
    name.erase(0, dash + 1);
  }
  return name;
}

bool is_reference(const Json& value) {
  if (value.is_array()) return std::all_of(value.begin(), value.end(), is_reference);
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.starts_with("env:") || text.starts_with("file:");
}

void explain_settings(const TomlDocument& document, const SourceConfig& source,
                      std::vector<ExplainRow>& rows) {
  for (const TomlLeaf& leaf : document.leaves) {
    if (!leaf.key.starts_with("settings.")) continue;
    const Json value = Json::parse(leaf.json);
    // The schema that knows the secrets is not here: names decide, and a reference is harmless.
    const std::string_view name = std::string_view(leaf.key).substr(leaf.key.rfind('.') + 1);
    const bool hide = names_secret(name) && !is_reference(value);
    rows.push_back({source.id + '.' + leaf.key,
                    hide                ? std::string(kMasked)
                    : value.is_string() ? value.get<std::string>()
                                        : leaf.json,
                    Origin{Origin::Kind::kFile, document.path, leaf.line}.text(),
                    {}});
  }
}

}  // namespace

Origin SourceConfig::origin(std::string_view pointer) const {
  for (;;) {
    if (const auto at = setting_lines.find(pointer); at != setting_lines.end()) {
      return {Origin::Kind::kFile, file, at->second};
    }
    const std::size_t slash = pointer.rfind('/');
    if (slash == std::string_view::npos) return {Origin::Kind::kFile, file, line};
    pointer = pointer.substr(0, slash);
  }
}

void read_source(const TomlDocument& document, Config& config, std::vector<Problem>& problems) {
  SourceConfig source;
  source.file = document.path;
  source.id = id_of_file(document.path);
  source.line = document.line_of("/source");

  Merge<SourceConfig> merge(source_options(), problems);
  for (const TomlLeaf& leaf : document.leaves) {
    const Origin origin{Origin::Kind::kFile, document.path, leaf.line};
    if (leaf.key == "settings" || leaf.key.starts_with("settings.")) continue;
    if (leaf.key == "source" || leaf.key.starts_with("source.")) {
      merge.offer(leaf.key, {origin, leaf.json, true});
    } else {
      problems.push_back({origin, "unknown key " + leaf.key +
                                      " in a source file: it holds [source] and [settings]; host "
                                      "settings belong in a file without [source]"});
    }
  }
  const std::string from_file = source.id;
  std::vector<ExplainRow> rows;
  merge.apply(source, {}, rows);
  for (ExplainRow& row : rows) {
    row.key = source.id + '.' + row.key;
    config.explain.push_back(std::move(row));
  }
  if (source.id == from_file) {
    for (const auto& option : source_options()) {
      if (option.spec.key != "source.id") continue;
      if (const auto checked = read_text(option.spec, source.id); !checked || source.id.empty()) {
        problems.push_back({{Origin::Kind::kFile, document.path, source.line},
                            "source.id: the file's name gives \"" + source.id +
                                "\", which is no source id; set source.id"});
      }
    }
  }
  if (source.plugin.empty()) source.plugin = source.id;
  if (source.library.empty()) {
    source.library =
        (std::filesystem::path(config.host.plugin_dir) / (source.plugin + ".so")).string();
  }

  const Json tree = Json::parse(document.json);
  if (const auto settings = tree.find("settings"); settings != tree.end()) {
    if (settings->is_object()) {
      source.settings = settings->dump();
    } else {
      problems.push_back({{Origin::Kind::kFile, document.path, document.line_of("/settings")},
                          "settings: want a table, [settings]"});
    }
  }
  constexpr std::string_view kRoot = "/settings";
  for (const auto* list : {&document.tables, &document.leaves}) {
    for (const TomlLeaf& leaf : *list) {
      if (!leaf.pointer.starts_with(kRoot)) continue;
      source.setting_lines.emplace(leaf.pointer.substr(kRoot.size()), leaf.line);
    }
  }
  explain_settings(document, source, config.explain);
  config.sources.push_back(std::move(source));
}

}  // namespace gantry::config
