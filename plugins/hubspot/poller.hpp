#pragma once

#include <gantry/sdk/record.hpp>

#include "api.hpp"
#include "place.hpp"

namespace gantry::hubspot {

/// Reads what was modified since the cursor, type by type, one search page after the other, and
/// checkpoints behind each. True where the host stopped it before the end of the round; the next
/// call goes on there, also in the middle of a page or of a timestamp.
///
/// HubSpot's own page numbers are not used: a query gives at most 10,000 results, and among equal
/// times their order is nobody's promise, so that two pages may miss one. Each query begins at the
/// last time of the one before, and where a single time fills a page, goes on inside it by id. The
/// lower end is inclusive and `overlap` back, because search lags writes; what is read again is the
/// same version. [blocking]
class Poller {
 public:
  /// The references outlive it.
  Poller(const sdk::Host& host, const Settings& settings, const Api& api)
      : host_(host), settings_(settings), api_(api) {}

  bool poll(std::string_view cursor, sdk::Sink& sink) const;

 private:
  /// How far the host took a page.
  struct Taken {
    bool all = true;              ///< Every object of the page.
    bool wanted = true;           ///< The host takes more.
    std::int64_t newest_ms = -1;  ///< Newest modification among those taken.
    std::string last_id;          ///< Of the last one taken.
  };

  bool poll_type(const ObjectType& type, Places& places, sdk::Sink& sink) const;
  bool poll_archived(const ObjectType& type, Places& places, sdk::Sink& sink) const;
  Taken hand_over(const ObjectType& type, const Api::Answer& page, const Place* archived,
                  sdk::Sink& sink) const;
  std::string query_of(const ObjectType& type, const Place& place) const;

  const sdk::Host& host_;
  const Settings& settings_;
  const Api& api_;
};

}  // namespace gantry::hubspot
