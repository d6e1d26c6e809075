#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "host/config/environment.hpp"
#include "host/config/merge.hpp"
#include "host/config/toml_document.hpp"

namespace gantry::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSystemDirectory = "/etc/gantry/conf.d";

std::string find_directory(const Inputs& inputs, std::vector<Problem>& problems) {
  std::error_code error;
  if (!inputs.directory.empty()) {
    if (fs::is_directory(inputs.directory, error)) return inputs.directory;
    problems.push_back(
        {{Origin::Kind::kFlag, "--config"},
         inputs.directory + " is no directory; name the folder with the .toml files"});
    return {};
  }
  const std::string local = (fs::path(inputs.working_directory) / "conf.d").lexically_normal();
  if (fs::is_directory(local, error)) return local;
  if (fs::is_directory(kSystemDirectory, error)) return std::string(kSystemDirectory);
  return {};
}

std::vector<std::string> toml_files(const std::string& directory, std::vector<Problem>& problems) {
  std::vector<std::string> files;
  if (directory.empty()) return files;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".toml") files.push_back(at->path().string());
  }
  if (error) {
    problems.push_back({{Origin::Kind::kFile, directory, 0},
                        "cannot be listed: " + error.message() + "; check its permissions"});
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool is_source_file(const TomlDocument& document) {
  const auto in_source = [](const TomlLeaf& leaf) {
    return leaf.key == "source" || leaf.key.starts_with("source.");
  };
  return std::any_of(document.leaves.begin(), document.leaves.end(), in_source) ||
         std::any_of(document.tables.begin(), document.tables.end(), in_source);
}

void offer_file(const TomlDocument& document, Merge<HostConfig>& merge,
                std::vector<Problem>& problems) {
  for (const TomlLeaf& leaf : document.leaves) {
    const Origin origin{Origin::Kind::kFile, document.path, leaf.line};
    if (leaf.key == "settings" || leaf.key.starts_with("settings.")) {
      problems.push_back({origin, "[settings] belongs to a source: add a [source] table above it"});
      return;
    }
    merge.offer(leaf.key, {origin, leaf.json, true});
  }
}

void offer_environment(const Inputs& inputs, const EnvFile& file, Merge<HostConfig>& merge) {
  for (const auto& option : host_options()) {
    const OptionSpec& spec = option.spec;
    if (spec.env.empty()) continue;
    const bool secret = spec.type == OptionType::kSecret;
    const std::string reference = "env:" + std::string(spec.env);
    // A variable that is set to nothing counts as not set: compose files pass them so.
    if (const auto at = file.values.find(spec.env);
        at != file.values.end() && !at->second.first.empty()) {
      merge.offer(std::string(spec.key), {{Origin::Kind::kEnvFile, file.path, at->second.second},
                                          secret ? reference : at->second.first});
    }
    if (const auto at = inputs.environment.find(spec.env);
        at != inputs.environment.end() && !at->second.empty()) {
      merge.offer(std::string(spec.key), {{Origin::Kind::kEnvironment, std::string(spec.env)},
                                          secret ? reference : at->second});
    }
  }
}

std::string_view host_part(std::string_view address) {
  return address.substr(0, address.rfind(':'));
}
std::string_view port_part(std::string_view address) {
  return address.substr(address.rfind(':') + 1);
}
bool collide(std::string_view left, std::string_view right) {
  if (left.empty() || right.empty() || port_part(left) != port_part(right)) return false;
  if (port_part(left) == "0") return false;
  const auto any = [](std::string_view host) { return host == "0.0.0.0" || host == "[::]"; };
  return host_part(left) == host_part(right) || any(host_part(left)) || any(host_part(right));
}

/// Rules that need two settings at once.
void check_together(HostConfig& host, const Merge<HostConfig>& merge, Config& config,
                    std::vector<Problem>& problems) {
  Temporal& temporal = host.temporal;
  Tls& tls = temporal.tls;
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    const bool cert = tls.key_file.empty();
    problems.push_back({merge.origin(cert ? "temporal.tls.cert_file" : "temporal.tls.key_file"),
                        "temporal.tls: cert_file and key_file go together; set both or none"});
  }
  if (!tls.ca_file.empty() || !tls.cert_file.empty() || !temporal.api_key.empty()) {
    tls.enabled = true;
  }
  if (temporal.address.empty() && tls.enabled) {
    const char* at = !temporal.api_key.empty() ? "temporal.api_key"
                     : !tls.ca_file.empty()    ? "temporal.tls.ca_file"
                     : !tls.cert_file.empty()  ? "temporal.tls.cert_file"
                                               : "temporal.tls.enabled";
    config.warnings.push_back(
        {merge.origin(at), std::string(at) + " has no effect without temporal.address"});
    tls.enabled = false;
  }
  if (!temporal.address.empty() && port_part(temporal.address) == "0") {
    problems.push_back(
        {merge.origin("temporal.address"), "temporal.address: port 0 is no server; usual is 7233"});
  }
  if (collide(host.ingress.listen, host.admin_listen)) {
    problems.push_back(
        {merge.origin("admin.listen"), "admin.listen: " + host.admin_listen +
                                           " is taken by ingress.listen; give each its own port"});
  }
  const std::string metrics = "0.0.0.0:" + std::to_string(temporal.metrics_port);
  for (const auto& [key, listen] :
       {std::pair{"ingress.listen", host.ingress.listen}, {"admin.listen", host.admin_listen}}) {
    if (!collide(listen, metrics)) continue;
    problems.push_back({merge.origin("temporal.metrics_port"),
                        "temporal.metrics_port: " + std::to_string(temporal.metrics_port) +
                            " is taken by " + key + "; give each its own port"});
  }
  if (!host.plugin_dir.empty() && !fs::is_directory(host.plugin_dir)) {
    problems.push_back(
        {merge.origin("plugin_dir"),
         "plugin_dir: " + host.plugin_dir + " is no directory; create it or correct it"});
  }
}

