#include "map.hpp"

#include <gantry/sdk/decimal.hpp>
#include <initializer_list>
#include <string>

#include "event_types.hpp"
#include "people.hpp"

namespace gantry::frontapp {
namespace {

using sdk::Json;
using sdk::Record;

/// Front's times are decimal seconds; the digits are read, never a binary float.
std::int64_t time_of(const Json& seconds) {
  return sdk::seconds_to_ns(seconds.text()).value_or(GANTRY_TIME_UNKNOWN);
}

std::int64_t first_known(std::initializer_list<std::int64_t> times) {
  for (const auto time : times) {
    if (time != GANTRY_TIME_UNKNOWN) return time;
  }
  return GANTRY_TIME_UNKNOWN;
}

/// A source's or target's data as a list: Front sends an object or an array of them.
std::vector<const Json*> data_of(const Json& side) {
  std::vector<const Json*> out;
  if (side["data"].is_object()) out.push_back(&side["data"]);
  for (const Json& item : side["data"].items()) out.push_back(&item);
  return out;
}

std::string_view type_of(const Json& side) { return side["_meta"]["type"].text(); }

Json inbox_ids(const Json& event) {
  Json ids = Json::array();
  // After a move the target is where the conversation is now.
  for (const auto* side : {&event["target"], &event["source"]}) {
    if (!type_of(*side).starts_with("inbox")) continue;
    for (const Json* inbox : data_of(*side)) {
      if (!(*inbox)["id"].text().empty()) ids.push((*inbox)["id"].text());
    }
    if (!ids.items().empty()) break;
  }
  return ids;
}

Json tag_names(const Json& tags) {
  Json names = Json::array();
  for (const Json& tag : tags.items()) {
    const auto name = tag["name"].text();
    names.push(name.empty() ? tag["id"].text() : name);
  }
  return names;
}

Json attachments_of(const Json& data) {
  Json out = Json::array();
  for (const Json& attachment : data["attachments"].items()) {
    Json kept = Json::object();
    for (const auto* key : {"id", "filename", "content_type", "size", "url"}) {
      kept.set_if(key, attachment[key]);
    }
    out.push(std::move(kept));
  }
  return out;
}

/// The members that nothing else of the record carries. Links are addresses in Front's API that
/// can be rebuilt from the ids.
Json unmapped(const Json& object, std::initializer_list<std::string_view> mapped) {
  Json rest = Json::object();
  for (const auto& member : object.members()) {
    bool known = member.key == "_links";
    for (const auto key : mapped) known = known || member.key == key;
    if (!known) rest.set(member.key, member.value);
  }
  return rest;
}

/// What every record of an event has in common.
Record common(const Envelope& envelope, std::string_view raw) {
  const Json& event = envelope.event;
  Record record;
  record.title = event["conversation"]["subject"].text();
  record.raw = raw;
  record.occurred_at_ns = time_of(event["emitted_at"]);
  // Events of one message or conversation are ordered by when Front says they happened: an update
  // that overtakes its creation stays the newer one. A time before 1970 cannot order anything.
  record.version = record.occurred_at_ns > 0 ? record.occurred_at_ns : 0;
  return record;
}

Json common_metadata(const Envelope& envelope) {
  const Json& event = envelope.event;
  const Json& conversation = event["conversation"];
  Json metadata = Json::object();
  metadata.set_if("conversation_id", conversation["id"].text());
  metadata.set_if("inbox_ids", inbox_ids(event));
  metadata.set_if("tags", tag_names(conversation["tags"]));
  metadata.set_if("assignee", conversation["assignee"]["id"].text());
  metadata.set_if("assignee_email", conversation["assignee"]["email"].text());
  metadata.set_if("status", conversation["status"].text());
  metadata.set_if("event_id", event["id"].text());
  metadata.set_if("event_type", event["type"].text());
  metadata.set_if("envelope_type", envelope.type);
  metadata.set_if("company_id", envelope.company);
  return metadata;
}

void add_extra(Json& metadata, const Json& event, Json data_rest) {
  Json extra = Json::object();
  extra.set_if("event",
               unmapped(event, {"id", "type", "emitted_at", "conversation", "source", "target"}));
  extra.set_if("conversation",
               unmapped(event["conversation"], {"id", "subject", "status", "assignee", "tags"}));
  extra.set_if("target", std::move(data_rest));
  metadata.set_if("extra", std::move(extra));
}

Record message(const Envelope& envelope, const Json& data, std::string_view raw) {
  Record record = common(envelope, raw);
  record.kind = "message";
  record.key = data["id"].text();
  if (record.title.empty()) record.title = data["subject"].text();
  Json metadata = common_metadata(envelope);
  if (const auto text = data["text"].text(); !text.empty()) {
    record.text = text;
  } else if (const auto html = data["body"].text(); !html.empty()) {
    // The host's pipeline strips it as it does every HTML document.
    record.text = html;
    record.content_type = "text/html";
  } else {
    record.text = data["blurb"].text();
    metadata.set("body_missing", true);
  }
  record.occurred_at_ns = first_known({time_of(data["created_at"]), record.occurred_at_ns});
  record.participants = participants_of_message(data).dump();
  metadata.set_if("message_type", data["type"].text());
  metadata.set_if("is_inbound", data["is_inbound"]);
  metadata.set_if("is_draft", data["is_draft"]);
  metadata.set_if("attachments", attachments_of(data));
  add_extra(metadata, envelope.event,
            unmapped(data, {"id", "type", "is_inbound", "is_draft", "created_at", "blurb", "body",
                            "text", "subject", "recipients", "author", "attachments"}));
  record.metadata = metadata.dump();
  return record;
}

Record comment(const Envelope& envelope, const Json& data, std::string_view raw) {
  Record record = common(envelope, raw);
  record.kind = "comment";
  record.key = data["id"].text();
  record.text = data["body"].text();
  record.occurred_at_ns = first_known({time_of(data["posted_at"]), record.occurred_at_ns});
  record.participants = participants_of_comment(data, envelope.event["source"]).dump();
  Json metadata = common_metadata(envelope);
  metadata.set_if("attachments", attachments_of(data));
  add_extra(metadata, envelope.event,
            unmapped(data, {"id", "body", "posted_at", "author", "attachments"}));
  record.metadata = metadata.dump();
  return record;
}

/// One sentence: "Tag added: POD missing, by Dee Ops".
std::string sentence(const Envelope& envelope, const EventType& type) {
  const Json& event = envelope.event;
  std::string text(type.label);
  if (text.empty()) text = event["type"].text().empty() ? envelope.type : event["type"].text();
  std::string names;
  for (const Json* target : data_of(event["target"])) {
    const std::string name = display_name(*target);
    if (!name.empty()) names += (names.empty() ? "" : ", ") + name;
  }
  if (!names.empty()) text += ": " + names;
  if (type_of(event["source"]) == "teammate") {
    const std::string actor = display_name(event["source"]["data"]);
    if (!actor.empty()) text += ", by " + actor;
  }
  return text;
}

Record conversation_event(const Envelope& envelope, const EventType& type, std::string_view raw,
                          std::string_view key) {
  const Json& event = envelope.event;
  Record record = common(envelope, raw);
  record.kind = "conversation_event";
  record.key = key;
  record.text = sentence(envelope, type);
  record.participants = participants_of_event(event).dump();
  Json metadata = common_metadata(envelope);
  const auto target_type = type_of(event["target"]);
  metadata.set_if("target_type", target_type);
  metadata.set_if("target_id", event["target"]["data"]["id"].text());
  Json target = Json::object();
  // A list or a value that is no object is kept whole under its own name.
  if (event["target"]["data"].is_object()) {
    target = unmapped(event["target"]["data"], {"id"});
  } else {
    target.set_if("data", event["target"]["data"]);
  }
  add_extra(metadata, event, std::move(target));
  record.metadata = metadata.dump();
  return record;
}

}  // namespace

std::vector<Record> map_event(const Envelope& envelope, std::string_view raw,
                              std::string_view fallback_key) {
  const Json& event = envelope.event;
  const EventType& type = event_type_of(event["type"].text(), envelope.type);
  const Json& target = event["target"]["data"];
  const auto target_type = type_of(event["target"]);
  const bool has_target = !target["id"].text().empty();

  // A preview, or a body without its target: then only the event itself is known.
  if (type.subject == Subject::kMessage && has_target &&
      (target_type == "message" || target_type.empty())) {
    return {message(envelope, target, raw)};
  }
  if (type.subject == Subject::kComment && has_target &&
      (target_type == "comment" || target_type.empty())) {
    return {comment(envelope, target, raw)};
  }

  const std::string_view event_id = event["id"].text();
  const std::string_view own_key = event_id.empty() ? fallback_key : event_id;
  if (type.subject != Subject::kTrash && type.subject != Subject::kRestore) {
    return {conversation_event(envelope, type, raw, own_key)};
  }

  // Deleting and restoring speak about the conversation: both write the record with its id, so
  // that the later of the two decides.
  const std::string_view conversation_id = event["conversation"]["id"].text();
  std::vector<Record> records;
  records.push_back(
      conversation_event(envelope, type, raw, conversation_id.empty() ? own_key : conversation_id));
  records.back().tombstone = type.subject == Subject::kTrash;
  if (has_target && target_type == "message") {
    records.push_back(message(envelope, target, raw));
    records.back().tombstone = type.subject == Subject::kTrash;
  }
  return records;
}

}  // namespace gantry::frontapp
