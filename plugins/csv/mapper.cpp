#include "mapper.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <gantry/sdk/text.hpp>
#include <gantry/sdk/time.hpp>
#include <set>

namespace gantry::csv {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

constexpr std::size_t kKeyMax = 512;
constexpr std::size_t kExactDigits = 15;  // What every reader of JSON numbers keeps.

bool is_blank(std::string_view text) { return trim_text(text).empty(); }

/// A part of a key, so that two parts never read as one: "a:b" is "a%3Ab".
std::string key_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':') {
      out += "%3A";
    } else if (c == '%') {
      out += "%25";
    } else {
      out += c;
    }
  }
  return out;
}

std::string transform(const Column& column, std::string_view text) {
  std::string out(text);
  for (const Transform step : column.transforms) {
    switch (step) {
      case Transform::kTrim:
        out = std::string(trim_text(out));
        break;
      case Transform::kUpper:
        out = change_case(out, true);
        break;
      case Transform::kLower:
        out = change_case(out, false);
        break;
      case Transform::kDigits:
        std::erase_if(out, [](char c) { return c < '0' || c > '9'; });
        break;
    }
  }
  return out;
}

std::string listed(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
  return text;
}

}  // namespace

Mapper::Mapper(const Settings& settings, const sdk::Host& host, std::vector<std::string> header)
    : settings_(settings), host_(host), header_(std::move(header)) {
  name_columns();
  find_columns();
}

/// Blank names become column_3; a trailing delimiter names nothing.
void Mapper::name_columns() {
  while (!header_.empty() && is_blank(header_.back())) header_.pop_back();
  for (std::size_t i = 0; i < header_.size(); ++i) {
    if (is_blank(header_[i])) header_[i] = "column_" + std::to_string(i + 1);
  }
}

void Mapper::find_columns() {
  std::vector<std::string> names;
  for (const std::string& name : header_) names.push_back(normalise_header(name));
  std::vector<std::string> missing;
  std::vector<std::string> twice;
  mapped_.assign(header_.size(), false);
  for (const Column& column : settings_.columns) {
    std::optional<std::size_t> found;
    for (const std::string& source : column.sources) {
      if (source.starts_with('#')) {
        const std::size_t index = std::stoul(source.substr(1)) - 1;
        if (!settings_.header || index < names.size()) found = index;
      } else if (const auto at = std::find(names.begin(), names.end(), source); at != names.end()) {
        found = static_cast<std::size_t>(at - names.begin());
        if (std::find(at + 1, names.end(), source) != names.end()) twice.push_back(source);
      }
      if (found) break;
    }
    if (!found && column.required) missing.push_back(column.sources.front());
    if (found && *found >= mapped_.size()) mapped_.resize(*found + 1, false);
    if (found) mapped_[*found] = true;
    where_.push_back(found);
  }
  if (!missing.empty()) {
    throw Failure(Status::kData, "the first row lacks required columns: " + listed(missing) +
                                     "; is it the header, and are its names right?");
  }
  if (!twice.empty()) {
    throw Failure(Status::kData, "the header has columns twice that are needed once: " +
                                     listed(twice) + "; name them apart, or map by position");
  }
}

std::optional<Problem> Mapper::map(const std::vector<std::string>& fields, const Place& place,
                                   sdk::Record& record) {
  if (settings_.header) {
    const std::size_t count = fields.size();
    const bool long_tail =
        count > header_.size() &&
        !std::all_of(fields.begin() + std::ptrdiff_t(header_.size()), fields.end(), is_blank);
    if (count < header_.size() || long_tail) {
      return Problem{{},
                     "has " + std::to_string(count) + " fields, the header has " +
                         std::to_string(header_.size())};
    }
  }
  std::vector<Value> values(settings_.columns.size());
  Json metadata = Json::object();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Column& column = settings_.columns[i];
    const bool there = where_[i] && *where_[i] < fields.size();
    const auto why = read_value(column, there ? fields[*where_[i]] : std::string_view(), values[i]);
    if (why) return Problem{column.target, *why};
    metadata.set_if(column.target, values[i].json);
    metadata.set_if(column.target + "_zone", values[i].zone);
    if (!column.currency.empty() && !values[i].json.is_null()) {
      metadata.set(column.target + "_currency", column.currency);
    }
  }
  metadata.set_if("extra", extra_of(fields));
  Json origin = Json::object();
  origin.set("partner", settings_.partner);
  origin.set_if("file", Json(place.file));
  origin.set("line", static_cast<std::int64_t>(place.line));
  origin.set("byte", static_cast<std::int64_t>(place.offset));
  origin.set("encoding", place.encoding);
  origin.set("delimiter", std::string(1, place.delimiter));
  metadata.set("csv", std::move(origin));

  const std::string key = key_of(values, place.raw);
  record.kind = settings_.file_kind;
  record.key = settings_.partner + ':' + settings_.file_kind + ':' + key;
  record.title = title_of(values, key);
  record.text.clear();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!is_blank(fields[i])) record.text += label(i) + ": " + fields[i] + '\n';
  }
  record.raw = place.raw;
  record.metadata = metadata.dump();
  record.occurred_at_ns = GANTRY_TIME_UNKNOWN;
  if (settings_.occurred_at) {
    record.occurred_at_ns = values[*settings_.occurred_at].ns.value_or(GANTRY_TIME_UNKNOWN);
  }
  return std::nullopt;
}

