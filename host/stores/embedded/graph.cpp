#include "host/stores/embedded/graph.hpp"

#include <algorithm>
#include <map>

namespace gantry::stores::embedded {
namespace {

constexpr LedgerSql kLedger = GANTRY_LEDGER_SQL("graph_ledger");

void clear(Connection& db, std::int64_t document) {
  std::vector<std::int64_t> nodes;
  {
    Query query(db, "DELETE FROM graph_edges WHERE document = ? RETURNING node");
    query << document;
    while (query.row()) nodes.push_back(query.integer(0));
  }
  for (const std::int64_t node : nodes) {
    (Query(db,
           "DELETE FROM graph_nodes WHERE n = ?1 AND NOT EXISTS"
           " (SELECT 1 FROM graph_edges WHERE node = ?1)")
     << node)
        .done();
  }
}

std::int64_t node_of(Connection& db, std::string_view kind, std::string_view value) {
  {
    Query query(db, "SELECT n FROM graph_nodes WHERE kind = ? AND value = ?");
    query << kind << value;
    if (query.row()) return query.integer(0);
  }
  Query query(db, "INSERT INTO graph_nodes(kind, value) VALUES(?, ?) RETURNING n");
  query << kind << value;
  query.row();
  return query.integer(0);
}

void link(Connection& db, std::int64_t document, const Mention& mention) {
  (Query(db, "INSERT INTO graph_edges VALUES(?, ?, ?, ?)")
   << document << node_of(db, mention.node.kind, mention.node.value)
   << static_cast<std::int64_t>(mention.count) << mention.confidence)
      .done();
}

Mention mention_at(const Query& query) {
  return {
      {query.text(0), query.text(1)}, static_cast<std::size_t>(query.integer(2)), query.real(3)};
}

}  // namespace

Graph::Graph(File& file) : Ledgered(file, kLedger) {}

void Graph::check(Connection&, const IngestedDocument&) {}

void Graph::store(Connection& db, const Admission& admission, const IngestedDocument& item) {
  if (admission.replaces) clear(db, admission.n);
  if (item.document.deleted || item.document.purged) return;
  std::map<std::pair<std::string_view, std::string_view>, Mention> mentions;
  for (const pipeline::Entity& entity : item.entities) {
    Mention& mention = mentions[{entity.kind, entity.value}];
    mention.node = {entity.kind, entity.value};
    ++mention.count;
    mention.confidence = std::max(mention.confidence, entity.confidence);
  }
  for (const auto& [key, mention] : mentions) link(db, admission.n, mention);
}

void Graph::keep_before(Connection& db, std::int64_t n) {
  drop_before(db, n);
  (Query(db,
         "INSERT INTO graph_edges_before SELECT e.document, g.kind, g.value, e.count, e.confidence"
         " FROM graph_edges e JOIN graph_nodes g ON g.n = e.node WHERE e.document = ?")
   << n)
      .done();
}

void Graph::drop_before(Connection& db, std::int64_t n) {
  (Query(db, "DELETE FROM graph_edges_before WHERE document = ?") << n).done();
}

void Graph::restore(Connection& db, std::int64_t n, bool to_content) {
  clear(db, n);
  if (!to_content) return;
  std::vector<Mention> mentions;
  {
    Query query(db,
                "SELECT kind, value, count, confidence FROM graph_edges_before WHERE document = ?");
    query << n;
    while (query.row()) mentions.push_back(mention_at(query));
  }
  for (const Mention& mention : mentions) link(db, n, mention);
  drop_before(db, n);
}

Result<std::vector<Mention>> Graph::mentions(std::string_view document_id,
                                             const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) {
    Query query(db,
                "SELECT g.kind, g.value, e.count, e.confidence FROM graph_ledger l"
                " JOIN graph_edges e ON e.document = l.n JOIN graph_nodes g ON g.n = e.node"
                " WHERE l.id = ? ORDER BY g.kind, g.value");
    query << document_id;
    std::vector<Mention> out;
    while (query.row()) out.push_back(mention_at(query));
    return out;
  });
}

Result<std::vector<std::string>> Graph::documents(const Node& node, std::size_t limit,
                                                  const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) {
    Query query(db,
                "SELECT l.id FROM graph_nodes g JOIN graph_edges e ON e.node = g.n"
                " JOIN graph_ledger l ON l.n = e.document WHERE g.kind = ? AND g.value = ?"
                " ORDER BY l.id LIMIT ?");
    query << node.kind << node.value << static_cast<std::int64_t>(limit);
    std::vector<std::string> out;
    while (query.row()) out.push_back(query.text(0));
    return out;
  });
}

Result<std::vector<Neighbour>> Graph::neighbours(std::string_view document_id, std::size_t limit,
                                                 const CallOptions& options) const {
  return file_.read(options, [&](Connection& db) {
    Query query(db,
                "SELECT o.id, count(*) AS shared FROM graph_ledger l"
                " JOIN graph_edges mine ON mine.document = l.n"
                " JOIN graph_edges theirs ON theirs.node = mine.node AND theirs.document <> l.n"
                " JOIN graph_ledger o ON o.n = theirs.document WHERE l.id = ?"
                " GROUP BY o.id ORDER BY shared DESC, o.id LIMIT ?");
    query << document_id << static_cast<std::int64_t>(limit);
    std::vector<Neighbour> out;
    while (query.row()) {
      out.push_back({query.text(0), static_cast<std::size_t>(query.integer(1))});
    }
    return out;
  });
}

Result<std::size_t> Graph::count(const CallOptions& options) const {
  return file_.read(options, [](Connection& db) {
    return static_cast<std::size_t>(db.integer("SELECT count(*) FROM graph_nodes"));
  });
}

}  // namespace gantry::stores::embedded
