#include "host/stores/qdrant/ledger_points.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::stores::qdrant {
namespace {

constexpr std::size_t kIdsPerRead = 1'000;
constexpr std::size_t kPointsPerScroll = 5'000;

std::string point_id(std::string_view document_id) {
  return uuid_of("ledger\n" + std::string(document_id));
}

Json match(const char* key, const std::string& value) {
  return {{"key", key}, {"match", {{"value", value}}}};
}

Error unexpected(const Json::exception& problem) {
  return {ErrorKind::kUnavailable, "the vector index's ledger has an unexpected form",
          problem.what()};
}

/// True for the point of `document_id` while it bears `revision`.
Json is_still(const std::string& document_id, const std::string& revision) {
  const Json one = {{"has_id", Json::array({point_id(document_id)})}};
  return {{"must", Json::array({one, match("revision", revision)})}};
}

Json to_payload(const std::string& document_id, const Known& known) {
  Json out = known.entry;
  out["document_id"] = document_id;
  out["revision"] = known.revision;
  out["collection"] = known.content.collection;
  out["write"] = known.content.write;
  out["model"] = known.content.model;
  out["before_collection"] = known.before.collection;
  out["before_write"] = known.before.write;
  out["before_model"] = known.before.model;
  return out;
}

Known from_payload(const Json& payload) {
  return {payload.get<LedgerEntry>(),
          {payload.value("collection", ""), payload.value("write", ""), payload.value("model", "")},
          {payload.value("before_collection", ""), payload.value("before_write", ""),
           payload.value("before_model", "")},
          payload.value("revision", "")};
}

}  // namespace

std::string document_key(std::string_view document_id) { return to_hex(sha256(document_id)); }

LedgerPoints::LedgerPoints(const Rest& rest, const std::string& collection)
    : rest_(rest), path_("/collections/" + collection + "/points") {}

Result<std::vector<Known>> LedgerPoints::read(std::span<const std::string> document_ids,
                                              const CallOptions& options) const {
  std::vector<Known> out(document_ids.size());
  for (std::size_t at = 0; at < document_ids.size(); at += kIdsPerRead) {
    const auto part = document_ids.subspan(at, std::min(kIdsPerRead, document_ids.size() - at));
    std::unordered_map<std::string, std::size_t> places;
    Json ids = Json::array();
    for (std::size_t i = 0; i < part.size(); ++i) {
      std::string id = point_id(part[i]);
      ids.push_back(id);
      places.emplace(std::move(id), at + i);
    }
    auto points = rest_.call(
        "POST", path_, {{"ids", std::move(ids)}, {"with_payload", true}, {"with_vector", false}},
        options);
    if (!points) return points.error();
    try {
      for (const Json& point : *points) {
        const auto place = places.find(point.at("id").get<std::string>());
        if (place != places.end()) out[place->second] = from_payload(point.at("payload"));
      }
    } catch (const Json::exception& problem) {
      return unexpected(problem);
    }
  }
  return out;
}

Result<void> LedgerPoints::scroll(const Json& filter, const std::vector<std::string>& fields,
                                  const std::function<void(const Json&)>& show,
                                  const CallOptions& options) const {
  Json body = {{"limit", kPointsPerScroll}, {"with_payload", fields}, {"with_vector", false}};
  if (!filter.is_null()) body["filter"] = filter;
  for (;;) {
    auto page = rest_.call("POST", path_ + "/scroll", body, options);
    if (!page) return page.error();
    try {
      for (const Json& point : page->at("points")) show(point.at("payload"));
      body["offset"] = page->at("next_page_offset");
    } catch (const Json::exception& problem) {
      return unexpected(problem);
    }
    if (body["offset"].is_null()) return {};
  }
}

Result<std::vector<Listed>> LedgerPoints::list(const CallOptions& options) const {
  std::vector<Listed> out;
  const auto add = [&out](const Json& payload) {
    if (!payload.at("present").get<bool>()) return;
    out.push_back({payload.at("document_id"), payload.at("version").get<std::int64_t>(),
                   payload.at("deleted").get<bool>(), payload.at("purged").get<bool>()});
  };
  auto read =
      scroll(nullptr, {"document_id", "present", "version", "deleted", "purged"}, add, options);
  if (!read) return read.error();
  std::ranges::sort(out, {}, &Listed::document_id);
  return out;
}

Result<std::vector<ModelUse>> LedgerPoints::outside(const std::string& collection,
                                                    const CallOptions& options) const {
  std::vector<ModelUse> out;
  const auto add = [&out](const Json& payload) {
    if (payload.at("write").get<std::string>().empty()) return;
    out.push_back({payload.at("document_id"), payload.at("model")});
  };
  // Without vectors there is no collection either.
  const Json filter = {
      {"must_not", Json::array({match("collection", collection), match("collection", "")})}};
  if (auto read = scroll(filter, {"document_id", "write", "model"}, add, options); !read) {
    return read.error();
  }
  std::ranges::sort(out, {}, &ModelUse::document_id);
  return out;
}

Result<bool> LedgerPoints::replace(std::span<Change> changes, const CallOptions& options) const {
  if (changes.empty()) return true;
  const std::string revision = to_hex(random_bytes(8));
  std::vector<std::string> ids;
  for (Change& change : changes) {
    change.to.revision = revision;
    ids.push_back(change.document_id);
  }
  CallOptions patient = options;
  patient.cancelled = {};  // what is under way must be known to have happened or not
  const auto unknown = [](Error error) {
    if (error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kExhausted) {
      error.kind = ErrorKind::kTimeout;
      error.what += "; whether it was written is unknown";
    }
    return error;
  };
  if (auto sent = upsert(changes, patient); !sent) return unknown(sent.error());
  auto now = read(ids, patient);
  if (!now) return unknown(now.error());
  std::vector<Change> ours;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if ((*now)[i].revision == revision) ours.push_back(changes[i]);
  }
  if (ours.size() == changes.size()) return true;
  if (auto taken = take_back(ours, patient); !taken) return unknown(taken.error());
  return false;
}

Result<void> LedgerPoints::upsert(std::span<const Change> changes,
                                  const CallOptions& options) const {
  Json points = Json::array();
  // A point that is there is replaced only where a condition lets it; one that is not is made.
  Json conditions = Json::array({match("revision", "none")});
  for (const Change& change : changes) {
    points.push_back({{"id", point_id(change.document_id)},
                      {"vector", Json::array({1.0})},
                      {"payload", to_payload(change.document_id, change.to)}});
    if (!change.from.revision.empty()) {
      conditions.push_back(is_still(change.document_id, change.from.revision));
    }
  }
  auto done = rest_.call(
      "PUT", path_ + "?wait=true&ordering=strong",
      {{"points", std::move(points)}, {"update_filter", {{"should", std::move(conditions)}}}},
      options);
  if (!done) return done.error();
  return {};
}

Result<void> LedgerPoints::take_back(std::span<const Change> changes,
                                     const CallOptions& options) const {
  std::vector<Change> back;
  Json fresh = Json::array();
  for (const Change& change : changes) {
    if (change.from.revision.empty()) {
      fresh.push_back(is_still(change.document_id, change.to.revision));
    } else {
      back.push_back({change.document_id, change.to, change.from});
    }
  }
  if (!back.empty()) {
    if (auto done = upsert(back, options); !done) return done.error();
  }
  if (fresh.empty()) return {};
  auto done = rest_.call("POST", path_ + "/delete?wait=true&ordering=strong",
                         {{"filter", {{"should", std::move(fresh)}}}}, options);
  if (!done) return done.error();
  return {};
}

}  // namespace gantry::stores::qdrant
