#include "host/contracts/document.hpp"

#include <nlohmann/json.hpp>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/base/time.hpp"

namespace gantry {

std::string document_id(std::string_view source, std::string_view kind, std::string_view key) {
  std::string id;
  id.reserve(source.size() + kind.size() + key.size() + 2);
  id.append(source).append(1, ':').append(kind).append(1, ':').append(key);
  return id;
}

void to_json(Json& out, const Participant& p) {
  out = {{"role", p.role}, {"name", p.name}, {"handle", p.handle}, {"external_id", p.external_id}};
}

void from_json(const Json& in, Participant& p) {
  p.role = in.value("role", "");
  p.name = in.value("name", "");
  p.handle = in.value("handle", "");
  p.external_id = in.value("external_id", "");
}

void to_json(Json& out, const Document& d) {
  out = {{"id", d.id},
         {"source", d.source},
         {"kind", d.kind},
         {"title", d.title},
         {"text", d.text},
         {"content_type", d.content_type},
         {"occurred_at", to_rfc3339(d.occurred_at)},
         {"participants", d.participants},
         {"metadata", Json::parse(d.metadata)},
         {"raw", to_base64(d.raw)},
         {"version", d.version},
         {"deleted", d.deleted},
         {"purged", d.purged},
         {"received_at", to_rfc3339(d.received_at)}};
}

void from_json(const Json& in, Document& d) {
  in.at("id").get_to(d.id);
  in.at("source").get_to(d.source);
  in.at("kind").get_to(d.kind);
  in.at("title").get_to(d.title);
  in.at("text").get_to(d.text);
  in.at("content_type").get_to(d.content_type);
  d.occurred_at = parse_rfc3339(in.at("occurred_at").get_ref<const std::string&>()).value();
  in.at("participants").get_to(d.participants);
  d.metadata = in.at("metadata").dump();
  d.raw = from_base64(in.at("raw").get_ref<const std::string&>()).value();
  in.at("version").get_to(d.version);
  in.at("deleted").get_to(d.deleted);
  in.at("purged").get_to(d.purged);
  d.received_at = parse_rfc3339(in.at("received_at").get_ref<const std::string&>()).value();
}

std::string content_hash(const Document& document) {
  Json canonical = document;  // nlohmann sorts keys: one text for one content
  canonical.erase("received_at");
  return to_hex(sha256(dump_json(canonical)));
}

}  // namespace gantry
