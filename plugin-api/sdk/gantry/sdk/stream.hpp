#pragma once

#include <gantry/stream.h>

#include <chrono>
#include <concepts>
#include <memory>
#include <string_view>

#include "gantry/sdk/edge.hpp"
#include "gantry/sdk/record.hpp"

namespace gantry::sdk {

struct StreamLimits {
  std::uint32_t records_max;
  std::uint64_t bytes_max;
  std::chrono::nanoseconds wait;  ///< For the first record.
};

/// An open feed. One call at a time; the destructor ends it. Throw kNotConnected to be opened
/// again, kEnd where nothing more will come.
class Feed {
 public:
  virtual ~Feed() = default;
  /// Emits what is there, then one checkpoint that covers it.
  virtual void next(const StreamLimits& limits, Sink& sink) = 0;
  /// The records up to `cursor` are stored.
  virtual void ack(const Call&, std::string_view /*cursor*/) {}
  /// They were not; the vendor should send them again.
  virtual void nack(const Call&, std::string_view /*cursor*/, std::string_view /*reason*/) {}
};

/// A class with this function offers gantry.stream/1. An empty cursor means: from now.
template <class T>
concept StreamingSource = requires(const T& source, const Call& call, std::string_view cursor) {
  { source.open_feed(call, cursor) } -> std::same_as<std::unique_ptr<Feed>>;
};

template <StreamingSource T>
struct StreamEdge {
  static gantry_status open(gantry_instance* self, const gantry_call* call, gantry_span cursor,
                            gantry_feed** out) noexcept {
    return guard(call, "open", [&] {
      auto feed = reinterpret_cast<const T*>(self)->open_feed(Call(call), view(cursor));
      if (!feed) throw Failure(Status::kBug, "the plugin opened no feed");
      *out = reinterpret_cast<gantry_feed*>(feed.release());
    });
  }
  static gantry_status next(gantry_feed* feed, const gantry_call* call, std::uint32_t records_max,
                            std::uint64_t bytes_max, std::int64_t wait_ns,
                            gantry_sink* sink) noexcept {
    return guard(call, "next", [&] {
      Sink out(call, sink);
      of(feed)->next({records_max, bytes_max, std::chrono::nanoseconds(wait_ns)}, out);
    });
  }
  static gantry_status ack(gantry_feed* feed, const gantry_call* call,
                           gantry_span cursor) noexcept {
    return guard(call, "ack", [&] { of(feed)->ack(Call(call), view(cursor)); });
  }
  static gantry_status nack(gantry_feed* feed, const gantry_call* call, gantry_span cursor,
                            const gantry_error* reason) noexcept {
    return guard(call, "nack", [&] {
      of(feed)->nack(Call(call), view(cursor), reason ? view(reason->message) : "");
    });
  }
  static void close(gantry_feed* feed) noexcept { delete of(feed); }
  static Feed* of(gantry_feed* feed) noexcept { return reinterpret_cast<Feed*>(feed); }

  static constexpr gantry_stream kTable{
      sizeof(gantry_stream), 0, &open, &next, &ack, &nack, &close};
};

}  // namespace gantry::sdk
