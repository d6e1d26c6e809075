#include "host/plugins/conformance/module.hpp"

#include <dlfcn.h>

#include "host/base/encoding.hpp"
#include "host/plugins/conformance/test.hpp"
#include "host/plugins/library.hpp"

namespace gantry::plugins::conformance {

Module open_module(const std::string& file) {
  void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* const words = ::dlerror();
    fail("dlopen with RTLD_NOW", escape_control(words == nullptr ? "it fails" : words),
         "link nothing but the language runtime; build with gantry_plugin_module()");
  }
  const auto entry_of =
      reinterpret_cast<gantry_plugin_entry_fn>(::dlsym(handle, GANTRY_PLUGIN_ENTRY_SYMBOL));
  if (entry_of == nullptr) {
    fail("the symbol " GANTRY_PLUGIN_ENTRY_SYMBOL, "it is not exported",
         "mark the entry GANTRY_EXPORT, or use GANTRY_PLUGIN(Type)");
  }
  Module module;
  module.raw = entry_of();
  const auto entry = read_entry(module.raw);
  if (!entry) fail("an entry that ABI 1 accepts", entry.error().reason, entry.error().remedy);
  module.entry = *entry;
  return module;
}

}  // namespace gantry::plugins::conformance
