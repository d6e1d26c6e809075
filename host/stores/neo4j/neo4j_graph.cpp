#include "host/stores/neo4j/neo4j_graph.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/stores/ledger_entry.hpp"
#include "host/stores/neo4j/query_api.hpp"

namespace gantry::stores::neo4j {
namespace {

constexpr const char* kRead = R"(
UNWIND $keys AS key
MATCH (d:GantryDocument {key: key})
RETURN d.key, properties(d),
  [(d)-[m:MENTIONS]->(e:GantryEntity) | [e.key, e.kind, e.value, m.count, m.confidence]]
)";

// One transaction. Writing a property takes the node's lock before anything else of it is read
// (Neo4j's manual, "Concurrent data access", lost updates), in the order of keys, so that two
// batches lock in one order. Where a document is no longer as it was read no row goes on, and
// nothing is changed. Entities are locked next, also those that may go, so that one that another
// transaction is about to mention is not deleted. Where one was deleted between finding and locking
// it a link is missing, and the division by zero rolls everything back.
constexpr const char* kApply = R"(
UNWIND $documents AS x
MERGE (d:GantryDocument {key: x.properties.key})
SET d.id = x.properties.id
WITH collect(coalesce(d.revision, '') = x.seen) AS fresh
WHERE all(one IN fresh WHERE one)
CALL () {
  UNWIND $entities AS x
  MERGE (e:GantryEntity {key: x.key})
  SET e.kind = x.kind, e.value = x.value
}
CALL () {
  UNWIND $documents AS x
  MATCH (d:GantryDocument {key: x.properties.key})
  SET d = x.properties
}
CALL () {
  UNWIND $replaced AS x
  MATCH (:GantryDocument {key: x.key})-[m:MENTIONS]->()
  DELETE m
}
CALL () {
  UNWIND $replaced AS x
  MATCH (d:GantryDocument {key: x.key})
  UNWIND x.mentions AS y
  MATCH (e:GantryEntity {key: y.key})
  CREATE (d)-[:MENTIONS {count: y.count, confidence: y.confidence}]->(e)
  RETURN count(*) AS linked
}
CALL () {
  UNWIND $entities AS x
  MATCH (e:GantryEntity {key: x.key})
  WHERE NOT EXISTS { (e)<-[:MENTIONS]-() }
  DELETE e
}
RETURN 1 / CASE linked WHEN $links THEN 1 ELSE 0 END
)";

constexpr const char* kLook = R"(
UNWIND $keys AS key
MATCH (d:GantryDocument {key: key})
RETURN d.key, properties(d)
)";

constexpr const char* kSettle = R"(
UNWIND $refs AS x
MATCH (d:GantryDocument {key: x.key})
SET d.id = d.id
WITH d, x
WHERE d.operation = x.operation AND d.undoable
SET d.undoable = false
REMOVE d.mentions_before
)";

// Neo4j orders text by code point, which is the order of its UTF-8. The head has an index, so a
// page does not read all documents.
constexpr const char* kList = R"(
MATCH (d:GantryDocument)
WHERE d.head >= $head AND d.id > $after AND d.present
RETURN d.id, d.version, d.deleted, d.purged ORDER BY d.head, d.id LIMIT $limit
)";

constexpr const char* kMentions = R"(
MATCH (:GantryDocument {key: $key})-[m:MENTIONS]->(e:GantryEntity)
RETURN e.key, e.kind, e.value, m.count, m.confidence
)";

constexpr const char* kDocuments = R"(
MATCH (:GantryEntity {key: $key})<-[:MENTIONS]-(d:GantryDocument)
RETURN d.id ORDER BY d.id LIMIT $limit
)";

constexpr const char* kNeighbours = R"(
MATCH (:GantryDocument {key: $key})-[:MENTIONS]->(e:GantryEntity)<-[:MENTIONS]-(o:GantryDocument)
RETURN o.id, count(e) AS shared ORDER BY shared DESC, o.id LIMIT $limit
)";

constexpr const char* kCount = "MATCH (e:GantryEntity) RETURN count(e)";

