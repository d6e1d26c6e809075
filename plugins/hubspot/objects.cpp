#include "objects.hpp"

#include <algorithm>

namespace gantry::hubspot {
namespace {

struct Row {
  std::string_view plural, singular, id, kind, modified;
  std::string_view properties;  ///< Separated by blanks.
};

constexpr std::string_view kModified = "hs_lastmodifieddate";
constexpr std::string_view kEngagement = "engagement";

/// Names and ids of HubSpot's object types. Contacts alone call it lastmodifieddate.
constexpr Row kRows[] = {
    {"contacts", "contact", "0-1", "contact", "lastmodifieddate",
     "firstname lastname email phone mobilephone company jobtitle address city state zip country "
     "lifecyclestage hubspot_owner_id createdate hs_merged_object_ids"},
    {"companies", "company", "0-2", "company", kModified,
     "name domain phone address city state zip country industry lifecyclestage description "
     "hubspot_owner_id createdate hs_merged_object_ids"},
    {"deals", "deal", "0-3", "deal", kModified,
     "dealname dealstage pipeline amount deal_currency_code closedate description "
     "hubspot_owner_id createdate hs_merged_object_ids"},
    {"tickets", "ticket", "0-5", "ticket", kModified,
     "subject content hs_pipeline hs_pipeline_stage hs_ticket_priority hubspot_owner_id "
     "createdate hs_merged_object_ids"},
    {"products", "product", "0-7", "product", kModified,
     "name description price hs_sku createdate"},
    {"line_items", "line_item", "0-8", "line_item", kModified,
     "name quantity price amount hs_product_id createdate"},
    {"calls", "call", "0-48", kEngagement, kModified,
     "hs_timestamp hs_call_title hs_call_body hs_call_direction hs_call_duration "
     "hs_call_from_number hs_call_to_number hs_call_status hubspot_owner_id hs_createdate"},
    {"emails", "email", "0-49", kEngagement, kModified,
     "hs_timestamp hs_email_subject hs_email_text hs_email_html hs_email_direction "
     "hs_email_from_email hs_email_to_email hs_email_status hubspot_owner_id hs_createdate"},
    {"meetings", "meeting", "0-47", kEngagement, kModified,
     "hs_timestamp hs_meeting_title hs_meeting_body hs_meeting_start_time hs_meeting_end_time "
     "hs_meeting_location hs_meeting_outcome hubspot_owner_id hs_createdate"},
    {"notes", "note", "0-46", kEngagement, kModified,
     "hs_timestamp hs_note_body hubspot_owner_id hs_createdate"},
    {"tasks", "task", "0-27", kEngagement, kModified,
     "hs_timestamp hs_task_subject hs_task_body hs_task_status hs_task_priority "
     "hubspot_owner_id hs_createdate"},
};

const Row* row_of(std::string_view name) noexcept {
  for (const Row& row : kRows) {
    if (name == row.plural || name == row.singular || name == row.id) return &row;
  }
  return nullptr;
}

bool is_custom(std::string_view name) noexcept {
  const auto dash = name.find('-');
  if (dash == 0 || dash == std::string_view::npos || dash + 1 == name.size()) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

}  // namespace

std::string ObjectType::key_of(std::string_view id) const {
  return kind == "object" ? name + ':' + std::string(id) : std::string(id);
}

bool is_object_type(std::string_view name) noexcept {
  const Row* row = row_of(name);
  return row != nullptr ? name == row->plural : is_custom(name);
}

ObjectType object_type(std::string_view name) {
  if (const Row* row = row_of(name)) return {std::string(row->plural), row->kind, row->modified};
  return {std::string(name), "object", kModified};
}

std::vector<std::string> properties_of(const ObjectType& type, const Settings& settings) {
  std::vector<std::string> all;
  const auto add = [&](std::string_view property) {
    if (property.empty()) return;
    if (std::find(all.begin(), all.end(), property) == all.end()) all.emplace_back(property);
  };
  const Row* row = row_of(type.name);
  std::string_view names = row == nullptr ? "hs_createdate" : row->properties;
  while (!names.empty()) {
    const auto blank = std::min(names.find(' '), names.size());
    add(names.substr(0, blank));
    names.remove_prefix(std::min(blank + 1, names.size()));
  }
  add(type.modified);
  for (const std::string_view property : settings.properties) {
    const auto dot = property.find('.');
    if (property.substr(0, dot) == type.name) add(property.substr(dot + 1));
  }
  return all;
}

}  // namespace gantry::hubspot
