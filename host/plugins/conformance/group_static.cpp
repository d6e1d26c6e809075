#include <algorithm>
#include <array>

#include "host/plugins/conformance/elf_lint.hpp"
#include "host/plugins/conformance/module.hpp"
#include "host/plugins/conformance/schema_lint.hpp"
#include "host/plugins/conformance/test.hpp"
#include "host/plugins/elf_file.hpp"
#include "host/plugins/library.hpp"
#include "host/plugins/plugin_file.hpp"

namespace gantry::plugins::conformance {
namespace {

constexpr const char* kBuildWith = "build with gantry_plugin_module()";

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t kNamesMax = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesMax); ++i) {
    out += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kNamesMax)
    out += ", and " + std::to_string(names.size() - kNamesMax) + " more";
  return out;
}

ElfDynamics dynamics(const Subject& subject) {
  std::string bytes = subject.bytes;
  const auto read = read_dynamics(bytes);
  if (!read) fail("a readable section table", read.error().reason, read.error().remedy);
  return *read;
}

Outcome permissions(const Subject& subject) {
  const auto safe = check_permissions(subject.file);
  if (safe) return passed();
  const bool folder = safe.error().reason.starts_with("its folder");
  // Where it lies while it is written is not where it will be installed.
  return folder ? warned("a folder that only its owner can write", safe.error().reason,
                         safe.error().remedy + " (a host refuses to load from there)")
                : failed("a file that only its owner can write", safe.error().reason,
                         safe.error().remedy);
}

Outcome exports(const Subject& subject) {
  const std::vector<std::string> found = dynamics(subject).exports;
  if (found == std::vector<std::string>{GANTRY_PLUGIN_ENTRY_SYMBOL}) return passed();
  return failed("exactly one exported symbol, " GANTRY_PLUGIN_ENTRY_SYMBOL,
                found.empty() ? "none" : joined(found),
                std::string(kBuildWith) + ", or -fvisibility=hidden and a version script");
}

Outcome unique(const Subject& subject) {
  const std::vector<std::string> found = dynamics(subject).unique;
  if (found.empty()) return passed();
  return failed("no GNU-unique symbol: it binds across plugins", joined(found),
                "compile with -fno-gnu-unique and hide the symbols");
}

Outcome needed(const Subject& subject) {
  // The C and C++ runtime; libdl, librt and libpthread are empty shells of glibc by now.
  static constexpr std::array<std::string_view, 8> kAllowed{
      "libc.so.", "libm.so.",       "libgcc_s.so.", "libstdc++.so.",
      "ld-linux", "libpthread.so.", "libdl.so.",    "librt.so."};
  // The host has its own of these, and two in one process fight.
  static constexpr std::array<std::string_view, 6> kFighting{
      "libprotobuf", "libgrpc", "libssl", "libcrypto", "libcurl", "libjemalloc"};
  const auto is_one_of = [](const auto& names, const std::string& library) {
    return std::ranges::any_of(names, [&](std::string_view n) { return library.starts_with(n); });
  };
  std::vector<std::string> foreign, admitted;
  for (const std::string& library : dynamics(subject).needed) {
    if (is_one_of(kAllowed, library)) continue;
    const bool named = std::ranges::find(subject.libraries, library) != subject.libraries.end();
    (named && !is_one_of(kFighting, library) ? admitted : foreign).push_back(library);
  }
  if (!foreign.empty()) {
    return failed(
        "nothing but the language runtime is needed", joined(foreign),
        "use the host's services (gantry.http/1, gantry.crypto/1), link it statically and "
        "hidden, or admit it in the manifest's \"libraries\"");
  }
  if (admitted.empty()) return passed();
  return warned("nothing but the language runtime is needed", joined(admitted) + ", as admitted",
                "every machine that loads the plugin must have exactly this version");
}

Outcome static_tls(const Subject& subject) {
  if (!dynamics(subject).static_tls) return passed();
  return failed("no static TLS: a host has little room for it", "the flag STATIC_TLS is set",
                "compile with -ftls-model=global-dynamic; bring no malloc of your own");
}

Outcome hardening(const Subject& subject) {
  const ElfDynamics found = dynamics(subject);
  if (found.relro && found.bind_now) return passed();
  return failed("RELRO and immediate binding",
                std::string(found.relro ? "" : "no GNU_RELRO segment ") +
                    (found.bind_now ? "" : "no BIND_NOW flag"),
                "link with -Wl,-z,relro -Wl,-z,now");
}