// An index key of Neo4j has at most 8 KB; a digest fits whatever the id or the value is.
std::string document_key(std::string_view id) { return to_hex(sha256(id)); }
std::string entity_key(std::string_view kind, std::string_view value) {
  return to_hex(sha256(std::to_string(kind.size()) + ':' + std::string(kind) + std::string(value)));
}

/// The first 128 code points of an id: short enough for an index, and ordered as the ids are.
std::string head_of(std::string_view id) {
  std::size_t code_points = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(id[i]) & 0xC0U) != 0x80U;
    if (begins && code_points++ == 128) return std::string(id.substr(0, i));
  }
  return std::string(id);
}

std::int64_t limit_of(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000'000));
}

/// One mention as a row: [key, kind, value, count, confidence].
Json mention_row(const Mention& mention) {
  return {entity_key(mention.node.kind, mention.node.value), mention.node.kind, mention.node.value,
          mention.count, mention.confidence};
}

Json mention_rows(const IngestedDocument& item) {
  std::map<std::pair<std::string_view, std::string_view>, Mention> mentions;
  for (const pipeline::Entity& entity : item.entities) {
    Mention& mention = mentions[{entity.kind, entity.value}];
    mention.node = {entity.kind, entity.value};
    ++mention.count;
    mention.confidence = std::max(mention.confidence, entity.confidence);
  }
  Json out = Json::array();
  for (const auto& [node, mention] : mentions) out.push_back(mention_row(mention));
  return out;
}

/// A document as the transaction found it.
struct Found {
  LedgerEntry entry;
  Json mentions = Json::array();  ///< Rows.
  std::string before;             ///< Rows as text; empty where none are kept.
  std::string revision;           ///< Changes with every write; empty where there was none.
};

using FoundByKey = std::unordered_map<std::string, Found>;

FoundByKey read_found(const Json& rows) {
  FoundByKey out;
  for (const Json& row : rows) {
    Found found{row.at(1).get<LedgerEntry>(), row.at(2), row[1].value("mentions_before", ""),
                row[1].value("revision", "")};
    out.emplace(row[0].get<std::string>(), std::move(found));
  }
  return out;
}

/// The parameters of kApply, document by document.
class Changes {
 public:
  void ledger(const std::string& id, const Found& found, const LedgerEntry& entry,
              const std::string& before) {
    Json properties = entry;
    properties["key"] = document_key(id);
    properties["id"] = id;
    properties["head"] = head_of(id);
    properties["revision"] = revision_;
    if (!before.empty()) properties["mentions_before"] = before;
    documents_.insert_or_assign(
        document_key(id), Json{{"seen", found.revision}, {"properties", std::move(properties)}});
  }
  void mentions(const std::string& id, const Json& from, const Json& to) {
    Json list = Json::array();
    for (const Json& row : to) {
      list.push_back({{"key", row[0]}, {"count", row[3]}, {"confidence", row[4]}});
    }
    links_ += list.size();
    replaced_.push_back({{"key", document_key(id)}, {"mentions", std::move(list)}});
    for (const Json* rows : {&from, &to}) {
      for (const Json& row : *rows) entities_[row[0]] = {row[1], row[2]};
    }
  }
  Json take() {
    if (documents_.empty()) return {};
    Json documents = Json::array();
    for (auto& [key, document] : documents_) documents.push_back(std::move(document));
    Json entities = Json::array();
    for (const auto& [key, node] : entities_) {
      entities.push_back({{"key", key}, {"kind", node.kind}, {"value", node.value}});
    }
    return {{"documents", std::move(documents)},
            {"replaced", std::move(replaced_)},
            {"entities", std::move(entities)},
            {"links", links_}};
  }

 private:
  const std::string revision_ = to_hex(random_bytes(8));
  std::map<std::string, Json> documents_;  // by key
  Json replaced_ = Json::array();
  std::size_t links_ = 0;
  std::map<std::string, Node> entities_;
};

