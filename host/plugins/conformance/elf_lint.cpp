#include "host/plugins/conformance/elf_lint.hpp"

#include <gelf.h>
#include <libelf.h>

#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <string_view>

namespace gantry::plugins::conformance {
namespace {

struct End {
  void operator()(Elf* elf) const noexcept { elf_end(elf); }
};

std::string text_at(Elf* elf, std::size_t strings, std::size_t at) {
  const char* const text = elf_strptr(elf, strings, at);
  return text == nullptr ? std::string() : text;
}

void read_dynamic(Elf* elf, Elf_Data* data, const GElf_Shdr& header, ElfDynamics& out) {
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  for (int i = 0; i < count; ++i) {
    GElf_Dyn entry;
    if (gelf_getdyn(data, i, &entry) == nullptr || entry.d_tag == DT_NULL) return;
    if (entry.d_tag == DT_NEEDED) {
      out.needed.push_back(text_at(elf, header.sh_link, entry.d_un.d_val));
    } else if (entry.d_tag == DT_FLAGS) {
      out.static_tls |= (entry.d_un.d_val & DF_STATIC_TLS) != 0;
      out.bind_now |= (entry.d_un.d_val & DF_BIND_NOW) != 0;
    } else if (entry.d_tag == DT_FLAGS_1) {
      out.bind_now |= (entry.d_un.d_val & DF_1_NOW) != 0;
    } else if (entry.d_tag == DT_BIND_NOW) {
      out.bind_now = true;
    }
  }
}

using VersionNames = std::map<unsigned, std::string>;

/// Number of a version in .gnu.version → its name.
VersionNames read_needs(Elf* elf, Elf_Data* data, const GElf_Shdr& header) {
  VersionNames names;
  std::size_t at = 0;
  for (unsigned i = 0; i < header.sh_info; ++i) {
    GElf_Verneed need;
    if (gelf_getverneed(data, static_cast<int>(at), &need) == nullptr) break;
    std::size_t aux_at = at + need.vn_aux;
    for (unsigned j = 0; j < need.vn_cnt; ++j) {
      GElf_Vernaux aux;
      if (gelf_getvernaux(data, static_cast<int>(aux_at), &aux) == nullptr) break;
      names[aux.vna_other] = text_at(elf, header.sh_link, aux.vna_name);
      aux_at += aux.vna_next;
    }
    at += need.vn_next;
  }
  return names;
}

void read_symbols(Elf* elf, Elf_Data* data, const GElf_Shdr& header, Elf_Data* versions,
                  const VersionNames& names, ElfDynamics& out) {
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  for (int i = 1; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == nullptr) return;
    const unsigned binding = GELF_ST_BIND(symbol.st_info);
    std::string name = text_at(elf, header.sh_link, symbol.st_name);
    if (symbol.st_shndx == SHN_UNDEF) {
      GElf_Versym version = 0;
      if (versions == nullptr || gelf_getversym(versions, i, &version) == nullptr) continue;
      const auto found = names.find(version & 0x7FFFU);
      if (found != names.end()) out.versions.push_back({std::move(name), found->second});
      continue;
    }
    // The linker's own marks (_end, __bss_start) lie in no section of code or data.
    if (binding == STB_LOCAL || symbol.st_shndx == SHN_ABS || name.empty()) continue;
    if (binding == STB_GNU_UNIQUE) out.unique.push_back(name);
    out.exports.push_back(std::move(name));
  }
}

std::array<unsigned, 3> numbers_of(std::string_view text) {
  std::array<unsigned, 3> parts{};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (unsigned& part : parts) {
    const auto [stop, problem] = std::from_chars(at, end, part);
    if (problem != std::errc{} || stop == end) break;
    at = stop + 1;
  }
  return parts;
}

}  // namespace

Checked<ElfDynamics> read_dynamics(std::string& bytes) {
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, End> elf(elf_memory(bytes.data(), bytes.size()));
  const Refused blind{RefusalKind::kNotElf, "has no section table",
                      "keep it: strip with --strip-all, not with a tool that cuts sections"};
  if (!elf) return blind;
  ElfDynamics out;
  std::size_t segments = 0;
  elf_getphdrnum(elf.get(), &segments);
  for (std::size_t i = 0; i < segments; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &header) == nullptr) continue;
    out.relro |= header.p_type == PT_GNU_RELRO;
  }

  Elf_Data* symbols = nullptr;
  Elf_Data* versions = nullptr;
  GElf_Shdr symbols_header{};
  VersionNames names;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    Elf_Data* const data = elf_getdata(section, nullptr);
    if (data == nullptr) continue;
    if (header.sh_type == SHT_DYNAMIC && header.sh_entsize != 0) {
      read_dynamic(elf.get(), data, header, out);
    } else if (header.sh_type == SHT_DYNSYM && header.sh_entsize != 0) {
      symbols = data;
      symbols_header = header;
    } else if (header.sh_type == SHT_GNU_versym) {
      versions = data;
    } else if (header.sh_type == SHT_GNU_verneed) {
      names = read_needs(elf.get(), data, header);
    }
  }
  if (symbols == nullptr) return blind;
  read_symbols(elf.get(), symbols, symbols_header, versions, names, out);
  return out;
}

bool newer_than_floor(const std::string& version) {
  using Floor = std::pair<std::string_view, std::array<unsigned, 3>>;
  static constexpr std::array<Floor, 3> kFloors{
      {{"GLIBC_", {2, 36, 0}}, {"GLIBCXX_", {3, 4, 30}}, {"CXXABI_", {1, 3, 13}}}};
  for (const auto& [family, floor] : kFloors) {
    if (!version.starts_with(family)) continue;
    return numbers_of(std::string_view(version).substr(family.size())) > floor;
  }
  return false;
}

}  // namespace gantry::plugins::conformance
