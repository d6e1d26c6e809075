#include "host/plugins/loader.hpp"

#include <algorithm>
#include <set>

#include "host/base/encoding.hpp"
#include "host/plugins/config_schema.hpp"
#include "host/plugins/elf_file.hpp"
#include "host/plugins/in_process_source.hpp"
#include "host/plugins/loaded_plugin.hpp"
#include "host/plugins/services/services.hpp"

namespace gantry::plugins {
namespace {

bool is_source_id(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

Checked<void> check_pin(const PluginFile& file, const std::optional<std::string>& wanted) {
  if (!wanted || lower(*wanted) == file.sha256) return {};
  return Refused{
      RefusalKind::kSha256Mismatch,
      "has SHA-256 " + file.sha256 + ", the configuration pins " + escape_control(*wanted),
      "install the pinned build, or pin this one after checking where it came from"};
}

}  // namespace

struct Loader::Batch {
  std::set<std::string> source_ids;
  std::map<std::string, std::string> file_of_plugin;  ///< Plugin id to file, first come.
};

Loader::Loader(HostPorts ports) : ports_(std::move(ports)) {}
Loader::~Loader() = default;

LoadOutcome Loader::load_all(const std::vector<SourceRequest>& requests, OnRefusal on_refusal) {
  const auto log = [this](LogLevel level, std::string_view event,
                          std::initializer_list<LogField> fields) {
    if (ports_.log.write) ports_.log.write(level, {}, event, {fields.begin(), fields.size()});
  };
  LoadOutcome outcome;
  std::vector<std::unique_ptr<Source>> sources;
  Batch batch;
  for (const SourceRequest& request : requests) {
    const std::string file = escape_control(request.file.string());
    auto source = load(request, batch);
    if (source) {
      log(LogLevel::kInfo, "source_loaded",
          {{"source", request.source_id}, {"plugin", (*source)->plugin_id()}, {"file", file}});
      sources.push_back(std::move(*source));
      continue;
    }
    const Refused why = source.error();
    Refusal refusal{request.source_id, file, why.kind, {}};
    if (!request.origin.empty()) refusal.message = escape_control(request.origin) + ": ";
    refusal.message += "source " + escape_control(request.source_id) + " refused: " + file + ' ' +
                       why.reason + "; " + why.remedy;
    log(LogLevel::kError, "plugin_refused",
        {{"source", refusal.source_id},
         {"file", file},
         {"kind", to_string(why.kind)},
         {"reason", why.reason},
         {"remedy", why.remedy}});
    outcome.refusals.push_back(std::move(refusal));
  }
  if (on_refusal == OnRefusal::kStop && !outcome.refusals.empty()) {
    while (!sources.empty()) sources.pop_back();
    return outcome;
  }
  outcome.registry = std::make_unique<Registry>(std::move(sources));
  return outcome;
}

Checked<std::unique_ptr<Source>> Loader::load(const SourceRequest& request, Batch& batch) {
  if (!is_source_id(request.source_id)) {
    return Refused{RefusalKind::kConfigInvalid, "has a source id that is not [a-z0-9_.-]{1,64}",
                   "rename the source"};
  }
  if (!batch.source_ids.insert(request.source_id).second) {
    return Refused{RefusalKind::kDuplicateSource, "is a second source of that name",
                   "rename one of the two"};
  }
  auto egress = net::EgressList::parse(request.egress);
  if (!egress) {
    return Refused{RefusalKind::kConfigInvalid, "has a bad egress list: " + egress.error().what,
                   "correct the source's `egress`"};
  }

  auto file = read_plugin_file(request.file);
  if (!file) return file.error();
  if (auto safe = check_permissions(file->path); !safe) return safe.error();
  if (auto pinned = check_pin(*file, request.sha256); !pinned) return pinned.error();
  const auto facts = read_elf(file->bytes);
  if (!facts) return facts.error();
  if (auto entries = check_entry_symbol(*facts); !entries) return entries.error();

  std::optional<Manifest> noted;
  if (facts->manifest) {
    auto manifest = parse_manifest(*facts->manifest);
    if (!manifest) return manifest.error();
    if (auto fine = judge(*manifest, file->path.string(), request, batch); !fine) {
      return fine.error();
    }
    noted = std::move(*manifest);
  } else if (ports_.log.write) {
    const LogField fields[] = {{"source", request.source_id}, {"file", file->path.native()}};
    ports_.log.write(LogLevel::kDebug, {}, "plugin_without_note", fields);
  }

  const auto library = Library::load(*file, request.sha256.has_value());
  if (!library) return library.error();
  auto manifest = read_manifest((*library)->entry(), facts->manifest);
  if (!manifest) return manifest.error();
  if (!noted) {
    if (auto fine = judge(*manifest, file->path.string(), request, batch); !fine) {
      return fine.error();
    }
  }

  std::shared_ptr<LoadedPlugin> plugin = started_[*library].lock();
  if (!plugin) {
    auto fresh = LoadedPlugin::start(**library, std::move(*manifest), file->path.string(), ports_);
    if (!fresh) return fresh.error();
    plugin = std::move(*fresh);
    started_[*library] = plugin;
  }
  auto grants = std::make_shared<SourceGrants>();
  grants->source = request.source_id;
  grants->egress = std::move(*egress);
  grants->gate = request.gate;
  grants->config_schema = plugin->manifest().config_schema;
  auto source =
      InProcessSource::create(plugin, std::move(grants), request.config_json, request.quota);
  if (!source) return source.error();
  batch.file_of_plugin.emplace(plugin->manifest().id, file->path.string());
  return std::unique_ptr<Source>(std::move(*source));
}

Checked<void> Loader::judge(const Manifest& manifest, const std::string& file,
                            const SourceRequest& request, const Batch& batch) const {
  if (!request.expected_plugin_id.empty() && manifest.id != request.expected_plugin_id) {
    return Refused{RefusalKind::kIdMismatch,
                   "is plugin " + manifest.id + ", the configuration asks for " +
                       escape_control(request.expected_plugin_id),
                   "correct the file or the plugin id"};
  }
  if (const auto other = batch.file_of_plugin.find(manifest.id);
      other != batch.file_of_plugin.end() && other->second != file) {
    return Refused{RefusalKind::kDuplicatePlugin,
                   "is plugin " + manifest.id + ", which is loaded from " +
                       escape_control(other->second) + " already",
                   "let all sources of one plugin name one file"};
  }
  for (const std::string& service : manifest.services) {
    if (services::find(service, ports_) != nullptr) continue;
    return Refused{
        RefusalKind::kServiceUnknown,
        "requires the service " + escape_control(service) + ", which this host does not offer",
        "update gantry, or install an older build of the plugin"};
  }
  for (const std::string& capability : request.capabilities) {
    if (manifest.has(capability)) continue;
    return Refused{RefusalKind::kCapabilityMissing,
                   "has no " + escape_control(capability) + ", which the configuration needs",
                   "remove that part of the source, or install a plugin that has it"};
  }
  if (const auto fault = check_config(manifest.config_schema, request.config_json)) {
    if (fault->in_schema) {
      return Refused{RefusalKind::kManifestInvalid,
                     "its config_schema is no JSON Schema: " + fault->what,
                     "ask the plugin's author for a corrected build"};
    }
    return Refused{RefusalKind::kConfigInvalid,
                   "does not accept its configuration: \"" + escape_control(fault->pointer) +
                       "\": " + fault->what,
                   "correct that field of the source"};
  }
  return {};
}

}  // namespace gantry::plugins
