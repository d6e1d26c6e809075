#pragma once

#include <gantry/plugin.h>

#include <memory>
#include <string_view>

#include "gantry/sdk/batch.hpp"
#include "gantry/sdk/check.hpp"
#include "gantry/sdk/host.hpp"
#include "gantry/sdk/poller.hpp"
#include "gantry/sdk/stream.hpp"
#include "gantry/sdk/webhook.hpp"

namespace gantry::sdk {

/// The ABI functions of a connector whose sources are objects of `T`.
///
/// T is made from a Setup, throws Failure(kConfig) where the configuration is wrong, is destroyed
/// when no call is in flight, and offers each capability whose functions it has. Its functions are
/// const and run on several threads at once.
template <class T>
struct PluginEdge {
  static_assert(std::constructible_from<T, const Setup&>, "a source is made from a Setup");

  static gantry_status init(const gantry_host*) noexcept { return GANTRY_OK; }
  static void deinit() noexcept {}

  static gantry_status create(const gantry_call* call, const gantry_host* host, gantry_span source,
                              gantry_span config, gantry_instance** out) noexcept {
    return guard(call, "create", [&] {
      auto made = std::make_unique<T>(Setup{Host(host, view(source)), view(config)});
      *out = reinterpret_cast<gantry_instance*>(made.release());
    });
  }
  static void destroy(gantry_instance* instance) noexcept { delete reinterpret_cast<T*>(instance); }

  static const void* get_capability(gantry_instance*, gantry_span id) noexcept {
    const std::string_view wanted = view(id);
    if constexpr (WebhookSource<T>) {
      if (wanted == GANTRY_CAP_WEBHOOK) return &WebhookEdge<T>::kTable;
    }
    if constexpr (PollingSource<T>) {
      if (wanted == GANTRY_CAP_POLLER) return &PollerEdge<T>::kTable;
    }
    if constexpr (StreamingSource<T>) {
      if (wanted == GANTRY_CAP_STREAM) return &StreamEdge<T>::kTable;
    }
    if constexpr (BatchSource<T>) {
      if (wanted == GANTRY_CAP_BATCH) return &BatchEdge<T>::kTable;
    }
    if constexpr (CheckedSource<T>) {
      if (wanted == GANTRY_CAP_CHECK) return &CheckEdge<T>::kTable;
    }
    return nullptr;
  }
};

}  // namespace gantry::sdk