/// What `make` reads from rows; rows of another form than asked for are not Neo4j's.
template <class Make>
auto read_rows(const Result<Json>& rows, Make make) -> Result<decltype(make(*rows))> {
  if (!rows) return rows.error();
  try {
    return make(*rows);
  } catch (const Json::exception& problem) {
    return Error{ErrorKind::kUnavailable, "the graph's answer has an unexpected form",
                 problem.what()};
  }
}

}  // namespace

Result<std::unique_ptr<Neo4jGraph>> Neo4jGraph::open(const Neo4jOptions& options) {
  auto api = QueryApi::open(options);
  if (!api) return api.error();
  return std::unique_ptr<Neo4jGraph>(new Neo4jGraph(std::move(*api)));
}

Neo4jGraph::Neo4jGraph(std::unique_ptr<QueryApi> api) : api_(std::move(api)) {}
Neo4jGraph::~Neo4jGraph() = default;

Result<void> Neo4jGraph::check(const CallOptions& options) const {
  auto counted = count(options);
  if (!counted) return counted.error();
  return {};
}

Result<ServerFacts> Neo4jGraph::facts(const CallOptions& options) const {
  const Json none = Json::object();
  auto rows = api_->run({"CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel'"
                         " RETURN versions[0], datetime.realtime().epochMillis",
                         none},
                        options);
  if (!rows) return rows.error();
  try {
    return ServerFacts{"Neo4j " + rows->at(0).at(0).get<std::string>(),
                       Instant(std::chrono::milliseconds(rows->at(0).at(1).get<std::int64_t>()))};
  } catch (const Json::exception& problem) {
    return Error{ErrorKind::kUnavailable, "neo4j does not say its version", problem.what()};
  }
}

Result<std::vector<Kept>> Neo4jGraph::put(std::span<const Write> writes,
                                          const CallOptions& options) {
  if (writes.empty()) return std::vector<Kept>();
  Json keys = Json::array();
  for (const Write& write : writes) keys.push_back(document_key(write.item->document.id));
  std::vector<Kept> kept;
  const auto decide = [&](const Json& rows) {
    FoundByKey found = read_found(rows);
    Changes changes;
    kept.clear();
    for (const Write& write : writes) {
      const Document& document = write.item->document;
      const Found& old = found[document_key(document.id)];
      kept.push_back(judge(old.entry, write));
      if (kept.back() != Kept::kWritten) continue;
      const LedgerEntry entry = admitted(old.entry, write);
      changes.ledger(document.id, old, entry, entry.before.present ? dump_json(old.mentions) : "");
      const bool gone = document.deleted || document.purged;
      changes.mentions(document.id, old.mentions, gone ? Json::array() : mention_rows(*write.item));
    }
    return changes.take();
  };
  const Json parameters = {{"keys", std::move(keys)}};
  auto done = api_->change({kRead, parameters}, decide, kApply, options);
  if (!done) return done.error();
  return kept;
}

Result<std::vector<Undone>> Neo4jGraph::undo(std::span<const WriteRef> refs,
                                             const CallOptions& options) {
  if (refs.empty()) return std::vector<Undone>();
  Json keys = Json::array();
  for (const WriteRef& ref : refs) keys.push_back(document_key(ref.document_id));
  std::vector<Undone> undone;
  const auto decide = [&](const Json& rows) {
    FoundByKey found = read_found(rows);
    Changes changes;
    undone.clear();
    for (const WriteRef& ref : refs) {
      Found& old = found[document_key(ref.document_id)];
      undone.push_back(reverse(old.entry, ref.operation));
      if (undone.back() == Undone::kFinal) continue;
      if (undone.back() == Undone::kRestored) {
        const auto before = parse_json(old.before.empty() ? "[]" : old.before);
        changes.mentions(ref.document_id, old.mentions, before ? *before : Json::array());
        old.before.clear();
      }
      changes.ledger(ref.document_id, old, old.entry, old.before);
    }
    return changes.take();
  };
  const Json parameters = {{"keys", std::move(keys)}};
  auto done = api_->change({kRead, parameters}, decide, kApply, options);
  if (!done) return done.error();
  return undone;
}

