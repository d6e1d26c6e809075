#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/clock.hpp"
#include "host/stores/embedded/embedded.hpp"
#include "host/stores/server_facts.hpp"

namespace gantry::stores {

/// Where one port's store is. An empty URL means the embedded file; the URL's scheme names the
/// adapter.
struct PortOptions {
  std::string url = {};
  std::string password = {};  ///< The secret itself, or a token. In no message, no log.
};

struct OpenOptions {
  embedded::EmbeddedOptions embedded;
  PortOptions documents = {};
  PortOptions vectors = {};
  PortOptions graph = {};
  PortOptions cache = {};
  std::string ca_file = {};  ///< PEM bundle for Neo4j, Qdrant and Redis; empty: the system's.
  int pool_size = 8;         ///< Connections to each PostgreSQL and Redis.
  std::chrono::milliseconds timeout{30'000};  ///< Of a call that has no earlier deadline.
  /// False: look only; missing or older tables, constraints, collections are kConflict.
  bool make_tables = true;
};

/// A port's adapter and whether it answers.
struct PortState {
  std::string name;  ///< "documents/postgres"
  std::optional<Error> error;
};

/// The server behind a port, and what it said of itself.
struct PortServer {
  std::string name;  ///< "documents/postgres"
  Result<ServerFacts> facts;
  /// How far its clock is ahead of ours, by at most half a round trip wrong; none where it is not
  /// told.
  std::optional<std::chrono::milliseconds> ahead;
};

/// The ports as configuration chose them. Dead letters, staging and the saga's log are always in
/// the embedded file, as are all ports without a URL. [any-thread]
class OpenedStores {
 public:
  /// Opens the embedded file and no connection: a server that is away now may be there when it is
  /// needed. kInvalid or kUnsupported names the port whose URL cannot be used. [blocking]
  static Result<std::unique_ptr<OpenedStores>> open(const OpenOptions& options,
                                                    const Clock& clock = system_clock());
  ~OpenedStores();

  DocumentStore& documents();
  VectorIndex& vectors();
  KnowledgeGraph& graph();
  Cache& cache();
  DeadLetters& dead_letters();
  Staging& staging();
  saga::SagaLog& saga_log();

  /// Of the four ports: "documents/postgres".
  std::vector<std::string> names() const;
  /// False where all is in the embedded file.
  bool uses_servers() const;
  /// Asks each port for something small, all at once, within `patience`. [blocking]
  std::vector<PortState> probe(std::chrono::milliseconds patience);
  /// Asks each server who it is, one after the other, each within `patience`; none of the embedded
  /// file. Documents and vectors in one database are one. [blocking]
  std::vector<PortServer> servers(std::chrono::milliseconds patience) const;

 private:
  struct Parts;
  explicit OpenedStores(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gantry::stores
