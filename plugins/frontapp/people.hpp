#pragma once

#include <gantry/sdk/json.hpp>
#include <string>

namespace gantry::frontapp {

/// A teammate's, tag's, inbox's, link's or contact's name as people know it; empty where the object
/// has none.
std::string display_name(const sdk::Json& object);

/// Arrays of {role, name, handle, external_id}. Recipients keep Front's role (from, to, cc, bcc,
/// reply-to); the teammate who wrote is "author", the one who acted "actor", the one a
/// conversation was given to "assignee".
sdk::Json participants_of_message(const sdk::Json& data);
sdk::Json participants_of_comment(const sdk::Json& data, const sdk::Json& source);
sdk::Json participants_of_event(const sdk::Json& event);

}  // namespace gantry::frontapp