/// Paths whose default depends on something else.
void fill_paths(const Inputs& inputs, Config& config) {
  const auto fill = [&](std::string& path, std::string_view key, std::string fallback) {
    if (!path.empty()) return;
    path = std::move(fallback);
    for (ExplainRow& row : config.explain) {
      if (row.key == key) row.value = path;
    }
  };
  HostConfig& host = config.host;
  fill(host.plugin_dir, "plugin_dir", inputs.plugin_dir);
  fill(host.stores.embedded_path, "stores.embedded.path",
       (fs::path(host.state_dir) / "stores.db").string());
}

void check_unique(const Config& config, std::vector<Problem>& problems) {
  std::map<std::string, const SourceConfig*> seen;
  for (const SourceConfig& source : config.sources) {
    const auto [at, fresh] = seen.emplace(source.id, &source);
    if (fresh) continue;
    problems.push_back({source.origin(""), "source " + source.id + " is already configured in " +
                                               at->second->file +
                                               "; give one of them another source.id"});
  }
}

}  // namespace

std::string Origin::text() const {
  const std::string at = line == 0 ? name : name + ':' + std::to_string(line);
  switch (kind) {
    case Kind::kDefault:
      return "default";
    case Kind::kFile:
    case Kind::kEnvFile:
      return at;
    case Kind::kEnvironment:
      return "environment " + name;
    case Kind::kFlag:
      return "flag " + name;
  }
  return at;
}

std::string Problems::text() const {
  std::string lines;
  for (const Problem& problem : items) {
    lines += (lines.empty() ? "" : "\n") + problem.text();
  }
  return lines;
}

void throw_exception_from_error(const Problems& problems, const boost::source_location&) {
  throw std::runtime_error(problems.text());
}

LoadResult load(const Inputs& inputs) {
  std::vector<Problem> problems;
  Config config;
  config.directory = find_directory(inputs, problems);

  const EnvFile env_file = read_env_file({inputs.working_directory, config.directory}, problems);
  config.environment = inputs.environment;
  for (const auto& [name, value] : env_file.values) config.environment.emplace(name, value.first);

  Merge<HostConfig> merge(host_options(), problems);
  std::vector<TomlDocument> source_files;
  for (const std::string& path : toml_files(config.directory, problems)) {
    const auto document = read_toml(path);
    if (!document) {
      problems.push_back(document.error());
    } else if (is_source_file(*document)) {
      source_files.push_back(*document);
    } else {
      offer_file(*document, merge, problems);
    }
  }
  offer_environment(inputs, env_file, merge);
  for (const FlagValue& flag : inputs.flags) {
    merge.offer(flag.key, {{Origin::Kind::kFlag, flag.flag}, flag.value});
  }
  merge.apply(config.host, {}, config.explain);
  check_together(config.host, merge, config, problems);
  fill_paths(inputs, config);

  for (const TomlDocument& document : source_files) read_source(document, config, problems);
  check_unique(config, problems);

  if (!problems.empty()) return Problems{std::move(problems)};
  return config;
}

}  // namespace gantry::config
