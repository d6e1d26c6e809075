#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::quickbooks {

/// "BillPayment" becomes "bill_payment": the record's kind.
std::string kind_of(std::string_view entity);

/// "BillPayment" becomes "billpayment": its place in addresses and in CloudEvents' types.
std::string path_of(std::string_view entity);

/// The one of `names` that is spelt so without regard to case, or empty.
std::string_view find_entity(const std::vector<std::string>& names, std::string_view spelt);

/// False for the entities that /cdc does not know (singer-io/tap-quickbooks).
bool has_change_capture(std::string_view entity);

/// True for lists whose inactive entries a query hides unless it asks for them.
bool hides_inactive(std::string_view entity);

}  // namespace gantry::quickbooks
