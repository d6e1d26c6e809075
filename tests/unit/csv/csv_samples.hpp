#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/support/plugin_host.hpp"

namespace gantry::csv {

inline test::Plugin& plugin() {
  static test::Plugin loaded(GANTRY_CSV_SO);
  return loaded;
}

/// A configuration with `more` merged over partner and kind.
inline std::string config(const nlohmann::json& more = nlohmann::json::object()) {
  nlohmann::json all = {{"partner", "acme"}, {"file_kind", "load"}};
  all.update(more);
  return all.dump();
}

inline nlohmann::json column(std::string target, std::string source, std::string type = "text") {
  return {{"target", target}, {"sources", {source}}, {"type", type}};
}

/// Two columns, one of them the key.
inline nlohmann::json id_and_name() {
  return {{"columns",
           {{{"target", "id"}, {"sources", {"id"}}, {"required", true}}, column("name", "name")}},
          {"key", {"id"}}};
}

inline test::Output read(const nlohmann::json& settings, std::string_view content,
                         std::size_t chunk = SIZE_MAX, std::string_view cursor = "") {
  const test::Source source(plugin(), config(settings));
  if (source.status != GANTRY_OK) throw std::runtime_error(source.error.message);
  test::FileInfo info;
  info.name = "loads.csv";
  return source.read(content, chunk, cursor, info);
}

inline nlohmann::json metadata(const test::Record& record) {
  return nlohmann::json::parse(record.metadata);
}

/// The fields of each record as metadata.extra has them, in the order of their names.
inline std::vector<std::vector<std::string>> extras(const test::Output& output) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& record : output.records) {
    auto& row = rows.emplace_back();
    for (const auto& value : metadata(record).value("extra", nlohmann::json::object())) {
      row.push_back(value.get<std::string>());
    }
  }
  return rows;
}

}  // namespace gantry::csv
