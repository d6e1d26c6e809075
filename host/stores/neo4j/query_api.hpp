#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "host/base/json.hpp"
#include "host/net/egress.hpp"
#include "host/net/http_client.hpp"
#include "host/stores/http_address.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores::neo4j {

struct Neo4jOptions;

/// A statement and its parameters (an object).
struct Statement {
  const char* text;
  const Json& parameters;
};

/// Neo4j's HTTP Query API v2 (neo4j.com/docs/query-api). Answers are the rows: an array of arrays.
/// Where the server rolled back because of others (a deadlock), the same is tried again a few
/// times. [any-thread] [blocking]
class QueryApi {
 public:
  static Result<std::unique_ptr<QueryApi>> open(const Neo4jOptions& options);

  /// One statement that may be repeated, in a transaction of its own.
  Result<Json> run(const Statement& statement, const CallOptions& options) const;

  /// Runs `read`, gives its rows to `decide`, and runs `write` with what that returns, unless it is
  /// null. `write` returns no row where what was read is no longer so; then all begins anew, so
  /// `decide` may be called several times. It may throw Json::exception. An error of kTimeout
  /// leaves the effect unknown.
  Result<void> change(const Statement& read, const std::function<Json(const Json&)>& decide,
                      const char* write, const CallOptions& options) const;

  /// Creates the constraints, or sees that they are there. Cheap once it has succeeded.
  Result<void> prepare(const CallOptions& options) const;

 private:
  explicit QueryApi(const Neo4jOptions& options, HttpAddress address);
  /// Calls `once` until it ends in something else than kConflict, or gives kUnavailable.
  static Result<void> persist(const std::function<Result<void>()>& once,
                              const CallOptions& options);
  Result<Json> post(const Statement& statement, const CallOptions& options) const;

  const std::string url_;  ///< "https://host:port/db/neo4j/query/v2"
  const std::string authorization_;
  const std::chrono::milliseconds timeout_;
  const bool make_constraints_;
  const net::EgressList egress_;
  const net::HttpClient http_;
  mutable std::atomic<bool> prepared_{false};
};

}  // namespace gantry::stores::neo4j
