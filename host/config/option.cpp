#include "host/config/option.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>

#include "host/base/time.hpp"
#include "host/config/cron.hpp"

namespace gantry::config {
namespace {

Error wanted(std::string_view want, std::string_view got) {
  return {ErrorKind::kInvalid,
          "want " + std::string(want) + ", got \"" + std::string(got.substr(0, 80)) + '"'};
}

bool read_integer(std::string_view text, std::int64_t& out) {
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && rest == text.data() + text.size();
}

std::string range_of(const OptionSpec& spec) {
  return std::to_string(spec.min) + " to " + std::to_string(spec.max);
}

Result<OptionValue> read_number(const OptionSpec& spec, std::string_view text) {
  OptionValue value;
  value.text = text;
  if (!read_integer(text, value.number) || value.number < spec.min || value.number > spec.max) {
    return wanted("a whole number from " + range_of(spec), text);
  }
  return value;
}

Result<OptionValue> read_bytes(const OptionSpec& spec, std::string_view text) {
  std::string_view digits = text;
  int shift = 0;
  for (const auto& [unit, bits] :
       {std::pair<std::string_view, int>{"KiB", 10}, {"MiB", 20}, {"GiB", 30}}) {
    if (!digits.ends_with(unit)) continue;
    digits.remove_suffix(unit.size());
    shift = bits;
    break;
  }
  OptionValue value;
  value.text = text;
  const bool fits = read_integer(digits, value.number) && value.number >= 0 &&
                    value.number <= (INT64_MAX >> shift);
  if (fits) value.number <<= shift;
  if (!fits || value.number < spec.min || value.number > spec.max) {
    return wanted("bytes from " + range_of(spec) + ", e.g. 1048576 or \"1MiB\"", text);
  }
  return value;
}

Result<OptionValue> read_duration(const OptionSpec& spec, std::string_view text) {
  const auto parsed = parse_duration(text);
  if (!parsed) return wanted("a duration such as \"250ms\", \"30s\", \"15m\", \"24h\"", text);
  if (parsed->count() < spec.min || parsed->count() > spec.max) {
    return wanted(
        "a duration from " + std::to_string(spec.min) + "ms to " + std::to_string(spec.max) + "ms",
        text);
  }
  OptionValue value;
  value.text = text;
  value.duration = *parsed;
  return value;
}

Result<OptionValue> read_bool(std::string_view text) {
  OptionValue value;
  value.text = text;
  for (const std::string_view yes : {"true", "1", "yes", "on"}) {
    if (text == yes) {
      value.flag = true;
      value.text = "true";
      return value;
    }
  }
  for (const std::string_view no : {"false", "0", "no", "off"}) {
    if (text == no) {
      value.text = "false";
      return value;
    }
  }
  return wanted("true or false", text);
}

bool is_address(std::string_view text) {
  // The last colon: an IPv6 address stands in brackets, [::1]:7233.
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon);
  std::int64_t port = 0;
  if (!read_integer(text.substr(colon + 1), port) || port < 0 || port > 65535) return false;
  if (host.front() == '[') {
    return host.back() == ']' && host.size() > 3 &&
           host.find_first_not_of("0123456789abcdefABCDEF:.[]%") == std::string_view::npos;
  }
  return host.find_first_of(":/ @?#\t") == std::string_view::npos;
}

bool is_url(std::string_view text) {
  static const std::regex form("https?://[A-Za-z0-9.\\-_\\[\\]:]+(/[^\\s]*)?");
  return std::regex_match(text.begin(), text.end(), form);
}

std::string or_list(std::string_view choices) {
  std::string out;
  for (std::size_t at = 0; at <= choices.size();) {
    const std::size_t end = std::min(choices.find('|', at), choices.size());
    out += (out.empty() ? "" : " or ") + std::string(choices.substr(at, end - at)) + "://";
    at = end + 1;
  }
  return out;
}

/// The text itself stays out of every message: a password may be in it.
std::optional<Error> refuse_store_url(const OptionSpec& spec, std::string_view text) {
  if (spec.choices.empty()) {
    return Error{ErrorKind::kInvalid,
                 "no store server is known here; leave it empty for the embedded store"};
  }
  const std::string want = "want a URL that begins with " + or_list(spec.choices);
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return Error{ErrorKind::kInvalid, want};
  const std::string scheme(text.substr(0, colon));
  if (("|" + std::string(spec.choices) + "|").find("|" + scheme + "|") == std::string::npos) {
    const bool plain = std::ranges::all_of(scheme, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+';
    });
    return Error{ErrorKind::kInvalid, want + (plain ? ", not " + scheme + "://" : std::string())};
  }
  const std::string rest(text.substr(colon + 3));
  const std::string user = rest.substr(0, rest.find_first_of("/?"));
  const std::size_t at = user.rfind('@');
  static const std::regex secret("[?&][A-Za-z_]*pass(word|wd|phrase)?=", std::regex::icase);
  if ((at != std::string::npos && user.substr(0, at).find(':') != std::string::npos) ||
      std::regex_search(rest, secret)) {
    return Error{ErrorKind::kInvalid,
                 "the password itself is written here; take it out and give a reference to it as " +
                     std::string(spec.key.substr(0, spec.key.rfind('.'))) + ".password"};
  }
  static const std::regex form("([^@/?\\s]*@)?[A-Za-z0-9.\\-_\\[\\]:%,]+(/[^?\\s]*)?(\\?[^\\s]*)?");
  if (!std::regex_match(rest, form)) {
    return Error{ErrorKind::kInvalid, want + " and goes on user@host:port/name?option=value"};
  }
  return std::nullopt;
}

