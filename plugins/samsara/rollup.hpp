#pragma once

#include <cstdint>
#include <gantry/sdk/json.hpp>
#include <gantry/sdk/record.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::samsara {

/// One ping on its way into a window.
struct Ping {
  std::string_view asset_id;
  const sdk::Json* asset = nullptr;  ///< {id, name, externalIds, …} as the feed sends it.
  std::string_view stat;             ///< "gps", "engineStates", …
  const sdk::Json* value = nullptr;
  std::string_view raw;  ///< The ping's bytes.
  std::int64_t time_ns = 0;
};

/// What one stat said in one window.
struct Series {
  std::vector<std::int64_t> times;  ///< Sorted: a ping that comes again is known by its time.
  sdk::Json first, last;
  std::vector<std::pair<std::int64_t, std::string>> states;  ///< Values that are words, by time.
  double speed_max = -1;
  std::string speed_max_text;
};

/// All pings of one asset in one window.
struct Window {
  std::string asset_id;
  sdk::Json asset;
  std::int64_t start_ns = 0;
  std::int64_t first_ns = 0;  ///< Of the oldest ping.
  std::int64_t last_ns = 0;   ///< Of the newest ping.
  std::uint64_t pings = 0;
  std::map<std::string, Series, std::less<>> series;
  std::string raw;
  std::uint64_t raw_cut = 0;
  bool changed = false;
};

/// Pings gathered by asset and window. A value: no clock, no I/O. What it holds is a function of
/// the pings that were added, in any order and any number of times. [any-thread] apart from itself
class RollUp {
 public:
  RollUp(std::int64_t window_ns, std::size_t raw_bytes_max)
      : window_ns_(window_ns), raw_bytes_max_(raw_bytes_max) {}

  /// The start of the window that holds `time_ns`.
  std::int64_t floor(std::int64_t time_ns) const noexcept;
  std::int64_t window_ns() const noexcept { return window_ns_; }

  /// Where it was there already nothing changes.
  void add(const Ping& ping);
  /// Takes out every window that ends by `until_ns`, oldest first.
  std::vector<Window> close(std::int64_t until_ns);
  /// The open windows that had a change of engine state since the last call.
  std::vector<const Window*> take_changed();
  void clear() {
    windows_.clear();
    changed_.clear();
  }

 private:
  void note_state(Window& window, Series& series, const Ping& ping);

  std::int64_t window_ns_;
  std::size_t raw_bytes_max_;
  std::map<std::int64_t, std::map<std::string, Window, std::less<>>> windows_;
  std::vector<std::pair<std::int64_t, std::string>> changed_;
  /// The newest engine state per asset, so that the first one of a window is no change by itself.
  std::map<std::string, std::pair<std::int64_t, std::string>, std::less<>> engine_;
};

}  // namespace gantry::samsara
