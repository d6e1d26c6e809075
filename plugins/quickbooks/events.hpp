#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::quickbooks {

/// One change that a webhook names. The payload holds no record, only where it is.
struct Event {
  std::string realm_id;
  std::string entity;  ///< As sent: "Invoice", in CloudEvents "invoice".
  std::string id;
  std::string operation;   ///< Lower case: create, update, delete, merge, void, emailed.
  std::string deleted_id;  ///< Merge: the one that went into `id`.
  std::string at;          ///< lastUpdated or time, as sent.
  std::string dedupe_key;  ///< CloudEvents' id, else realm:name:id:operation:lastUpdated.
  std::string_view raw;    ///< Intuit's bytes for this event, in the body.
};

/// The events of both formats, told apart by shape:
///   {"eventNotifications":[{"realmId","dataChangeEvent":{"entities":[…]}}]}
///   [{"specversion":"1.0","id","type":"qbo.invoice.updated.v1","intuitentityid",…}]  (CloudEvents)
/// Throws Failure(kData) for what is neither.
std::vector<Event> read_events(std::string_view body);

}  // namespace gantry::quickbooks
