#pragma once

#include <memory>
#include <string>

namespace gantry::test {

/// A real PostgreSQL with pgvector, started by postgres.py of this folder. Ends with this object,
/// and by itself should the test die. Throws where it does not start. [blocking]
class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  int port() const;
  /// Speaks TLS as "localhost"; `ca` is the certificate that verifies it.
  int tls_port() const;
  std::string ca() const;
  /// "postgresql://USER@127.0.0.1:PORT/DATABASE"
  std::string url(const std::string& database, const std::string& user = "postgres") const;

  /// An empty database; its name.
  std::string make_database();
  void drop_database(const std::string& name);
  /// Runs statements; the first column of the first row, or nothing.
  std::string sql(const std::string& database, const std::string& statement);

  void kill();   ///< As a crash; then nobody listens.
  void start();  ///< After kill(), on the same port with the same data.
  void freeze();
  void thaw();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gantry::test
