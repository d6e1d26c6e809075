#include "host/plugins/inspect.hpp"

#include "host/plugins/elf_file.hpp"
#include "host/plugins/library.hpp"
#include "host/plugins/plugin_file.hpp"

namespace gantry::plugins {

Checked<Inspection> inspect(const std::filesystem::path& path) {
  std::error_code problem;
  auto file = read_plugin_file(std::filesystem::absolute(path, problem));
  if (!file) return file.error();
  const auto facts = read_elf(file->bytes);
  if (!facts) return facts.error();
  if (auto entry = check_entry_symbol(*facts); !entry) return entry.error();

  Inspection inspection;
  inspection.file = file->path.string();
  inspection.sha256 = file->sha256;
  inspection.size = file->bytes.size();
  inspection.from_note = facts->manifest.has_value();
  if (facts->manifest) {
    auto manifest = parse_manifest(*facts->manifest);
    if (!manifest) return manifest.error();
    inspection.manifest = std::move(*manifest);
    return inspection;
  }
  if (auto safe = check_permissions(file->path); !safe) return safe.error();
  const auto library = Library::load(*file, /*sealed=*/false);
  if (!library) return library.error();
  auto manifest = read_manifest((*library)->entry(), facts->manifest);
  if (!manifest) return manifest.error();
  inspection.manifest = std::move(*manifest);
  return inspection;
}

}  // namespace gantry::plugins
