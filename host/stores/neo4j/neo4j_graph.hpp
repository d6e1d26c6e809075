#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/base/json.hpp"
#include "host/stores/knowledge_graph.hpp"
#include "host/stores/server_facts.hpp"

namespace gantry::stores::neo4j {

struct Neo4jOptions {
  std::string url;  ///< https://host:port of the server's HTTP connector; http to loopback only.
  std::string database = "neo4j";
  std::string user;     ///< Empty with a secret: the secret is a bearer token.
  std::string secret;   ///< Password or token, resolved; empty: no authentication. Never logged.
  std::string ca_file;  ///< PEM bundle; empty: the system's.
  std::chrono::milliseconds timeout{10'000};  ///< Of one request whose caller sets no earlier end.
  std::chrono::milliseconds connect_timeout{2'000};
  bool make_constraints = true;  ///< False: look only; missing ones are kConflict.
};

class QueryApi;

/// The graph in a Neo4j 5.26 or newer, over its HTTP Query API.
///
/// (:GantryDocument {id})-[:MENTIONS {count, confidence}]->(:GantryEntity {kind, value}). A
/// document node also holds the ledger's row, its revision and the head of its id. A write reads
/// them, decides by the rules of Store, and changes everything by one statement, which is one
/// transaction, and which does nothing where a revision is another by then. An entity that nobody
/// mentions is deleted. Values travel as parameters, never as text of a statement.
///   kTimeout      no answer in time, or none to a write: the effect is unknown
///   kUnavailable  away, read-only, or the same documents are written by too many at once
///   kDenied       user or password          kNotFound  there is no such database
///   kConflict     constraints are missing and may not be made
/// [any-thread] [blocking]
class Neo4jGraph final : public KnowledgeGraph {
 public:
  /// Contacts nobody: a server that is away shows at the first call, which also creates the
  /// constraints. kInvalid names the option.
  static Result<std::unique_ptr<Neo4jGraph>> open(const Neo4jOptions& options);
  ~Neo4jGraph() override;

  /// That the server answers, knows us and has our constraints.
  Result<void> check(const CallOptions& options) const;
  Result<ServerFacts> facts(const CallOptions& options) const;

  std::string_view name() const override { return "graph/neo4j"; }
  Result<std::vector<Kept>> put(std::span<const Write> writes, const CallOptions& options) override;
  Result<std::vector<Stamp>> look(std::span<const std::string> document_ids,
                                  const CallOptions& options) const override;
  Result<std::vector<Undone>> undo(std::span<const WriteRef> refs,
                                   const CallOptions& options) override;
  Result<void> settle(std::span<const WriteRef> refs, const CallOptions& options) override;
  Result<std::vector<Listed>> list(std::string_view after, std::size_t limit,
                                   const CallOptions& options) const override;

  Result<std::vector<Mention>> mentions(std::string_view document_id,
                                        const CallOptions& options) const override;
  Result<std::vector<std::string>> documents(const Node& node, std::size_t limit,
                                             const CallOptions& options) const override;
  Result<std::vector<Neighbour>> neighbours(std::string_view document_id, std::size_t limit,
                                            const CallOptions& options) const override;
  Result<std::size_t> count(const CallOptions& options) const override;

 private:
  explicit Neo4jGraph(std::unique_ptr<QueryApi> api);
  /// Reads by one statement, once the constraints are there.
  Result<Json> read(const char* statement, const Json& parameters,
                    const CallOptions& options) const;

  const std::unique_ptr<QueryApi> api_;
};

}  // namespace gantry::stores::neo4j
