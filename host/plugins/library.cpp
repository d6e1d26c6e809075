#include "host/plugins/library.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "host/base/encoding.hpp"
#include "host/plugins/abi/span.hpp"

namespace gantry::plugins {
namespace {

struct Table {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<Library>> by_sha256;
  std::set<std::string> paths;  ///< Every name that dlopen has seen.
  std::vector<boost::dll::shared_library> handles;
};

/// Never destroyed, because boost::dll::shared_library closes its handle when it is.
Table& table() {
  static Table& instance = *new Table;
  return instance;
}

Refused load_failed(const std::string& reason) {
  return {RefusalKind::kLoadFailed, "cannot be loaded: " + escape_control(reason),
          "install what it needs, or ask its author for a build that links nothing else"};
}

/// A copy that nobody can change any more, under a name of its own. Its descriptor stays open for
/// good: glibc recognises libraries by name, and a used-up number in /proc/self/fd would come
/// again.
Checked<std::string> seal(const PluginFile& file) {
  const std::string name = "gantry:" + file.path.filename().string().substr(0, 200);
  const int fd = ::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return load_failed(std::string("memfd_create: ") + std::strerror(errno));
  std::size_t have = 0;
  while (have < file.bytes.size()) {
    const ::ssize_t put = ::write(fd, file.bytes.data() + have, file.bytes.size() - have);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      const int problem = errno;
      ::close(fd);
      return load_failed(std::string("memfd: ") + std::strerror(problem));
    }
    have += static_cast<std::size_t>(put);
  }
  if (::fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
    const int problem = errno;
    ::close(fd);
    return load_failed(std::string("sealing its copy: ") + std::strerror(problem));
  }
  return "/proc/self/fd/" + std::to_string(fd);
}

}  // namespace

Checked<gantry_plugin> read_entry(const gantry_plugin* raw) {
  constexpr const char* kRebuild = "build it against this host's plugin-api";
  if (raw == nullptr) {
    return Refused{RefusalKind::kStructSize, "its entry returned nothing", kRebuild};
  }
  std::uint64_t magic = 0;
  std::memcpy(&magic, &raw->magic, sizeof magic);
  if (magic != GANTRY_PLUGIN_MAGIC) {
    return Refused{RefusalKind::kBadMagic, "its entry has the wrong magic number", kRebuild};
  }
  std::uint32_t size = 0;
  std::memcpy(&size, &raw->struct_size, sizeof size);
  if (size < sizeof(gantry_plugin)) {
    return Refused{RefusalKind::kStructSize,
                   "its gantry_plugin has " + std::to_string(size) + " bytes of at least " +
                       std::to_string(sizeof(gantry_plugin)),
                   "set struct_size to sizeof(gantry_plugin), and " + std::string(kRebuild)};
  }
  gantry_plugin entry{};
  std::memcpy(&entry, raw, sizeof entry);
  if (entry.abi_major != GANTRY_ABI_MAJOR) {
    return Refused{RefusalKind::kAbiMajor,
                   "speaks plugin ABI " + std::to_string(entry.abi_major) + ", this host speaks " +
                       std::to_string(GANTRY_ABI_MAJOR),
                   kRebuild};
  }
  if (entry.abi_tag != GANTRY_ABI_TAG) {
    return Refused{RefusalKind::kAbiTag,
                   "has ABI tag " + std::to_string(entry.abi_tag) + ", this host has " +
                       std::to_string(GANTRY_ABI_TAG) + " (pointer width, byte order, alignment)",
                   "build it for this machine"};
  }
  if (entry.host_minor_min > GANTRY_ABI_MINOR) {
    return Refused{RefusalKind::kHostTooOld,
                   "needs plugin ABI 1." + std::to_string(entry.host_minor_min) +
                       ", this host has 1." + std::to_string(GANTRY_ABI_MINOR),
                   "update gantry, or install an older build of the plugin"};
  }
  if (entry.init == nullptr || entry.deinit == nullptr || entry.create == nullptr ||
      entry.destroy == nullptr || entry.get_capability == nullptr) {
    return Refused{RefusalKind::kStructSize, "its gantry_plugin lacks a function", kRebuild};
  }
  return entry;
}

Checked<Manifest> read_manifest(const gantry_plugin& entry,
                                const std::optional<std::string>& note) {
  const auto text = abi::view_of(entry.manifest);
  const auto id = abi::view_of(entry.id);
  const auto version = abi::view_of(entry.version);
  if (!text || !id || !version) {
    return Refused{RefusalKind::kManifestInvalid, "its manifest span is malformed",
                   "ask the plugin's author for a corrected build"};
  }
  if (note && *note != *text) {
    return Refused{RefusalKind::kManifestDiffers,
                   "its embedded note and its entry carry different manifests",
                   "ask the plugin's author for a clean build"};
  }
  auto manifest = parse_manifest(*text);
  if (!manifest) return manifest.error();
  if (*id != manifest->id || *version != manifest->version) {
    return Refused{RefusalKind::kManifestDiffers,
                   "its entry says " + escape_control(*id) + ' ' + escape_control(*version) +
                       ", its manifest " + manifest->id + ' ' + escape_control(manifest->version),
                   "ask the plugin's author for a clean build"};
  }
  return manifest;
}

Checked<const Library*> Library::load(const PluginFile& file, bool sealed) {
  Table& known = table();
  const std::lock_guard lock(known.mutex);
  if (const auto found = known.by_sha256.find(file.sha256); found != known.by_sha256.end()) {
    return found->second.get();
  }
  // A path that was loaded before names, for glibc, the old library, whatever lies there now.
  std::string path = file.path.string();
  if (sealed || known.paths.contains(path)) {
    auto copy = seal(file);
    if (!copy) return copy.error();
    path = std::move(*copy);
  }

  boost::dll::shared_library handle;
  std::error_code problem;
  // Boost knows no RTLD_NODELETE of its own, but passes the bits on to dlopen.
  handle.load(path, problem,
              static_cast<boost::dll::load_mode::type>(RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE));
  if (problem) {
    const char* const words = ::dlerror();  // Boost keeps only a code; the words are still here
    return load_failed(words != nullptr ? words : problem.message());
  }
  known.paths.insert(path);
  if (!handle.has(GANTRY_PLUGIN_ENTRY_SYMBOL)) {
    return Refused{RefusalKind::kNoEntrySymbol, "exports no symbol " GANTRY_PLUGIN_ENTRY_SYMBOL,
                   "name a Gantry plugin, or export the entry with GANTRY_EXPORT"};
  }
  const auto& entry_of =
      handle.get<const gantry_plugin*()>(std::string(GANTRY_PLUGIN_ENTRY_SYMBOL));
  known.handles.push_back(std::move(handle));  // a copy would open it again, by its name
  const auto entry = read_entry(entry_of());
  if (!entry) return entry.error();

  std::unique_ptr<Library> library(new Library);
  library->entry_ = *entry;
  return known.by_sha256.emplace(file.sha256, std::move(library)).first->second.get();
}

}  // namespace gantry::plugins
