#include "host/plugins/elf_file.hpp"

#include <gantry/plugin.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

namespace gantry::plugins {
namespace {

using namespace std::string_view_literals;
constexpr std::string_view kNoteOwner = "GANTRY\0"sv;  // owners in notes count their NUL
constexpr std::string_view kEntryPrefix = "gantry_plugin_entry_v";

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
constexpr const char* kMachineName = "x86-64";
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
constexpr const char* kMachineName = "aarch64";
#else
#error "name this machine's ELF constant here"
#endif

struct End {
  void operator()(Elf* elf) const noexcept { elf_end(elf); }
};

Refused not_elf(const char* reason) {
  return {RefusalKind::kNotElf, reason, "name the plugin's .so file, or build it again"};
}

void collect_note(Elf_Data* data, std::optional<std::string>& manifest) {
  GElf_Nhdr header;
  std::size_t name_at = 0;
  std::size_t text_at = 0;
  for (std::size_t at = 0;
       (at = gelf_getnote(data, at, &header, &name_at, &text_at)) > 0 && !manifest;) {
    const auto* const base = static_cast<const char*>(data->d_buf);
    if (std::string_view(base + name_at, header.n_namesz) != kNoteOwner) continue;
    manifest.emplace(base + text_at, header.n_descsz);
    while (manifest->ends_with('\0')) manifest->pop_back();  // an assembler's .asciz or padding
  }
}

/// Segments first, for they survive strip; sections for a file whose linker wrote no note segment.
std::optional<std::string> find_manifest(Elf* elf) {
  std::optional<std::string> manifest;
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return manifest;
  for (std::size_t i = 0; i < count && !manifest; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr || header.p_type != PT_NOTE) {
      continue;
    }
    Elf_Data* const data =
        elf_getdata_rawchunk(elf, static_cast<std::int64_t>(header.p_offset), header.p_filesz,
                             header.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    if (data != nullptr) collect_note(data, manifest);
  }
  return manifest;
}

std::optional<std::vector<unsigned>> find_entries(Elf* elf) {
  std::optional<std::vector<unsigned>> majors;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_DYNSYM) continue;
    Elf_Data* const data = elf_getdata(section, nullptr);
    if (data == nullptr || header.sh_entsize == 0) continue;
    majors.emplace();
    for (int i = 0; i < static_cast<int>(header.sh_size / header.sh_entsize); ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, i, &symbol) == nullptr || symbol.st_shndx == SHN_UNDEF) continue;
      const char* const name = elf_strptr(elf, header.sh_link, symbol.st_name);
      if (name == nullptr) continue;
      std::string_view rest(name);
      if (!rest.starts_with(kEntryPrefix)) continue;
      rest.remove_prefix(kEntryPrefix.size());
      unsigned major = 0;
      const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), major);
      if (problem == std::errc{} && end == rest.data() + rest.size()) majors->push_back(major);
    }
  }
  return majors;
}

}  // namespace

Checked<ElfFacts> read_elf(std::string& bytes) {
  if (bytes.size() < EI_NIDENT || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    return not_elf("is not an ELF file");
  }
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, End> elf(elf_memory(bytes.data(), bytes.size()));
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) {
    return not_elf("is a damaged ELF file");
  }
  const int bits = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  if (header.e_machine != kMachine || header.e_ident[EI_CLASS] != bits ||
      header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return Refused{RefusalKind::kWrongArchitecture,
                   "is built for another machine (ELF machine " + std::to_string(header.e_machine) +
                       ", this is " + kMachineName + ")",
                   std::string("install the build for ") + kMachineName};
  }
  if (header.e_type != ET_DYN) return not_elf("is an ELF file but not a shared object");
  ElfFacts facts;
  facts.manifest = find_manifest(elf.get());
  facts.entry_majors = find_entries(elf.get());
  return facts;
}

Checked<void> check_entry_symbol(const ElfFacts& facts) {
  if (!facts.entry_majors) return {};
  if (std::ranges::find(*facts.entry_majors, GANTRY_ABI_MAJOR) != facts.entry_majors->end()) {
    return {};
  }
  if (facts.entry_majors->empty()) {
    return Refused{RefusalKind::kNoEntrySymbol, "exports no symbol " GANTRY_PLUGIN_ENTRY_SYMBOL,
                   "name a Gantry plugin, or export the entry with GANTRY_EXPORT"};
  }
  const unsigned major = facts.entry_majors->front();
  return Refused{RefusalKind::kAbiMajor,
                 "exports gantry_plugin_entry_v" + std::to_string(major) +
                     ", this host speaks plugin ABI " + std::to_string(GANTRY_ABI_MAJOR),
                 major > GANTRY_ABI_MAJOR ? "update gantry, or install an older build of the plugin"
                                          : "build it against this host's plugin-api"};
}

}  // namespace gantry::plugins