std::optional<std::string> Mapper::read_value(const Column& column, std::string_view field,
                                              Value& value) {
  std::string text = transform(column, field);
  if (is_blank(text) && column.fallback) text = *column.fallback;
  if (is_blank(text)) {
    if (column.required) return "has no value";
    return std::nullopt;
  }
  if (column.type == Type::kText) {
    value.text = text;
    value.json = std::move(text);
    return std::nullopt;
  }
  const std::string_view bare = trim_text(text);
  switch (column.type) {
    case Type::kText:
      return std::nullopt;
    case Type::kInteger:
      if (const auto digits = read_integer(bare)) {
        value.text = *digits;
        value.json = digits->size() <= kExactDigits ? Json(Json::Number{*digits}) : Json(*digits);
        return std::nullopt;
      }
      return "is no whole number";
    case Type::kDecimal:
      if (const auto digits = read_decimal(bare, column.decimal, column.group)) {
        value.text = *digits;
        value.json = *digits;
        return std::nullopt;
      }
      return std::string("is no decimal number with ") + column.decimal;
    case Type::kBool:
      if (const auto truth = read_bool(bare)) {
        value.text = *truth ? "true" : "false";
        value.json = Json(*truth);
        return std::nullopt;
      }
      return "is neither yes nor no";
    case Type::kDate:
    case Type::kDateTime:
      if (read_moment(column, bare, value)) return std::nullopt;
      return "is no " + column.format;
  }
  return std::nullopt;
}

bool Mapper::read_moment(const Column& column, std::string_view text, Value& value) {
  const auto time = read_time(text, column.format);
  if (!time) return false;
  auto zone = zones_.find(column.tz);
  if (zone == zones_.end()) zone = zones_.emplace(column.tz, Zone(column.tz)).first;
  value.ns = zone->second.to_utc(*time);
  if (!value.ns) return false;
  if (column.type == Type::kDate) {
    value.text = date_text(*time);
  } else {
    value.text = sdk::to_rfc3339(*value.ns);
    value.zone = column.tz;
    if (time->offset_minutes) {
      const int minutes = std::abs(*time->offset_minutes);
      char offset[8];
      std::snprintf(offset, sizeof offset, "%c%02d:%02d", *time->offset_minutes < 0 ? '-' : '+',
                    minutes / 60 % 100, minutes % 60);
      value.zone = std::string(offset);
    }
  }
  value.json = value.text;
  return true;
}

std::string Mapper::key_of(const std::vector<Value>& values, std::string_view raw) const {
  std::string key;
  bool whole = !settings_.key.empty();
  for (const std::size_t index : settings_.key) {
    // An empty part must never bring two rows together.
    whole &= !values[index].text.empty();
    if (!key.empty()) key += ':';
    key += key_part(values[index].text);
  }
  const std::size_t room = kKeyMax - settings_.partner.size() - settings_.file_kind.size() - 2;
  if (whole && key.size() <= room) return key;
  return sdk::to_hex(host_.digest(sdk::Hash::kSha256, {whole ? key : raw}).view());
}

std::string Mapper::title_of(const std::vector<Value>& values, std::string_view key) const {
  if (settings_.title.empty()) return settings_.file_kind + ' ' + std::string(key);
  std::string title;
  std::string_view rest = settings_.title;
  for (std::size_t at = rest.find('{'); at != rest.npos; at = rest.find('{')) {
    title += rest.substr(0, at);
    const std::size_t end = rest.find('}', at);
    const std::string_view target = rest.substr(at + 1, end - at - 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (settings_.columns[i].target == target) title += values[i].text;
    }
    rest.remove_prefix(end + 1);
  }
  return title + std::string(rest);
}

std::string Mapper::label(std::size_t index) const {
  if (index < header_.size()) return std::string(trim_text(header_[index]));
  return "column_" + std::to_string(index + 1);
}

Json Mapper::extra_of(const std::vector<std::string>& fields) const {
  Json extra = Json::object();
  std::set<std::string> taken;  // A repeated name becomes name_2.
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string name = label(i);
    for (int again = 2; !taken.insert(name).second; ++again) {
      name = label(i) + '_' + std::to_string(again);
    }
    if (i < mapped_.size() && mapped_[i]) continue;
    extra.set_if(name, fields[i]);
  }
  return extra;
}

}  // namespace gantry::csv
