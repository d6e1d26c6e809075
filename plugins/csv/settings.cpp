#include "settings.hpp"

#include <gantry/sdk/settings.hpp>
#include <set>

#include "values.hpp"

namespace gantry::csv {
namespace {

using sdk::Json;

std::vector<Transform> read_transforms(const sdk::Settings& config) {
  std::vector<Transform> all;
  for (const std::string& word : config.texts("transform")) {
    if (word == "trim") {
      all.push_back(Transform::kTrim);
    } else if (word == "upper") {
      all.push_back(Transform::kUpper);
    } else if (word == "lower") {
      all.push_back(Transform::kLower);
    } else if (word == "digits") {
      all.push_back(Transform::kDigits);
    } else {
      sdk::Settings::refuse("transform", "is none of trim, upper, lower, digits");
    }
  }
  return all;
}

Column read_column(const sdk::Settings& config) {
  Column column;
  column.target = config.need_text("target");
  if (column.target == "extra" || column.target == "csv") {
    sdk::Settings::refuse("target", "is a name that every document uses already");
  }
  for (const std::string& source : config.texts("sources")) {
    const bool position = source.starts_with('#');
    column.sources.push_back(position ? source : normalise_header(source));
    const bool digits = source.find_first_not_of("0123456789", 1) == std::string::npos;
    if (column.sources.back().empty() ||
        (position && (source.size() < 2 || source.size() > 5 || !digits || source[1] == '0'))) {
      sdk::Settings::refuse("sources", "holds a name without a letter or a position like #0");
    }
  }
  if (column.sources.empty()) sdk::Settings::refuse("sources", "is empty");
  column.type = config.choose<Type>("type", {{"text", Type::kText},
                                             {"integer", Type::kInteger},
                                             {"decimal", Type::kDecimal},
                                             {"date", Type::kDate},
                                             {"datetime", Type::kDateTime},
                                             {"bool", Type::kBool}});
  column.format = config.text("format");
  column.tz = config.text("tz", "UTC");
  column.decimal = config.text("decimal", ".") == "," ? ',' : '.';
  const std::string group = config.text("group");
  column.group = group.empty() ? '\0' : group[0];
  column.currency = config.text("currency");
  column.required = config.flag("required", false);
  if (config.has("default")) column.fallback = config.text("default");
  column.transforms = read_transforms(config);

  if (column.type == Type::kDecimal && column.decimal == column.group) {
    sdk::Settings::refuse("group", "is the same as decimal");
  }
  if (column.type == Type::kDate || column.type == Type::kDateTime) {
    if (const auto why = why_no_format(column.format, column.type == Type::kDate)) {
      sdk::Settings::refuse("format", *why);
    }
    if (!is_zone(column.tz)) sdk::Settings::refuse("tz", "is no time zone that is known here");
  }
  return column;
}

/// A failure about a column of the list, with its place in the pointer.
Column read_column_at(const Json& item, std::size_t index) {
  try {
    return read_column(sdk::Settings(item.dump()));
  } catch (const sdk::Failure& failure) {
    const std::string place = "/columns/" + std::to_string(index);
    sdk::refuse_setting(place + std::string(sdk::view(failure.abi().pointer)),
                        "column " + std::to_string(index + 1) + ": " + failure.what());
  }
}

std::size_t find_target(const Settings& settings, std::string_view key, std::string_view target) {
  for (std::size_t i = 0; i < settings.columns.size(); ++i) {
    if (settings.columns[i].target == target) return i;
  }
  sdk::Settings::refuse(key, "names " + std::string(target) + ", which is no target of columns");
}

void check_title(const Settings& settings) {
  for (std::size_t at = settings.title.find('{'); at != std::string::npos;
       at = settings.title.find('{', at + 1)) {
    const std::size_t end = settings.title.find('}', at);
    if (end == std::string::npos) sdk::Settings::refuse("title", "has { without }");
    find_target(settings, "title", std::string_view(settings.title).substr(at + 1, end - at - 1));
  }
}

}  // namespace

Settings read_settings(std::string_view text) {
  const sdk::Settings config(text);
  Settings settings;
  settings.partner = config.need_text("partner");
  settings.file_kind = config.need_text("file_kind");
  const std::string delimiter = config.text("delimiter", "auto");
  if (delimiter != "auto") {
    if (delimiter.size() != 1) sdk::Settings::refuse("delimiter", "is not one character");
    settings.delimiter = delimiter[0];
  }
  const std::string quote = config.text("quote", "\"");
  if (quote != "none" && quote.size() != 1) sdk::Settings::refuse("quote", "is not one character");
  settings.quote = quote == "none" ? '\0' : quote[0];
  settings.backslash = config.choose<bool>("escape", {{"double", false}, {"backslash", true}});
  settings.skip_initial_space = config.flag("skip_initial_space", false);
  settings.comment = config.text("comment", "#");
  settings.skip_lines = config.integer("skip_lines", 0, 1000, 0);
  settings.header = config.choose<bool>("header", {{"required", true}, {"none", false}});
  settings.encoding = config.text("encoding", "auto");
  if (settings.encoding == "auto") settings.encoding.clear();
  settings.fallback_encoding = config.text("fallback_encoding", "windows-1252");
  if (settings.fallback_encoding == "none") settings.fallback_encoding.clear();
  settings.strip_nul = config.flag("strip_nul", false);
  for (const std::string& word :
       config.texts("totals", {"total", "totals", "grand total", "summe", "gesamt"})) {
    settings.totals.push_back(change_case(word, false));
  }
  settings.require_final_line_end = config.flag("require_final_line_end", false);

  const auto& columns = config.json()["columns"].items();
  std::set<std::string> targets;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    settings.columns.push_back(read_column_at(columns[i], i));
    if (!targets.insert(settings.columns.back().target).second) {
      sdk::refuse_setting("/columns/" + std::to_string(i) + "/target",
                          "target " + settings.columns.back().target + " is there twice");
    }
    for (const std::string& source : settings.columns.back().sources) {
      if (settings.header || source.starts_with('#')) continue;
      sdk::refuse_setting("/columns/" + std::to_string(i) + "/sources",
                          "without a header a source is a position, #1");
    }
  }
  for (const std::string& target : config.texts("key")) {
    settings.key.push_back(find_target(settings, "key", target));
  }
  settings.title = config.text("title");
  check_title(settings);
  if (const std::string when = config.text("occurred_at"); !when.empty()) {
    settings.occurred_at = find_target(settings, "occurred_at", when);
    const Type type = settings.columns[*settings.occurred_at].type;
    if (type != Type::kDate && type != Type::kDateTime) {
      sdk::Settings::refuse("occurred_at", "names a target that is neither date nor datetime");
    }
  }
  settings.bad_rows_max = static_cast<std::size_t>(config.integer("bad_rows_max", 0, 200, 100));
  settings.file_bytes_max = static_cast<std::uint64_t>(
      config.integer("file_bytes_max", 1, std::int64_t{1} << 50, std::int64_t{1} << 30));
  settings.row_bytes_max =
      static_cast<std::size_t>(config.integer("row_bytes_max", 64, 16 << 20, 1 << 20));
  settings.field_bytes_max =
      static_cast<std::size_t>(config.integer("field_bytes_max", 16, 16 << 20, 256 << 10));
  settings.columns_max = static_cast<std::size_t>(config.integer("columns_max", 1, 4096, 512));
  return settings;
}

}  // namespace gantry::csv
