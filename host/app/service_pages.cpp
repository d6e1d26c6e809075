#include <nlohmann/json.hpp>

#include "host/app/service.hpp"
#include "host/app/status.hpp"
#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/base/time.hpp"

namespace gantry::app {
namespace {

using console::AdminRequest;
using console::AdminResponse;
using console::error_response;
using console::json_response;

constexpr std::chrono::milliseconds kProbePatience{1'000};
/// Event loops turn twice a second; this long only where one is blocked.
constexpr std::chrono::seconds kSilenceMax{5};

AdminResponse page(const Json& value, unsigned status = 200) {
  return json_response(status, dump_json(value));
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") ==
         std::string_view::npos;
}

/// A time, or a day: from its beginning, and to its end. Nothing where it is not asked for.
Result<std::optional<Instant>> time_of(const AdminRequest& request, const std::string& name,
                                       bool end_of_day) {
  const std::string text = request.value(name);
  if (text.empty()) return std::optional<Instant>();
  const bool day = text.size() == std::string_view("2026-01-31").size();
  const auto at = parse_rfc3339(day ? text + "T00:00:00Z" : text);
  if (!at) {
    return Error{ErrorKind::kInvalid,
                 name + ": want a day such as 2026-01-31 or a time such as 2026-01-31T08:00:00Z"};
  }
  return std::optional<Instant>(day && end_of_day ? *at + std::chrono::hours(24) : *at);
}

Json document_json(const stores::StoredDocument& stored) {
  Json out = stored.document;
  out["words"] = stored.words;
  return out;
}

}  // namespace

void Service::add_routes() {
  admin_->route("GET", "/livez", [](const AdminRequest&) { return page({{"status", "alive"}}); });
  admin_->route("GET", "/readyz", [this](const AdminRequest&) { return ready_page(); });
  admin_->route("GET", "/version", [](const AdminRequest&) {
    return page({{"version", GANTRY_VERSION}, {"abi", GANTRY_ABI_VERSION}});
  });
  admin_->route("GET", "/metrics", [this](const AdminRequest&) {
    return AdminResponse{200, "text/plain; version=0.0.4", metrics_.render()};
  });
  admin_->route("GET", "/sources", [this](const AdminRequest&) { return sources_page(); });
  admin_->route("POST", "/sources/{id}/{action}",
                [this](const AdminRequest& request) { return tell_source(request); });
  admin_->route("GET", "/search",
                [this](const AdminRequest& request) { return search_page(request); });
  admin_->route("GET", "/documents/{id}",
                [this](const AdminRequest& request) { return document_page(request); });
  admin_->route(
      "POST", "/documents", [this](const AdminRequest& request) { return upload_page(request); },
      console::AdminServer::kUploadBytesMax);
  add_letter_routes();
  add_reconcile_routes();
  add_workflow_routes();
  add_rollout_routes();
  admin_->route("GET", "/status/{id}", [this](const AdminRequest& request) {
    const auto status = status_of(status_ports(), request.params.at("id"));
    return status ? page(*status) : error_response(status.error());
  });
  admin_->route("GET", "/documents/{id}/trail", [this](const AdminRequest& request) {
    const auto trail = trail_of(status_ports(), request.params.at("id"));
    return trail ? page(*trail) : error_response(trail.error());
  });
}

StatusPorts Service::status_ports() const {
  return {*inbox_,
          stores_->documents(),
          stores_->dead_letters(),
          [this] { return rollout_->away() ? nullptr : link_->client(); },
          [this] {
            std::vector<std::string> ids;
            const auto sources = sources_->now();
            for (const auto& source : sources->configured()) ids.push_back(source.id);
            return ids;
          },
          stores_->names(),
          {&stores_->documents(), &stores_->vectors(), &stores_->graph()},
          &direct_->board()};
}

AdminResponse Service::ready_page() const {
  const bool serving = temporal_serves();
  // A store that is away closes no door: deliveries are kept and written when it is back.
  Json stores = Json::array();
  for (const stores::PortState& port : stores_->probe(kProbePatience)) {
    stores.push_back({{"name", port.name}, {"reachable", !port.error}});
    if (port.error) stores.back()["reason"] = port.error->message();
  }
  return page({{"status", serving ? "ready" : "waiting"},
               {"temporal", {{"address", link_->address()}, {"serving", serving}}},
               {"stores", std::move(stores)},
               {"sources", sources_->now()->loaded()},
               {"refused", sources_->now()->refusals().size()}},
              serving ? 200 : 503);
}

std::string Service::headline() const {
  const auto sources = sources_->now();
  std::string line = temporal_serves() ? "serving, Temporal at " + link_->address()
                                       : "the door is open, waiting for Temporal";
  const std::size_t loaded = sources->loaded();
  line += ", " + std::to_string(loaded) + (loaded == 1 ? " source" : " sources");
  const std::size_t refused = sources->refusals().size();
  return refused == 0 ? line : line + ", " + std::to_string(refused) + " refused";
}

std::string Service::stuck() const {
  if (listener_->silence() > kSilenceMax) return "ingress";
  return admin_->silence() > kSilenceMax ? "admin" : "";
}

AdminResponse Service::search_page(const AdminRequest& request) const {
  stores::SearchQuery query;
  query.text = request.value("q");
  query.source = request.value("source");
  query.kind = request.value("kind");
  const auto limit = request.limit(20, 1, stores::kSearchLimitMax);
  if (!limit) return error_response(limit.error());
  query.limit = *limit;
  const auto from = time_of(request, "from", false);
  if (!from) return error_response(from.error());
  const auto to = time_of(request, "to", true);
  if (!to) return error_response(to.error());
  query.from = *from;
  query.to = *to;
  if (const std::string entity = request.value("entity"); !entity.empty()) {
    const auto colon = entity.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == entity.size()) {
      return error_response(
          Error{ErrorKind::kInvalid, "entity: want kind:value, such as load:4711"});
    }
    query.entity = stores::Node{entity.substr(0, colon), entity.substr(colon + 1)};
  }
  const stores::Search search(stores_->documents(), stores_->vectors(), models_->embedder(),
                              &stores_->graph(), &query_reader_);
  const auto hits = search.find(query);
  if (!hits) return error_response(hits.error());
  return page({{"query", query.text}, {"hits", *hits}});
}

AdminResponse Service::document_page(const AdminRequest& request) const {
  const std::string& id = request.params.at("id");
  const auto stored = stores_->documents().get(id, {});
  if (!stored) return error_response(stored.error());
  if (!*stored) {
    return error_response(Error{ErrorKind::kNotFound, "no document has the id " + id});
  }
  return page(document_json(**stored));
}

/// An upload becomes a record like any other: staged, then on the path that is its own.
AdminResponse Service::upload_page(const AdminRequest& request) {
  const std::string source = request.value("source", "upload");
  const std::string kind = request.value("kind", "file");
  const std::string name = request.value("name");
  if (!is_name(source) || !is_name(kind)) {
    return error_response(
        Error{ErrorKind::kInvalid, "source and kind: want 1 to 64 of a-z 0-9 _ . -"});
  }
  if (request.body.empty()) return error_response(Error{ErrorKind::kInvalid, "empty upload"});
  const std::string key =
      request.value("id", name.empty() ? to_hex(sha256(request.body)).substr(0, 32) : name);
  if (key.size() > 512 || !is_utf8(key)) {
    return error_response(Error{ErrorKind::kInvalid, "id: want at most 512 bytes of UTF-8"});
  }

  Document document;
  document.source = source;
  document.kind = kind;
  document.id = document_id(source, kind, key);
  if (!name.empty()) document.metadata = dump_json({{"name", name}});
  document.content_type = request.header("content-type");
  document.raw = request.body;
  document.received_at = system_clock().now();
  document.occurred_at = document.received_at;
  document.version = document.received_at.time_since_epoch().count();
  const auto keys = stores_->staging().put({&document, 1}, {});
  if (!keys) return error_response(keys.error());

  DocumentIngestionInput input;
  input.placement = placement();
  input.source = source;
  input.records = {{document.id, document.version, keys->front()}};
  const auto workflow = bring(input, temporal::ClosedPolicy::kReject);
  if (!workflow) return error_response(workflow.error());
  Json answer{{"document", document.id},
              {"version", document.version},
              {"path", *workflow ? "temporal" : "direct"}};
  if (*workflow) answer["workflow"] = **workflow;
  return page(answer, 202);
}

}  // namespace gantry::app
