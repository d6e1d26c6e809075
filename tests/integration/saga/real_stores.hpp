#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "host/stores/open.hpp"
#include "host/stores/saga/saga.hpp"
#include "tests/support/servers/fault_proxy.hpp"
#include "tests/support/servers/neo4j.hpp"
#include "tests/support/servers/postgres.hpp"
#include "tests/support/servers/redis.hpp"
#include "tests/unit/stores/temp_dir.hpp"

namespace gantry::stores::saga {

inline const std::vector<std::string> kPorts = {"documents", "vectors", "graph", "cache"};

/// Documents in PostgreSQL, vectors in pgvector in a database of its own, the graph in Neo4j,
/// values and locks in Redis: real servers, each behind a door that fails to order. One per test
/// process.
class RealServers {
 public:
  static RealServers& get();

  /// Where the ports are, by the names of kPorts: what a configuration would say.
  std::string url(const std::string& port) const;
  OpenOptions options(const std::filesystem::path& folder, std::chrono::milliseconds timeout) const;

  /// Every write to one of the two databases ends as PostgreSQL ends it then.
  void make_readonly(const std::string& port);
  void fill(const std::string& port);
  void make_writable(const std::string& port);

  test::PostgresServer postgres;
  test::Neo4jServer neo4j;
  test::RedisServer redis;
  test::FaultProxy proxy;

 private:
  RealServers();
  std::map<std::string, std::uint16_t> doors_;
};

/// A saga over the real stores as one process has them.
struct RealSaga {
  RealSaga(std::chrono::milliseconds timeout, SagaPolicy policy);

  std::vector<Outcome> write(std::span<const IngestedDocument> batch) { return saga.write(batch); }
  /// In how many of the three stores the document is `item`; 0 to 3.
  int holders(const IngestedDocument& item) const;
  /// In how many of the three stores there is any content of that id.
  int present(const std::string& id) const;
  /// resume() until nothing waits; false where that does not come within a minute.
  bool settle();

  TempDir dir;
  std::unique_ptr<OpenedStores> stores;
  Saga saga;
};

/// The stores of `opened` as a saga takes them.
SagaPorts ports_of(OpenedStores& opened);

}  // namespace gantry::stores::saga
