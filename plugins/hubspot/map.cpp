#include "map.hpp"

#include <charconv>
#include <gantry/sdk/time.hpp>

namespace gantry::hubspot {
namespace {

using sdk::Json;
using sdk::Record;

std::string_view first_text(const Json& properties, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    if (const auto text = properties[name].text(); !text.empty()) return text;
  }
  return {};
}

std::int64_t first_time(std::initializer_list<const Json*> times) {
  for (const auto* json : times) {
    const std::int64_t time = time_of(*json);
    if (time != GANTRY_TIME_UNKNOWN) return time;
  }
  return GANTRY_TIME_UNKNOWN;
}

std::string name_of(const Json& properties) {
  std::string name(properties["firstname"].text());
  const auto last = properties["lastname"].text();
  if (!name.empty() && !last.empty()) name += ' ';
  name += last;
  return name;
}

std::string title_of(const ObjectType& type, const Json& properties) {
  if (type.kind == "contact") {
    if (std::string name = name_of(properties); !name.empty()) return name;
  }
  return std::string(
      first_text(properties, {"dealname", "subject", "name", "hs_email_subject", "hs_meeting_title",
                              "hs_call_title", "hs_task_subject", "domain", "email"}));
}

void write_text(const Json& properties, Record& record) {
  if (const auto plain = first_text(properties, {"hs_email_text", "content"}); !plain.empty()) {
    record.text = plain;
    return;
  }
  const auto html = first_text(properties, {"hs_email_html", "hs_note_body", "hs_call_body",
                                            "hs_meeting_body", "hs_task_body"});
  if (!html.empty()) {
    record.text = html;
    record.content_type = "text/html";
    return;
  }
  for (const auto& [name, value] : properties.members()) {
    // Words of HubSpot's own bookkeeping are nothing that anybody searches.
    if (value.text().empty() || name.starts_with("hs_") || name.ends_with("date")) continue;
    if (!record.text.empty()) record.text += '\n';
    record.text += name + ": " + std::string(value.text());
  }
}

void add(Json& all, std::string_view role, std::string_view name, std::string_view handle,
         std::string_view id) {
  if (name.empty() && handle.empty() && id.empty()) return;
  Json one = Json::object();
  one.set("role", role);
  one.set("name", name);
  one.set("handle", handle);
  one.set("external_id", id);
  all.push(std::move(one));
}

Json participants_of(const ObjectType& type, std::string_view id, const Json& properties) {
  Json all = Json::array();
  if (type.kind == "contact") {
    add(all, "contact", name_of(properties), properties["email"].text(), id);
  }
  if (type.kind == "company") add(all, "company", properties["name"].text(), "", id);
  add(all, "from", "", first_text(properties, {"hs_email_from_email", "hs_call_from_number"}), "");
  std::string_view to = first_text(properties, {"hs_email_to_email", "hs_call_to_number"});
  while (!to.empty()) {  // Several are separated by semicolons.
    const auto end = std::min(to.find(';'), to.size());
    add(all, "to", "", sdk::trim(to.substr(0, end)), "");
    to.remove_prefix(std::min(end + 1, to.size()));
  }
  add(all, "owner", "", "", properties["hubspot_owner_id"].text());
  return all;
}

/// hs_merged_object_ids: the ids that this object took over, separated by semicolons.
Json aliases_of(std::string_view ids) {
  Json all = Json::array();
  while (!ids.empty()) {
    const auto end = std::min(ids.find(';'), ids.size());
    if (const auto id = sdk::trim(ids.substr(0, end)); !id.empty()) all.push(id);
    ids.remove_prefix(std::min(end + 1, ids.size()));
  }
  return all;
}

}  // namespace

std::int64_t time_of(const Json& time) {
  const auto text = time.text();
  std::int64_t ms = 0;
  std::int64_t ns = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(end - text.size(), end, ms);
  if (!text.empty() && error == std::errc{} && stop == end) {
    const bool fits = !__builtin_mul_overflow(ms, std::int64_t{1'000'000}, &ns);
    return fits ? ns : GANTRY_TIME_UNKNOWN;
  }
  const auto read = sdk::read_timestamp(text);
  return read ? read->ns : GANTRY_TIME_UNKNOWN;
}

std::optional<std::int64_t> modified_ms(const ObjectType& type, const Json& object) {
  const Json& properties = object["properties"];
  // Contacts carry a null hs_lastmodifieddate; others have no lastmodifieddate.
  const std::int64_t ns =
      first_time({&properties[type.modified], &properties["hs_lastmodifieddate"],
                  &properties["lastmodifieddate"], &object["updatedAt"]});
  if (ns == GANTRY_TIME_UNKNOWN || ns < 0) return std::nullopt;
  return ns / 1'000'000;
}

Record map_object(const ObjectType& type, const Json& object, std::string_view raw) {
  const auto id = object["id"].text();
  if (id.empty() || id.size() > 256) {
    throw sdk::Failure(sdk::Status::kData, "an object of " + type.name + " has no id");
  }
  const Json& properties = object["properties"];
  Record record;
  record.kind = type.kind;
  record.key = type.key_of(id);
  record.title = title_of(type, properties);
  record.raw = raw;
  record.occurred_at_ns = first_time({&properties["hs_timestamp"], &properties["createdate"],
                                      &properties["hs_createdate"], &object["createdAt"]});
  record.version = modified_ms(type, object).value_or(0) * 1'000'000;
  if (object["archived"].truth()) {
    record.tombstone = true;
    const std::int64_t archived = time_of(object["archivedAt"]);
    if (archived != GANTRY_TIME_UNKNOWN) record.version = std::max(record.version, archived);
  }
  write_text(properties, record);
  record.participants = participants_of(type, id, properties).dump();

  Json known = Json::object();
  for (const auto& [name, value] : properties.members()) known.set_if(name, value);
  Json extra = Json::object();
  for (const auto& [name, value] : object.members()) {
    const bool mapped = name == "id" || name == "properties" || name == "createdAt" ||
                        name == "updatedAt" || name == "archived" || name == "archivedAt";
    if (!mapped) extra.set_if(name, value);
  }
  Json metadata = Json::object();
  metadata.set("object_type", type.name);
  metadata.set("object_id", id);
  metadata.set_if("created_at", object["createdAt"]);
  metadata.set_if("updated_at", object["updatedAt"]);
  metadata.set_if("archived_at", object["archivedAt"]);
  metadata.set_if("aliases", aliases_of(properties["hs_merged_object_ids"].text()));
  metadata.set_if("properties", std::move(known));
  metadata.set("tz", "Z");
  metadata.set_if("extra", std::move(extra));
  record.metadata = metadata.dump();
  return record;
}

}  // namespace gantry::hubspot
