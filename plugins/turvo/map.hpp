#pragma once

#include <gantry/sdk/json.hpp>
#include <gantry/sdk/record.hpp>
#include <string>
#include <string_view>

namespace gantry::turvo {

/// A record with the text that its raw borrows.
struct OwnedRecord {
  std::string raw;
  sdk::Record record;

  /// The record to emit; borrows from this object.
  const sdk::Record& view() {
    record.raw = raw;
    return record;
  }
};

/// When a row last changed, UNIX nanoseconds: lastUpdatedOn, else the last entry of its status
/// history; 0 where it says neither.
std::int64_t changed_at(const sdk::Json& row);

/// One row of a list, or one shipment, as a record. Bank account and routing numbers are replaced,
/// in metadata and raw alike. Throws Failure(kData) where it has no id.
OwnedRecord map_row(std::string_view kind, const sdk::Json& row);

}  // namespace gantry::turvo
