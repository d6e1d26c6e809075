#include "event_types.hpp"

#include <algorithm>
#include <iterator>

namespace gantry::frontapp {
namespace {

// Event types: Front's core-api.json. Envelope types: Front's AsyncAPI description of webhooks.
constexpr EventType kTypes[] = {
    {"inbound", "inbound_received", Subject::kMessage, "Message received"},
    {"outbound", "outbound_sent", Subject::kMessage, "Message sent"},
    {"out_reply", "", Subject::kMessage, "Reply sent"},
    {"forward", "", Subject::kMessage, "Message forwarded"},
    {"comment", "new_comment_added", Subject::kComment, "Comment added"},
    {"mention", "", Subject::kComment, "Teammate mentioned"},
    {"trash", "conversation_deleted", Subject::kTrash, "Conversation deleted"},
    {"restore", "conversation_restored", Subject::kRestore, "Conversation restored"},
    {"assign", "assignee_changed", Subject::kOther, "Assigned"},
    {"unassign", "", Subject::kOther, "Unassigned"},
    {"archive", "conversation_archived", Subject::kOther, "Conversation archived"},
    {"reopen", "conversation_reopened", Subject::kOther, "Conversation reopened"},
    {"move", "conversation_moved", Subject::kOther, "Conversation moved"},
    {"reminder", "", Subject::kOther, "Reminder"},
    {"", "conversation_snoozed", Subject::kOther, "Conversation snoozed"},
    {"", "conversation_snooze_expired", Subject::kOther, "Snooze expired"},
    {"tag", "tag_added", Subject::kOther, "Tag added"},
    {"untag", "tag_removed", Subject::kOther, "Tag removed"},
    {"link_added", "link_added", Subject::kOther, "Link added"},
    {"link_removed", "link_removed", Subject::kOther, "Link removed"},
    {"sending_error", "message_delivery_failed", Subject::kOther, "Message delivery failed"},
    {"message_bounce_error", "", Subject::kOther, "Message bounced"},
    {"conversations_merged", "", Subject::kOther, "Conversations merged"},
    {"custom_field_updated", "", Subject::kOther, "Custom field updated"},
    {"ticket_status_update", "", Subject::kOther, "Ticket status updated"},
};
constexpr EventType kCall = {"", "", Subject::kOther, "Call"};
constexpr EventType kUnknown = {"", "", Subject::kOther, ""};

const EventType* find(std::string_view name, std::string_view EventType::* column) {
  if (name.empty()) return nullptr;
  const auto* row = std::find_if(std::begin(kTypes), std::end(kTypes),
                                 [&](const EventType& type) { return type.*column == name; });
  return row == std::end(kTypes) ? nullptr : row;
}

}  // namespace

const EventType& event_type_of(std::string_view event_type, std::string_view envelope_type) {
  if (const auto* row = find(event_type, &EventType::event)) return *row;
  if (const auto* row = find(envelope_type, &EventType::envelope)) return *row;
  // Hookdeck's example sends the Event API's names as envelope types.
  if (const auto* row = find(envelope_type, &EventType::event)) return *row;
  return event_type.starts_with("call_") ? kCall : kUnknown;
}

}  // namespace gantry::frontapp
