#include "record_parts.hpp"

#include <gantry/plugin.h>

#include "times.hpp"

namespace gantry::edi {

using sdk::Json;

Json errors_of(const std::vector<SegmentError>& errors) {
  Json out = Json::array();
  for (const SegmentError& error : errors) {
    Json one = Json::object();
    one.set("segment", error.tag);
    one.set("position", static_cast<std::int64_t>(error.position));
    one.set_if("loop", error.loop);
    one.set("code", std::int64_t{error.code});
    Json elements = Json::array();
    for (const ElementError& element : error.elements) {
      Json part = Json::object();
      part.set("element", static_cast<std::int64_t>(element.position));
      part.set("number", std::int64_t{element.number});
      part.set("code", std::int64_t{element.code});
      part.set_if("value", element.value);
      elements.push(std::move(part));
    }
    one.set_if("elements", std::move(elements));
    out.push(std::move(one));
  }
  return out;
}

Json names_of(const Warnings& warnings) {
  Json out = Json::array();
  for (const auto& name : warnings.names()) out.push(name);
  return out;
}

Json envelope_of(const Interchange& interchange, const Group& group, const SetResult& result) {
  Json out = Json::object();
  out.set_if("sender_qualifier", to_utf8(interchange.sender_qualifier));
  out.set("sender", to_utf8(interchange.sender));
  out.set_if("receiver_qualifier", to_utf8(interchange.receiver_qualifier));
  out.set("receiver", to_utf8(interchange.receiver));
  out.set("interchange_control", to_utf8(interchange.control));
  out.set_if("group_control", to_utf8(group.control));
  out.set_if("functional_id", to_utf8(group.functional_id));
  out.set_if("set_control", result.control);
  out.set_if("version", to_utf8(group.version));
  out.set_if("implementation", result.implementation);
  out.set_if("usage", to_utf8(interchange.usage));
  out.set_if("date", to_utf8(group.date));
  out.set_if("time", to_utf8(group.time));
  return out;
}

std::int64_t group_time(const Interchange& interchange, const Group& group) {
  if (const auto at = moment_of(group.date, group.time, "UT", {})) return at->ns;
  if (const auto at = moment_of(interchange.date, interchange.time, "UT", {})) return at->ns;
  return GANTRY_TIME_UNKNOWN;
}

std::int64_t version_of(const Interchange& interchange, const Group& group) {
  const std::int64_t at = group_time(interchange, group);
  if (at <= 0) return 0;
  std::int64_t number = 0;
  for (const char c : interchange.control) {
    if (c >= '0' && c <= '9') number = (number * 10 + (c - '0')) % 1'000'000;
  }
  return at + number * 10'000 + group.received % 10'000;
}

}  // namespace gantry::edi
