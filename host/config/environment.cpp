#include "host/config/environment.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "host/config/option.hpp"
#include "host/config/suggest.hpp"

namespace gantry::config {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string_view::npos;
}

/// False on an unfinished quote.
bool read_value(std::string_view text, std::string& value) {
  if (!text.empty() && (text[0] == '"' || text[0] == '\'')) {
    const std::size_t end = text.find(text[0], 1);
    if (end == std::string_view::npos) return false;
    const std::string_view rest = trimmed(text.substr(end + 1));
    if (!rest.empty() && rest[0] != '#') return false;
    value = text.substr(1, end - 1);
    return true;
  }
  // A bare value ends at a comment that stands apart.
  const std::size_t comment = text.find(" #");
  value = trimmed(text.substr(0, comment));
  return true;
}

std::vector<std::string_view> variable_names() {
  std::vector<std::string_view> names;
  for (const auto& option : host_options()) {
    if (!option.spec.env.empty()) names.push_back(option.spec.env);
  }
  return names;
}

}  // namespace

EnvFile read_env_file(const std::vector<std::string>& directories, std::vector<Problem>& problems) {
  EnvFile file;
  std::ifstream in;
  for (const std::string& directory : directories) {
    if (directory.empty()) continue;
    const auto path = (std::filesystem::path(directory) / ".env.temporal").lexically_normal();
    if (std::error_code error; !std::filesystem::exists(path, error)) continue;
    file.path = path.string();
    in.open(file.path);
    if (!in) {
      problems.push_back(
          {{Origin::Kind::kEnvFile, file.path, 0}, "cannot be read; check its permissions"});
    }
    break;
  }
  const auto known = variable_names();
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const Origin origin{Origin::Kind::kEnvFile, file.path, number};
    std::string_view text = trimmed(line);
    if (text.empty() || text[0] == '#') continue;
    if (text.starts_with("export ")) text = trimmed(text.substr(7));
    const std::size_t equals = text.find('=');
    const std::string_view name = trimmed(text.substr(0, equals));
    std::string value;
    // The line stays out of the message: it may hold a secret.
    if (equals == std::string_view::npos || !is_name(name)) {
      problems.push_back({origin, "not NAME=VALUE; comment it out with #"});
    } else if (!read_value(trimmed(text.substr(equals + 1)), value)) {
      problems.push_back({origin, std::string(name) + ": the quote does not end on this line"});
    } else if ((name.starts_with("TEMPORAL_") || name.starts_with("GANTRY_")) &&
               std::find(known.begin(), known.end(), name) == known.end()) {
      problems.push_back(
          {origin, "unknown variable " + std::string(name) + did_you_mean(name, known)});
    } else {
      file.values[std::string(name)] = {value, number};
    }
  }
  return file;
}

Environment process_environment() {
  Environment environment;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace gantry::config
