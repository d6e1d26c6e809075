#include "tests/support/servers/postgres.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace gantry::test {
namespace {

std::string read_line(int from) {
  std::string line;
  for (char c = 0; ::read(from, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

}  // namespace

struct PostgresServer::Impl {
  pid_t pid = -1;
  int to = -1;
  int from = -1;
  int port = 0;
  int tls_port = 0;
  std::string ca;
  int databases = 0;

  void tell(const std::string& word) const {
    const std::string line = word + "\n";
    if (::write(to, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
        read_line(from) != "ok") {
      throw std::runtime_error("postgres.py did not " + word);
    }
  }
};

PostgresServer::PostgresServer() : impl_(std::make_unique<Impl>()) {
  int input[2], output[2];
  if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2 failed");
  }
  std::string words[] = {"python3", "-B", "-E", "-S",
                         std::string(GANTRY_SERVERS_DIR) + "/postgres.py"};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(),
                  words[3].data(), words[4].data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], 0);
  posix_spawn_file_actions_adddup2(&actions, output[1], 1);
  const int failed = posix_spawnp(&impl_->pid, "python3", &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  impl_->to = input[1];
  impl_->from = output[0];
  if (failed != 0) throw std::runtime_error("python3 does not start: " + words[4]);
  const auto hello = nlohmann::json::parse(read_line(impl_->from), nullptr, false);
  if (!hello.is_object()) {
    ::close(impl_->to);
    ::waitpid(impl_->pid, nullptr, 0);
    throw std::runtime_error(words[4] + " did not name its port");
  }
  impl_->port = hello.at("port");
  impl_->tls_port = hello.at("tls_port");
  impl_->ca = hello.at("ca");
}

PostgresServer::~PostgresServer() {
  ::close(impl_->to);  // postgres.py ends with its standard input
  ::waitpid(impl_->pid, nullptr, 0);
  ::close(impl_->from);
}

int PostgresServer::port() const { return impl_->port; }
int PostgresServer::tls_port() const { return impl_->tls_port; }
std::string PostgresServer::ca() const { return impl_->ca; }

std::string PostgresServer::url(const std::string& database, const std::string& user) const {
  return "postgresql://" + user + "@127.0.0.1:" + std::to_string(impl_->port) + "/" + database;
}

std::string PostgresServer::make_database() {
  const std::string name = "test_" + std::to_string(++impl_->databases);
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

void PostgresServer::kill() { impl_->tell("kill"); }
void PostgresServer::start() { impl_->tell("start"); }
void PostgresServer::freeze() { impl_->tell("freeze"); }
void PostgresServer::thaw() { impl_->tell("thaw"); }

}  // namespace gantry::test
