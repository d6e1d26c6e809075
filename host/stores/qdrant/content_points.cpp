#include "host/stores/qdrant/content_points.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::stores::qdrant {
namespace {

constexpr std::size_t kPointsPerRequest = 256;

Json match(const char* key, Json value) {
  return {{"key", key}, {"match", {{"value", std::move(value)}}}};
}

Json any_of(const char* key, Json values) {
  return {{"key", key}, {"match", {{"any", std::move(values)}}}};
}

/// The marks that a ledger point names.
Json kept_marks(const Known& now) {
  Json out = Json::array();
  for (const Content* content : {&now.content, &now.before}) {
    if (!content->write.empty()) out.push_back(content->write);
  }
  return out;
}

Json filter_of(std::vector<Json> must, const Known& now) {
  Json out = {{"must", std::move(must)}};
  if (Json kept = kept_marks(now); !kept.empty()) {
    out["must_not"] = Json::array({any_of("write", std::move(kept))});
  }
  return out;
}

}  // namespace

std::string mark_of(const Write& write) {
  const std::string& id = write.item->document.id;
  const std::string& operation = write.tag.operation;
  return to_hex(sha256(std::to_string(id.size()) + ':' + id + std::to_string(operation.size()) +
                       ':' + operation + write.hash));
}

Json all_of(std::string_view document_id) { return match("document", document_key(document_id)); }

Json those_of(const Content& content) { return match("write", content.write); }

Json leftovers_of(std::string_view document_id, const Known& now, std::string_view operation) {
  return filter_of({all_of(document_id), match("operation", std::string(operation))}, now);
}

Json leftovers_below(std::string_view document_id, const Known& now) {
  return filter_of({all_of(document_id), {{"key", "fence"}, {"range", {{"lt", now.entry.fence}}}}},
                   now);
}

Result<void> ContentPoints::send(std::span<const Write> writes, std::span<const Content> contents,
                                 const CallOptions& options) const {
  std::map<std::string, std::vector<Json>> by_collection;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (contents[i].write.empty()) continue;
    const IngestedDocument& item = *writes[i].item;
    const Document& document = item.document;
    for (std::size_t chunk = 0; chunk < item.embeddings.vectors.size(); ++chunk) {
      Json payload = {{"document_id", document.id},
                      {"document", document_key(document.id)},
                      {"source", document.source},
                      {"kind", document.kind},
                      {"chunk", chunk},
                      {"write", contents[i].write},
                      {"operation", writes[i].tag.operation},
                      {"fence", writes[i].tag.fence},
                      {"live", true}};
      const std::string name =
          document.id + '\n' + contents[i].write + '\n' + std::to_string(chunk);
      by_collection[contents[i].collection].push_back({{"id", uuid_of(name)},
                                                       {"vector", item.embeddings.vectors[chunk]},
                                                       {"payload", std::move(payload)}});
    }
  }
  for (auto& [collection, points] : by_collection) {
    for (std::size_t at = 0; at < points.size(); at += kPointsPerRequest) {
      const std::size_t end = std::min(points.size(), at + kPointsPerRequest);
      Json part = Json::array();
      for (std::size_t i = at; i < end; ++i) part.push_back(std::move(points[i]));
      auto done = rest_.call("PUT", "/collections/" + collection + "/points?wait=true",
                             {{"points", std::move(part)}}, options);
      if (!done) return done.error();
    }
  }
  return {};
}

Result<void> ContentPoints::show(std::span<const Content> contents, bool live,
                                 const CallOptions& options) const {
  std::map<std::string, Json> by_collection;
  for (const Content& content : contents) {
    if (!content.write.empty()) by_collection[content.collection].push_back(content.write);
  }
  for (auto& [collection, marks] : by_collection) {
    const Json filter = {{"must", Json::array({any_of("write", std::move(marks))})}};
    auto done = rest_.call("POST", "/collections/" + collection + "/points/payload?wait=true",
                           {{"payload", {{"live", live}}}, {"filter", filter}}, options);
    if (!done) return done.error();
  }
  return {};
}

Result<void> ContentPoints::erase(std::span<const std::string> collections,
                                  const std::vector<Json>& conditions,
                                  const CallOptions& options) const {
  if (conditions.empty()) return {};
  for (const std::string& collection : collections) {
    auto done = rest_.call("POST", "/collections/" + collection + "/points/delete?wait=true",
                           {{"filter", {{"should", conditions}}}}, options);
    if (!done) return done.error();
  }
  return {};
}

}  // namespace gantry::stores::qdrant