Result<void> Neo4jGraph::settle(std::span<const WriteRef> refs, const CallOptions& options) {
  std::map<std::string, std::string> sorted;
  for (const WriteRef& ref : refs) sorted[document_key(ref.document_id)] = ref.operation;
  Json list = Json::array();
  for (const auto& [key, operation] : sorted) {
    list.push_back({{"key", key}, {"operation", operation}});
  }
  auto done = read(kSettle, {{"refs", std::move(list)}}, options);
  if (!done) return done.error();
  return {};
}

Result<std::vector<Stamp>> Neo4jGraph::look(std::span<const std::string> document_ids,
                                            const CallOptions& options) const {
  Json keys = Json::array();
  for (const std::string& id : document_ids) keys.push_back(document_key(id));
  return read_rows(read(kLook, {{"keys", keys}}, options), [&](const Json& rows) {
    std::unordered_map<std::string, LedgerEntry> entries;
    for (const Json& row : rows) {
      entries[row.at(0).get<std::string>()] = row.at(1).get<LedgerEntry>();
    }
    std::vector<Stamp> out;
    for (const Json& key : keys) out.push_back(stamp_of(entries[key.get<std::string>()]));
    return out;
  });
}

Result<std::vector<Listed>> Neo4jGraph::list(std::string_view after, std::size_t limit,
                                             const CallOptions& options) const {
  const Json parameters = {{"head", head_of(after)}, {"after", after}, {"limit", limit_of(limit)}};
  return read_rows(read(kList, parameters, options), [](const Json& rows) {
    std::vector<Listed> out;
    for (const Json& row : rows) {
      out.push_back({row.at(0).get<std::string>(), row.at(1).get<std::int64_t>(),
                     row.at(2).get<bool>(), row.at(3).get<bool>()});
    }
    return out;
  });
}

Result<std::vector<Mention>> Neo4jGraph::mentions(std::string_view document_id,
                                                  const CallOptions& options) const {
  const Json parameters = {{"key", document_key(document_id)}};
  return read_rows(read(kMentions, parameters, options), [](const Json& rows) {
    std::vector<Mention> out;
    for (const Json& row : rows) {
      out.push_back(
          {{row.at(1), row.at(2)}, row.at(3).get<std::size_t>(), row.at(4).get<double>()});
    }
    std::ranges::sort(out, {}, [](const Mention& mention) {
      return std::pair<std::string_view, std::string_view>(mention.node.kind, mention.node.value);
    });
    return out;
  });
}

Result<std::vector<std::string>> Neo4jGraph::documents(const Node& node, std::size_t limit,
                                                       const CallOptions& options) const {
  const Json parameters = {{"key", entity_key(node.kind, node.value)}, {"limit", limit_of(limit)}};
  return read_rows(read(kDocuments, parameters, options), [](const Json& rows) {
    std::vector<std::string> out;
    for (const Json& row : rows) out.push_back(row.at(0));
    return out;
  });
}

Result<std::vector<Neighbour>> Neo4jGraph::neighbours(std::string_view document_id,
                                                      std::size_t limit,
                                                      const CallOptions& options) const {
  const Json parameters = {{"key", document_key(document_id)}, {"limit", limit_of(limit)}};
  return read_rows(read(kNeighbours, parameters, options), [](const Json& rows) {
    std::vector<Neighbour> out;
    for (const Json& row : rows) out.push_back({row.at(0), row.at(1).get<std::size_t>()});
    return out;
  });
}

Result<std::size_t> Neo4jGraph::count(const CallOptions& options) const {
  return read_rows(read(kCount, Json::object(), options),
                   [](const Json& rows) { return rows.at(0).at(0).get<std::size_t>(); });
}

Result<Json> Neo4jGraph::read(const char* statement, const Json& parameters,
                              const CallOptions& options) const {
  if (auto ready = api_->prepare(options); !ready) return ready.error();
  return api_->run({statement, parameters}, options);
}

}  // namespace gantry::stores::neo4j
