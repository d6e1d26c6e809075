#include "host/ingress/files/folders.hpp"

#include <filesystem>

#include "host/base/encoding.hpp"
#include "host/base/time.hpp"

namespace gantry::files {

Result<Folders> Folders::open(const config::SourceFiles& files) {
  const std::filesystem::path root(files.directory);
  const auto at = [&](const std::string& configured, const char* otherwise) {
    return configured.empty() ? root / otherwise : std::filesystem::path(configured);
  };
  auto incoming = Folder::open(root);
  if (!incoming) return incoming.error();
  auto processing = Folder::open(root / "processing");
  if (!processing) return processing.error();
  auto archive = Folder::open(at(files.archive_dir, "archive"));
  if (!archive) return archive.error();
  auto error = Folder::open(at(files.error_dir, "error"));
  if (!error) return error.error();
  auto out = Folder::open(at(files.out_dir, "out"));
  if (!out) return out.error();
  for (const Folder* folder : {&*processing, &*archive, &*error}) {
    if (folder->device() == incoming->device()) continue;
    return Error(ErrorKind::kInvalid,
                 folder->path() + " is on another file system than " + incoming->path() +
                     ", so that files cannot be moved there at once; put it beside them");
  }
  return Folders{std::move(*incoming), std::move(*processing), std::move(*archive),
                 std::move(*error), std::move(*out)};
}

Result<bool> Folders::settled(std::string_view id) const {
  for (const Folder* folder : {&archive, &error}) {
    const auto found = folder->look(id);
    if (!found) return found.error();
    if (*found) return true;
  }
  return false;
}

Result<void> Folders::to_archive(std::string_view id, std::string_view note) const {
  if (!note.empty()) {
    const auto noted = archive.write(std::string(id) + ".note", std::string(note) + '\n');
    if (!noted) return noted;
  }
  if (auto moved = processing.move(id, archive, id); !moved) return moved;
  if (auto synced = archive.sync(); !synced) return synced;
  return processing.sync();
}

Result<void> write_reason(const Folders& folders, std::string_view id, const Reason& reason) {
  std::string text = "File:    " + escape_control(reason.name) + '\n';
  if (!reason.archive.empty()) text += "Out of:  " + escape_control(reason.archive) + '\n';
  text += "Source:  " + reason.source + '\n';
  text += "When:    " + to_rfc3339(std::chrono::floor<std::chrono::seconds>(reason.at)) + '\n';
  text += "Problem: " + escape_control(reason.problem) + "\n\n";
  text += "Once it is put right, a file is read again as soon as it lies in\n" +
          folders.incoming.path() + ".\n";
  return folders.error.write(std::string(id) + ".err", text);
}

Result<void> to_error(const Folders& folders, const Folder& from, std::string_view name,
                      std::string_view id, const Reason& reason) {
  if (auto written = write_reason(folders, id, reason); !written) return written;
  if (auto moved = from.move(name, folders.error, id); !moved) return moved;
  if (auto synced = folders.error.sync(); !synced) return synced;
  return from.sync();
}

}  // namespace gantry::files
