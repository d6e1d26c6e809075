#pragma once

#include <gantry/poller.h>

#include <concepts>
#include <string_view>

#include "gantry/sdk/edge.hpp"
#include "gantry/sdk/record.hpp"

namespace gantry::sdk {

/// A class with this function offers gantry.poller/1: it fetches from `cursor`, emits, checkpoints
/// and returns true where the caller should poll again at once.
template <class T>
concept PollingSource = requires(const T& source, std::string_view cursor, Sink& sink) {
  { source.poll(cursor, sink) } -> std::same_as<bool>;
};

template <PollingSource T>
struct PollerEdge {
  static gantry_status poll(gantry_instance* self, const gantry_call* call, gantry_span cursor,
                            gantry_sink* sink, std::int32_t* more) noexcept {
    *more = 0;
    return guard(call, "poll", [&] {
      Sink out(call, sink);
      *more = reinterpret_cast<const T*>(self)->poll(view(cursor), out) ? 1 : 0;
    });
  }
  static constexpr gantry_poller kTable{sizeof(gantry_poller), 0, &poll};
};

}  // namespace gantry::sdk
