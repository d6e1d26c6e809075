#include "host/config/secrets.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "host/base/json.hpp"

namespace gantry::config {
namespace {

constexpr std::string_view kMark = "x-gantry-secret";
constexpr std::string_view kRemedy = "write \"env:NAME\" or \"file:PATH\"";
constexpr std::streamoff kSecretBytesMax = 64 * 1024;

Result<std::string> from_file(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return Error{ErrorKind::kNotFound, "secret file " + path + ": " + std::strerror(errno) +
                                           "; create it with mode 0600"};
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorKind::kInvalid, "secret file " + path + " is no regular file"};
  }
  if ((status.st_mode & 077) != 0) {
    return Error{ErrorKind::kDenied,
                 "secret file " + path + " is open to group or others; run: chmod 600 " + path};
  }
  if (status.st_size > kSecretBytesMax) {
    return Error{ErrorKind::kInvalid, "secret file " + path + " is larger than 64 KiB"};
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Error{ErrorKind::kDenied,
                 "secret file " + path + " cannot be read; make the host's user its owner"};
  }
  std::ostringstream bytes;
  bytes << file.rdbuf();
  std::string value = bytes.str();
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  if (value.empty()) return Error{ErrorKind::kInvalid, "secret file " + path + " is empty"};
  return value;
}

std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return text;
}

bool is_secret(const Json& schema) {
  const auto mark = schema.find(kMark);
  return mark != schema.end() && (mark->is_string() || (mark->is_boolean() && mark->get<bool>()));
}

/// The schema's secrets in the order they are written, as pointers into the settings.
void list_secrets(const nlohmann::ordered_json& schema, const std::string& at, std::string& main,
                  std::string& webhook) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return;
  for (const auto& [name, property] : properties->items()) {
    if (!property.is_object()) continue;
    const std::string pointer = at + '/' + escaped(name);
    const auto mark = property.find(std::string(kMark));
    const bool marked = mark != property.end() && *mark != false;
    if (marked && main.empty()) main = pointer;
    if (marked && *mark == "webhook" && webhook.empty()) webhook = pointer;
    list_secrets(property, pointer, main, webhook);
  }
}

class Resolver {
 public:
  Resolver(const SourceConfig& source, const Environment& environment)
      : source_(source), environment_(environment) {}

  void walk(const Json& schema, Json& value, const std::string& pointer) {
    if (!schema.is_object()) return;
    if (is_secret(schema)) {
      take(value, pointer);
      // A rotation lists several; a schema that asks for one text gets the newest.
      const auto type = schema.find("type");
      if (value.is_array() && !value.empty() && type != schema.end() && *type == "string") {
        Json newest = value.front();
        value = std::move(newest);
      }
      return;
    }
    if (value.is_object()) {
      const auto properties = schema.find("properties");
      if (properties == schema.end() || !properties->is_object()) return;
      for (const auto& [name, property] : properties->items()) {
        const auto inner = value.find(name);
        if (inner != value.end()) walk(property, *inner, pointer + '/' + escaped(name));
      }
    } else if (value.is_array()) {
      const auto items = schema.find("items");
      if (items == schema.end()) return;
      for (std::size_t i = 0; i < value.size(); ++i) {
        walk(*items, value[i], pointer + '/' + std::to_string(i));
      }
    }
  }

  std::map<std::string, std::vector<std::string>> secrets;
  std::vector<Problem> problems;

 private:
  void take(const Json& value, const std::string& pointer) {
    if (value.is_array()) {
      std::size_t index = 0;
      for (const Json& item : value) one(item, pointer, pointer + '/' + std::to_string(index++));
      if (value.empty())
        problem(pointer, pointer, "no secret in the list; " + std::string(kRemedy));
    } else {
      one(value, pointer, pointer);
    }
  }

  void one(const Json& value, const std::string& pointer, const std::string& at) {
    if (!value.is_string()) {
      problem(pointer, at, "want a reference to a secret: " + std::string(kRemedy));
      return;
    }
    const auto& reference = value.get_ref<const std::string&>();
    if (!reference.starts_with("env:") && !reference.starts_with("file:")) {
      problem(pointer, at,
              "the secret itself is written here; take it out, put it into a variable or a file "
              "and " +
                  std::string(kRemedy));
      return;
    }
    const Result<std::string> secret = resolve_secret(reference, environment_);
    if (!secret) {
      problem(pointer, at, secret.error().what);
      return;
    }
    secrets[pointer].push_back(*secret);
  }

