#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "host/base/error.hpp"
#include "host/stores/document_store.hpp"
#include "host/stores/server_facts.hpp"
#include "host/stores/vector_index.hpp"

namespace gantry::stores::postgres {

struct PostgresOptions {
  std::string url = {};  ///< postgresql://user@host:5432/database?sslmode=verify-full
  std::string password =
      {};  ///< Empty: none, or what libpq's own files say. In no message, no log.
  int pool_size = 8;
  std::chrono::milliseconds timeout{30'000};  ///< Of a call that has no earlier deadline.
  bool make_tables = true;                    ///< False: missing or older tables are kConflict.
};

/// Documents and vectors in one PostgreSQL database (14 or newer, encoding UTF8), schema "gantry".
/// Each port makes and updates its own tables on first use. [any-thread]
class PostgresStores {
 public:
  enum class Ports { kDocuments, kVectors, kBoth };

  /// Does not connect: a server that is away now may be there when it is needed. kInvalid where
  /// the URL is none or holds a password.
  static Result<std::unique_ptr<PostgresStores>> open(const PostgresOptions& options, Ports ports);
  ~PostgresStores();

  /// nullptr where it was not asked for.
  DocumentStore* documents();
  VectorIndex* vectors();

  /// On a connection of its own. [blocking]
  Result<ServerFacts> facts(const CallOptions& limits) const;

 private:
  struct Parts;
  explicit PostgresStores(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gantry::stores::postgres
