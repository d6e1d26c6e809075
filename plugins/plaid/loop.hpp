#pragma once

#include <gantry/sdk/json.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "client.hpp"

namespace gantry::plaid {

/// What happened to one transaction.
struct Change {
  enum class What { kAdded, kModified, kRemoved };
  What what = What::kAdded;
  std::string_view raw;     ///< Plaid's bytes, in the page's body.
  std::string id;           ///< transaction_id; empty where there is none.
  bool superseded = false;  ///< A later change of the loop speaks of the same transaction.
};

struct Page {
  std::string body;
  std::string next_cursor;
  std::vector<Change> changes;
};

/// One round of paging, read whole before anything of it is used: until Plaid says has_more=false
/// nothing of it is final, and a mutation throws all of it away (plaid.com/docs/api/products/
/// transactions, "transactions/sync").
///
/// An initial history that is larger than 48 MiB is cut there; complete says so.
struct Loop {
  std::vector<Page> pages;
  std::map<std::string, sdk::Json> accounts;    ///< By account_id.
  std::map<std::string, std::string> replaced;  ///< Pending id to posted id.
  bool complete = false;
  bool ready = false;  ///< False: Plaid has not read the bank yet (NOT_READY); keep no cursor.
};

Loop read_loop(const Client& client, const sdk::Call& call, const Item& item, std::string cursor);

}  // namespace gantry::plaid