  void problem(const std::string& pointer, const std::string& at, const std::string& what) {
    problems.push_back({source_.origin(at), "settings" + pointer + ": " + what});
  }

  const SourceConfig& source_;
  const Environment& environment_;
};

bool names(const Json& secret, const std::string& reference) {
  return secret == reference ||
         (secret.is_array() && std::ranges::find(secret, Json(reference)) != secret.end());
}

/// Puts the reference where <SOURCE>_WEBHOOK_SECRET belongs; false where that hides another one.
bool fill_main_secret(const std::string& variable, const Json& schema, const std::string& pointer,
                      Json& settings) {
  const std::string reference = "env:" + variable;
  const Json::json_pointer at(pointer);
  // What stands where a table belongs is refused by the schema.
  for (auto table = at.parent_pointer(); !table.empty(); table = table.parent_pointer()) {
    if (settings.contains(table) && !settings[table].is_object()) return true;
  }
  const bool set = settings.contains(at);
  if (set && names(settings[at], reference)) return true;
  // "/a/b" in the settings is "/properties/a/properties/b" in the schema.
  std::string path;
  for (const char c : pointer) path += c == '/' ? std::string("/properties/") : std::string(1, c);
  const Json& property = schema[Json::json_pointer(path)];
  const auto type = property.find("type");
  const bool list = type != property.end() && *type == "array";
  settings[at] = list ? Json::array({reference}) : Json(reference);
  return !set;
}

}  // namespace

std::string webhook_secret_variable(std::string_view source) {
  std::string name;
  for (const char c : source) {
    name += c == '-' || c == '.'   ? '_'
            : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A')
                                   : c;
  }
  return name + "_WEBHOOK_SECRET";
}

Result<std::string> resolve_secret(std::string_view reference, const Environment& environment) {
  if (reference.starts_with("file:")) return from_file(std::string(reference.substr(5)));
  if (!reference.starts_with("env:")) {
    return Error{ErrorKind::kInvalid, "not a reference to a secret; " + std::string(kRemedy)};
  }
  const std::string name(reference.substr(4));
  const auto at = environment.find(name);
  if (at == environment.end()) {
    return Error{ErrorKind::kNotFound, "the variable " + name +
                                           " is not set; set it in the environment or in "
                                           ".env.temporal, or write \"file:PATH\""};
  }
  if (at->second.empty()) {
    return Error{ErrorKind::kInvalid, "the variable " + name + " is set to nothing"};
  }
  return at->second;
}

boost::system::result<ResolvedSettings, Problems> resolve_secrets(const SourceConfig& source,
                                                                  std::string_view schema_text,
                                                                  const Environment& environment) {
  const auto schema = parse_json(schema_text);
  if (!schema || !schema->is_object()) {
    return Problems{{{source.origin(""), "plugin " + source.plugin +
                                             ": its config_schema is no JSON object; the connector "
                                             "is broken"}}};
  }
  Json settings = Json::parse(source.settings);

  std::string main, webhook;
  list_secrets(nlohmann::ordered_json::parse(schema_text), {}, main, webhook);
  if (!webhook.empty()) main = webhook;
  const std::string variable = webhook_secret_variable(source.id);
  std::optional<Problem> warning;
  if (const auto at = environment.find(variable);
      at != environment.end() && !at->second.empty() && !main.empty() &&
      !fill_main_secret(variable, *schema, main, settings)) {
    warning = {source.origin(main), "settings" + main + ": the variable " + variable +
                                        " is set and hides what stands here; unset it, or list "
                                        "\"env:" +
                                        variable + "\" here as well"};
  }

  Resolver resolver(source, environment);
  resolver.walk(*schema, settings, {});
  if (!resolver.problems.empty()) return Problems{std::move(resolver.problems)};
  return ResolvedSettings{settings.dump(), std::move(resolver.secrets), std::move(warning)};
}

}  // namespace gantry::config
