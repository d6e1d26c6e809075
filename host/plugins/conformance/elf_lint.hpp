#pragma once

#include <string>
#include <vector>

#include "host/plugins/refusal.hpp"

namespace gantry::plugins::conformance {

/// What the dynamic linker will see in a shared object.
struct ElfDynamics {
  std::vector<std::string> exports;  ///< Defined global and weak symbols.
  std::vector<std::string> unique;   ///< GNU-unique ones among them.
  std::vector<std::string> needed;   ///< Libraries.
  bool static_tls = false;
  bool relro = false;
  bool bind_now = false;
  /// A symbol and the version that it needs: {"memcpy", "GLIBC_2.14"}.
  struct Need {
    std::string symbol;
    std::string version;
  };
  std::vector<Need> versions;
};

/// Refuses a file without a section table: nothing could be said of it. Runs none of its code.
/// [any-thread]
Checked<ElfDynamics> read_dynamics(std::string& bytes);

/// True where a version such as "GLIBC_2.38" is newer than the host's floor (Debian 12: GLIBC_2.36,
/// GLIBCXX_3.4.30, CXXABI_1.3.13). Names without a number, and other families, are not newer.
bool newer_than_floor(const std::string& version);

}  // namespace gantry::plugins::conformance
