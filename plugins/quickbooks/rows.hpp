#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client.hpp"

namespace gantry::quickbooks {

/// One object of an answer.
struct Row {
  std::string entity;    ///< "Invoice".
  std::string_view raw;  ///< Intuit's bytes, in the answer's body.
  sdk::Json json;

  std::string_view id() const { return json["Id"].text(); }
  bool deleted() const { return json["status"].text() == "Deleted"; }
  /// MetaData.LastUpdatedTime; nothing where it has no zone.
  std::optional<std::int64_t> updated_ns() const;
};

/// The objects of {"CDCResponse":[{"QueryResponse":[{"Invoice":[…],…}]}]} and of
/// {"QueryResponse":{"Invoice":[…],…}}: every array in there, whatever its name.
std::vector<Row> rows_of(const Answer& answer);

/// The answer's own time in UTC, or empty where it is missing or has no zone: such a time could be
/// hours off, and what changed in these hours would never be read.
std::string time_of(const Answer& answer);

}  // namespace gantry::quickbooks
