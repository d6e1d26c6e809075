#include "host/contracts/polling.hpp"

#include "host/contracts/fields.hpp"

namespace gantry {

using contracts::read;

void to_json(Json& out, const PollingInput& v) {
  out = {{"source", v.source}, {"settings", v.settings}, {"progress", v.progress}};
}
void from_json(const Json& in, PollingInput& v) {
  read(in, "source", v.source);
  read(in, "settings", v.settings);
  read(in, "progress", v.progress);
}

void to_json(Json& out, const FetchInput& v) {
  out = {{"source", v.source}, {"cursor", cursor_text(v.cursor)}, {"budget", v.budget}};
}
void from_json(const Json& in, FetchInput& v) {
  read(in, "source", v.source);
  v.cursor = cursor_from_text(in.value("cursor", ""));
  read(in, "budget", v.budget);
}

std::string poll_workflow_id(std::string_view source) {
  return std::string("poll:").append(source);
}

}  // namespace gantry
