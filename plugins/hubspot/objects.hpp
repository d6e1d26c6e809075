#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "settings.hpp"

namespace gantry::hubspot {

/// One type of CRM object.
struct ObjectType {
  std::string name;           ///< In addresses: "contacts", or a custom type's id, "2-3465404".
  std::string_view kind;      ///< Of its documents.
  std::string_view modified;  ///< The property that says when it was last modified.

  /// "123"; with the type's id in front for a custom type, whose ids are its own.
  std::string key_of(std::string_view id) const;
};

/// A known plural, or the id of a custom type (digits-digits).
bool is_object_type(std::string_view name) noexcept;
/// For "contacts", "contact" (as webhooks say), "0-1" and "2-3465404" alike.
ObjectType object_type(std::string_view name);
/// What is asked for: our own list and the settings'.
std::vector<std::string> properties_of(const ObjectType& type, const Settings& settings);

}  // namespace gantry::hubspot
