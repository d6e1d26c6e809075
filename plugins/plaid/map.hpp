#pragma once

#include <gantry/sdk/record.hpp>

#include "loop.hpp"

namespace gantry::plaid {

/// One change as its record: kind "bank_transaction", key transaction_id; a removal is its
/// tombstone. Throws Failure(kData) where the change has no transaction_id.
///
/// Amounts are decimal text with Plaid's sign (positive: money left the account). There is no
/// version: Plaid sends none, so the arrival decides.
sdk::Record map_change(const Change& change, const Loop& loop, const Item& item);

}  // namespace gantry::plaid
