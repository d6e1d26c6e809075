#include "host/temporal/workflow/registry.hpp"

#include "host/base/assert.hpp"

namespace gantry::temporal::workflow {

void Registry::add(std::string_view name, Entry entry) {
  const bool added = entries_.emplace(name, entry).second;
  GANTRY_ASSERT(added && "workflow type registered twice");
}

const Registry::Entry* Registry::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

}  // namespace gantry::temporal::workflow
