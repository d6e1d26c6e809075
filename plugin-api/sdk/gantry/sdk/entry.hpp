#pragma once

/// GANTRY_PLUGIN(Type): the connector's entry, once per module. Id, version and manifest come from
/// manifest.json through the header that gantry_plugin_module() generates.

#include "gantry/sdk/plugin.hpp"
#include "gantry_manifest.h"

#define GANTRY_PLUGIN(Type)                                                    \
  extern "C" GANTRY_EXPORT const gantry_plugin* gantry_plugin_entry_v1(void) { \
    using Edge = ::gantry::sdk::PluginEdge<Type>;                              \
    static constexpr gantry_plugin kPlugin{                                    \
        GANTRY_PLUGIN_MAGIC,                                                   \
        sizeof(gantry_plugin),                                                 \
        GANTRY_ABI_TAG,                                                        \
        GANTRY_ABI_MAJOR,                                                      \
        GANTRY_ABI_MINOR,                                                      \
        0,                                                                     \
        {GANTRY_MANIFEST_ID, sizeof GANTRY_MANIFEST_ID - 1},                   \
        {GANTRY_MANIFEST_VERSION, sizeof GANTRY_MANIFEST_VERSION - 1},         \
        {GANTRY_MANIFEST_JSON, GANTRY_MANIFEST_SIZE},                          \
        &Edge::init,                                                           \
        &Edge::deinit,                                                         \
        &Edge::create,                                                         \
        &Edge::destroy,                                                        \
        &Edge::get_capability};                                                \
    return &kPlugin;                                                           \
  }                                                                            \
  static_assert(true, "take the semicolon")
