#include "host/contracts/streaming.hpp"

#include "host/contracts/fields.hpp"

namespace gantry {

using contracts::read;

void to_json(Json& out, const StreamInput& v) {
  out = {{"source", v.source}, {"settings", v.settings}, {"progress", v.progress}};
}
void from_json(const Json& in, StreamInput& v) {
  read(in, "source", v.source);
  read(in, "settings", v.settings);
  read(in, "progress", v.progress);
}

void to_json(Json& out, const CollectInput& v) {
  out = {{"source", v.source},
         {"cursor", cursor_text(v.cursor)},
         {"ack", cursor_text(v.ack)},
         {"budget", v.budget},
         {"wait_ms", v.wait.count()}};
}
void from_json(const Json& in, CollectInput& v) {
  read(in, "source", v.source);
  v.cursor = cursor_from_text(in.value("cursor", ""));
  v.ack = cursor_from_text(in.value("ack", ""));
  read(in, "budget", v.budget);
  v.wait = std::chrono::milliseconds{in.value("wait_ms", v.wait.count())};
}

void to_json(Json& out, const AckInput& v) {
  out = {{"source", v.source}, {"cursor", cursor_text(v.cursor)}, {"close", v.close}};
}
void from_json(const Json& in, AckInput& v) {
  read(in, "source", v.source);
  v.cursor = cursor_from_text(in.value("cursor", ""));
  read(in, "close", v.close);
}

std::string stream_workflow_id(std::string_view source) {
  return std::string("stream:").append(source);
}

}  // namespace gantry