Result<OptionValue> read_list(const OptionSpec& spec, std::vector<std::string> items) {
  OptionValue value;
  for (const std::string& item : items) {
    if (!spec.pattern.empty() && !std::regex_match(item, std::regex(std::string(spec.pattern)))) {
      return wanted("a list of items of the form " + std::string(spec.pattern), item);
    }
    value.text += (value.text.empty() ? "" : ",") + item;
  }
  value.list = std::move(items);
  return value;
}

std::string_view type_name(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string:
      return "a text";
    case Json::value_t::boolean:
      return "true or false";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return "a whole number";
    case Json::value_t::number_float:
      return "a number with a fraction";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "a table";
    case Json::value_t::null:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      return "nothing";
  }
  return "nothing";
}

Error wrong_type(std::string_view want, const Json& value) {
  return {ErrorKind::kInvalid,
          "want " + std::string(want) + ", not " + std::string(type_name(value))};
}

}  // namespace

Result<OptionValue> read_text(const OptionSpec& spec, std::string_view text) {
  OptionValue value;
  value.text = text;
  // A setting may be left out by writing nothing only where nothing is its default.
  if (text.empty() && !spec.fallback.empty()) {
    return wanted("a value such as \"" + std::string(spec.fallback) + '"', text);
  }
  switch (spec.type) {
    case OptionType::kBool:
      return read_bool(text);
    case OptionType::kInteger:
      return read_number(spec, text);
    case OptionType::kBytes:
      return read_bytes(spec, text);
    case OptionType::kDuration:
      return read_duration(spec, text);
    case OptionType::kTextList: {
      std::vector<std::string> items;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        items.emplace_back(text.substr(at, comma - at));
        at = comma + 1;
      }
      return read_list(spec, std::move(items));
    }
    case OptionType::kText:
      if (!text.empty() && !spec.pattern.empty() &&
          !std::regex_match(value.text, std::regex(std::string(spec.pattern)))) {
        return wanted("a text of the form " + std::string(spec.pattern), text);
      }
      return value;
    case OptionType::kAddress:
      if (!text.empty() && !is_address(text)) return wanted("host:port (port 0 to 65535)", text);
      return value;
    case OptionType::kUrl:
      if (!text.empty() && !is_url(text)) return wanted("an http:// or https:// URL", text);
      return value;
    case OptionType::kStoreUrl:
      if (!text.empty()) {
        if (auto refused = refuse_store_url(spec, text)) return *refused;
      }
      return value;
    case OptionType::kPath:
      return value;
    case OptionType::kFile:
      if (!text.empty() && ::access(value.text.c_str(), R_OK) != 0) {
        return wanted("a file that exists and is readable", text);
      }
      return value;
    case OptionType::kSchedule:
      if (text.empty()) return value;
      if (const auto problem = cron_problem(text)) return Error{ErrorKind::kInvalid, *problem};
      return value;
    case OptionType::kTimeZone:
      if (!is_time_zone(text)) {
        return wanted("a name of the IANA database, e.g. \"Europe/Berlin\" or \"UTC\"", text);
      }
      return value;
    case OptionType::kChoice:
      for (std::size_t at = 0; at <= spec.choices.size();) {
        const std::size_t end = std::min(spec.choices.find('|', at), spec.choices.size());
        if (spec.choices.substr(at, end - at) == text) return value;
        at = end + 1;
      }
      return wanted("one of " + std::string(spec.choices), text);
    case OptionType::kSecret:
      // The text itself stays out of the message: it may be the secret.
      if (!text.empty() && !text.starts_with("env:") && !text.starts_with("file:")) {
        return Error{ErrorKind::kInvalid,
                     "a secret is not written here: put it into a variable or a file and write "
                     "\"env:NAME\" or \"file:PATH\""};
      }
      return value;
  }
  return Error{ErrorKind::kInternal, "option type out of range"};
}

