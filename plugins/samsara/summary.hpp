#pragma once

#include <gantry/sdk/record.hpp>

#include "feeds.hpp"
#include "rollup.hpp"

namespace gantry::samsara {

/// Which part of a window a document holds.
enum class Part {
  kWindow,    ///< All of it; a later document of the same window replaces this one.
  kLate,      ///< Pings that came after the window's document was final: their own document.
  kSnapshot,  ///< The latest values that Samsara sends when a feed begins: their own document.
};

/// The telemetry document of a window. Its version is the newest ping's time, so that a fuller
/// document of the same window is never the older one; its `raw` borrows from `window`.
/// A window of times that are not plausible is flagged and gets the arrival as its version.
sdk::Record summarise(const FeedKind& feed, const Window& window, std::int64_t window_ns, Part part,
                      bool open, std::int64_t now_ns);

}  // namespace gantry::samsara
