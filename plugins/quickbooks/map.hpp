#pragma once

#include <gantry/sdk/record.hpp>
#include <string_view>

#include "rows.hpp"

namespace gantry::quickbooks {

/// A live object as its record: kind by the entity ("bill_payment"), key Id as text, version its
/// LastUpdatedTime with SyncToken behind it, because that time has whole seconds only. The row must
/// have an Id.
sdk::Record map_row(const Row& row, std::string_view realm_id);

/// The tombstone of an object that was deleted at `deleted_at` (a vendor's time).
sdk::Record map_deletion(std::string_view entity, std::string_view id, std::string_view raw,
                         std::string_view deleted_at, std::string_view realm_id);

}  // namespace gantry::quickbooks