Result<OptionValue> read_json(const OptionSpec& spec, const Json& value) {
  switch (spec.type) {
    case OptionType::kBool:
      if (!value.is_boolean()) return wrong_type("true or false", value);
      return read_text(spec, value.get<bool>() ? "true" : "false");
    case OptionType::kInteger:
      if (!value.is_number_integer()) {
        return wrong_type("a whole number from " + range_of(spec), value);
      }
      return read_text(spec, value.dump());
    case OptionType::kBytes:
      if (value.is_number_integer()) return read_text(spec, value.dump());
      if (!value.is_string()) return wrong_type("bytes, e.g. 1048576 or \"1MiB\"", value);
      return read_text(spec, value.get_ref<const std::string&>());
    case OptionType::kTextList: {
      if (!value.is_array()) return wrong_type("a list of texts", value);
      std::vector<std::string> items;
      for (const Json& item : value) {
        if (!item.is_string()) return wrong_type("a list of texts", item);
        items.push_back(item.get<std::string>());
      }
      return read_list(spec, std::move(items));
    }
    case OptionType::kText:
    case OptionType::kDuration:
    case OptionType::kAddress:
    case OptionType::kUrl:
    case OptionType::kStoreUrl:
    case OptionType::kPath:
    case OptionType::kFile:
    case OptionType::kChoice:
    case OptionType::kSecret:
    case OptionType::kSchedule:
    case OptionType::kTimeZone:
      if (!value.is_string()) {
        return wrong_type(
            spec.type == OptionType::kDuration ? "a duration such as \"30s\"" : "a text", value);
      }
      return read_text(spec, value.get_ref<const std::string&>());
  }
  return Error{ErrorKind::kInternal, "option type out of range"};
}

bool matches(const OptionSpec& spec, std::string_view key, std::string* name) {
  if (!spec.key.ends_with('*')) return spec.key == key;
  const std::string_view prefix = spec.key.substr(0, spec.key.size() - 1);
  if (!key.starts_with(prefix) || key.size() == prefix.size()) return false;
  if (name != nullptr) *name = key.substr(prefix.size());
  return true;
}

}  // namespace gantry::config
