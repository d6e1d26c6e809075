#include "loop.hpp"

#include <gantry/sdk/json_text.hpp>
#include <set>

namespace gantry::plaid {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

constexpr std::size_t kBytesMax = 48U << 20U;

Failure strange(const Item& item, std::string_view what) {
  return Failure(Status::kTransient,
                 "Plaid: item " + item.id + ": sync transactions: the answer " + std::string(what));
}

void take_changes(Loop& loop, Page& page, std::string_view list, Change::What what) {
  for (const std::string_view raw : sdk::element_texts(sdk::member_text(page.body, list))) {
    const Json json = Json::parse(raw);
    const std::string id(json["transaction_id"].text());
    const std::string pending(json["pending_transaction_id"].text());
    if (!pending.empty()) loop.replaced[pending] = id;
    page.changes.push_back({what, raw, id, false});
  }
}

void take_accounts(const Json& json, Loop& loop) {
  for (const Json& account : json["accounts"].items()) {
    const std::string id(account["account_id"].text());
    if (!id.empty()) loop.accounts[id] = account;
  }
}

/// The last change of a transaction decides; within a page Plaid's removals come last.
void mark_superseded(Loop& loop) {
  std::set<std::string_view> seen;
  for (auto page = loop.pages.rbegin(); page != loop.pages.rend(); ++page) {
    for (auto change = page->changes.rbegin(); change != page->changes.rend(); ++change) {
      change->superseded = !change->id.empty() && !seen.insert(change->id).second;
    }
  }
}

}  // namespace

Loop read_loop(const Client& client, const sdk::Call& call, const Item& item, std::string cursor) {
  Loop loop;
  std::size_t bytes = 0;
  for (bool more = true; more;) {
    call.throw_if_cancelled();
    // The views of a page point into its body, which therefore must not move any more.
    loop.pages.push_back({client.sync(call, item, cursor), {}, {}});
    Page& page = loop.pages.back();
    Json json;
    try {
      json = Json::parse(page.body);
    } catch (const Failure& failure) {
      throw strange(item, std::string("is ") + failure.what());
    }
    if (!json.is_object() || !json["has_more"].is_bool() || !json["next_cursor"].is_string()) {
      throw strange(item, "has no next_cursor or has_more");
    }
    page.next_cursor = json["next_cursor"].text();
    if (page.next_cursor.empty()) {
      loop.pages.pop_back();
      return loop;
    }
    more = json["has_more"].truth();
    if (more && page.next_cursor == cursor) throw strange(item, "promises more but stands still");
    take_accounts(json, loop);
    bytes += page.body.size();
    cursor = page.next_cursor;
    loop.complete = !more;
    if (bytes > kBytesMax) break;
  }
  for (Page& page : loop.pages) {
    take_changes(loop, page, "added", Change::What::kAdded);
    take_changes(loop, page, "modified", Change::What::kModified);
    take_changes(loop, page, "removed", Change::What::kRemoved);
  }
  mark_superseded(loop);
  loop.ready = true;
  return loop;
}

}  // namespace gantry::plaid
