#include "tests/support/servers/postgres.hpp"

#include <libpq-fe.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace gantry::test {

PostgresServer::PostgresServer() : ServerProgram("postgres.py") {
  const auto said = nlohmann::json::parse(hello());
  tls_port_ = said.at("tls_port");
  ca_ = said.at("ca");
}

std::string PostgresServer::url(const std::string& database, const std::string& user) const {
  return "postgresql://" + user + "@127.0.0.1:" + std::to_string(port()) + "/" + database;
}

std::string PostgresServer::make_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  sql("postgres", "CREATE DATABASE " + name);
  return name;
}

void PostgresServer::drop_database(const std::string& name) {
  sql("postgres", "DROP DATABASE " + name + " WITH (FORCE)");
}

std::string PostgresServer::sql(const std::string& database, const std::string& statement) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url(database).c_str()),
                                                                &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexec(connection.get(), statement.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(statement + ": " + PQerrorMessage(connection.get()));
  }
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

}  // namespace gantry::test