Outcome floor(const Subject& subject) {
  std::vector<std::string> newer;
  for (const auto& need : dynamics(subject).versions) {
    if (newer_than_floor(need.version)) newer.push_back(need.symbol + '@' + need.version);
  }
  if (newer.empty()) return passed();
  return failed("no symbol newer than Debian 12 has (GLIBC_2.36, GLIBCXX_3.4.30)", joined(newer),
                "build on the oldest system that you support");
}

Outcome manifest(const Subject& subject) {
  static constexpr std::array<std::string_view, 5> kCapabilities{
      "gantry.webhook/1", "gantry.poller/1", "gantry.stream/1", "gantry.batch/1", "gantry.check/1"};
  static constexpr std::array<std::string_view, 6> kServices{"gantry.log/1",    "gantry.clock/1",
                                                             "gantry.crypto/1", "gantry.secrets/1",
                                                             "gantry.kv/1",     "gantry.http/1"};
  const Manifest& told = subject.manifest;
  for (const std::string& service : told.services) {
    if (std::ranges::find(kServices, service) != kServices.end()) continue;
    return failed("services of ABI 1", '"' + service + '"', "see gantry/host.h for their ids");
  }
  for (const std::string& capability : told.capabilities) {
    if (std::ranges::find(kCapabilities, capability) != kCapabilities.end()) continue;
    return warned("capabilities that this host can call", '"' + capability + '"',
                  "no host of this version will ever ask for it");
  }
  if (told.capabilities.empty()) {
    return failed("at least one capability", "the list is empty", "name what the plugin can do");
  }
  if (told.description.empty()) {
    return warned("a description", "it is empty", "say in one sentence what the connector brings");
  }
  return passed(told.id + ' ' + told.version);
}

Outcome note(const Subject& subject) {
  std::string bytes = subject.bytes;
  const auto facts = read_elf(bytes);
  if (!facts) fail("a shared object for this machine", facts.error().reason, facts.error().remedy);
  if (!facts->manifest) {
    return warned("the manifest as an ELF note, readable before any code runs", "there is none",
                  kBuildWith);
  }
  const auto read = read_manifest(open_module(subject.file).entry, facts->manifest);
  if (read) return passed();
  return failed("note and entry carry the same manifest", read.error().reason, kBuildWith);
}

Outcome schema(const Subject& subject) {
  const std::string fault = check_meta_schema(subject.manifest.config_schema);
  if (!fault.empty()) {
    return failed("a JSON Schema of draft-07", fault, "correct schema.json; see json-schema.org");
  }
  const auto bare = undescribed_fields(subject.manifest.config_schema);
  if (bare.empty()) return passed();
  return warned("a description for every field", joined(bare) + " without one",
                "an operator reads them in `gantry plugin inspect`");
}

Outcome secrets(const Subject& subject) {
  const auto found = unmarked_credentials(subject.manifest.config_schema);
  if (found.empty()) return passed();
  return failed("a field named like a credential says whether it is one",
                joined(found) + " without x-gantry-secret",
                "add \"x-gantry-secret\": true, or false where it is none");
}

}  // namespace

std::vector<Test> static_tests() {
  return {
      {1, "static.permissions", "Nobody else can replace the file.", Needs::kNothing, permissions},
      {1, "static.exports", "The file exports its entry and nothing else.", Needs::kNothing,
       exports},
      {1, "static.unique", "No symbol binds across plugins.", Needs::kNothing, unique},
      {1, "static.needed", "The file needs the language runtime at most.", Needs::kNothing, needed},
      {1, "static.tls", "The file takes no static TLS.", Needs::kNothing, static_tls},
      {1, "static.hardening", "The file is linked with RELRO and NOW.", Needs::kNothing, hardening},
      {1, "static.floor", "The file runs on the oldest supported glibc.", Needs::kNothing, floor},
      {1, "static.manifest", "The manifest names what a host knows.", Needs::kNothing, manifest},
      {1, "static.note", "Note and entry carry the same manifest.", Needs::kNothing, note},
      {1, "static.schema", "The configuration schema is valid.", Needs::kNothing, schema},
      {1, "static.secrets", "Every credential is marked as a secret.", Needs::kNothing, secrets},
  };
}

}  // namespace gantry::plugins::conformance
