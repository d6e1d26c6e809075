#pragma once

#include <string>

#include "tests/support/servers/server_program.hpp"

namespace gantry::test {

/// A real PostgreSQL with pgvector (postgres.py). [blocking]
class PostgresServer final : public ServerProgram {
 public:
  PostgresServer();

  /// Speaks TLS as "localhost"; `ca` is the certificate that verifies it.
  int tls_port() const { return tls_port_; }
  std::string ca() const { return ca_; }
  /// "postgresql://USER@127.0.0.1:PORT/DATABASE"
  std::string url(const std::string& database, const std::string& user = "postgres") const;

  /// An empty database; its name.
  std::string make_database();
  void drop_database(const std::string& name);
  /// Runs statements; the first column of the first row, or nothing.
  std::string sql(const std::string& database, const std::string& statement);

 private:
  int tls_port_ = 0;
  std::string ca_;
  int databases_ = 0;
};

}  // namespace gantry::test
