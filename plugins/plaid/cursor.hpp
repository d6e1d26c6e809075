#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace gantry::plaid {

/// Where one item stands.
struct Place {
  std::string cursor;  ///< Plaid's; empty: the beginning.
  /// Within a loop too large for one checkpoint: the cursor that the loop began with, where a
  /// restart has to go.
  std::optional<std::string> loop_start;
  int failed_rounds = 0;  ///< Polls in a row that the mutation error ended.

  /// Back to the loop's first cursor.
  void rewind() {
    if (loop_start) cursor = std::move(*loop_start);
    loop_start.reset();
  }
  bool operator==(const Place&) const = default;
};

/// Our cursor: one place per item, {"v":1,"items":{"operating":{"cursor":"…"}}}.
class Places {
 public:
  /// Throws Failure(kData, "CURSOR") for what this plugin did not write.
  explicit Places(std::string_view text);

  Place& at(const Item& item) { return places_[item.id]; }
  /// Only the items that are configured still.
  std::string text(const Settings& settings) const;

 private:
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace gantry::plaid
