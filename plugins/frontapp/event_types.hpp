#pragma once

#include <string_view>

namespace gantry::frontapp {

/// What an event is about, and so which record it becomes.
enum class Subject {
  kMessage,  ///< The target is a message: kind "message".
  kComment,  ///< The target is a comment: kind "comment".
  kOther,    ///< Something happened to the conversation: kind "conversation_event".
  kTrash,    ///< The conversation was deleted: its tombstone.
  kRestore,  ///< It was taken back: a newer version that is not deleted.
};

/// One event type under both of its names: in the Event API (`payload.type`) and as the type of an
/// application webhook's envelope. Either may be empty.
struct EventType {
  std::string_view event;
  std::string_view envelope;
  Subject subject;
  std::string_view label;  ///< For people: "Tag added".
};

/// The row for an event, by `event_type` first, by `envelope_type` where that is unknown. A type
/// that is not in the table gives an "Other" row without names: it is kept, not refused.
const EventType& event_type_of(std::string_view event_type, std::string_view envelope_type);

}  // namespace gantry::frontapp
