#include "tests/integration/saga/real_stores.hpp"

#include <thread>

namespace gantry::stores::saga {
namespace {

/// The error of a full disk, from the server itself: a real one needs a file system of its own.
constexpr const char* kFull = R"(
  CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file: No space left on device'
          USING ERRCODE = 'disk_full'; END $$;
  DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'gantry' LOOP
      EXECUTE format('CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON gantry.%I '
                     'EXECUTE FUNCTION public.full_disk()', one);
    END LOOP; END $$)";

}  // namespace

RealServers& RealServers::get() {
  static RealServers one;
  return one;
}

RealServers::RealServers() {
  postgres.sql("postgres", "CREATE DATABASE documents");
  postgres.sql("postgres", "CREATE DATABASE vectors");
  doors_["documents"] = proxy.open_door("documents", postgres.port());
  doors_["vectors"] = proxy.open_door("vectors", postgres.port());
  doors_["graph"] = proxy.open_door("graph", neo4j.port());
  doors_["cache"] = proxy.open_door("cache", redis.port());
}

std::string RealServers::url(const std::string& port) const {
  const std::string at = "127.0.0.1:" + std::to_string(doors_.at(port));
  if (port == "graph") return "neo4j+http://" + at;
  if (port == "cache") return "redis://" + at;
  return "postgresql://postgres@" + at + "/" + port;
}

OpenOptions RealServers::options(const std::filesystem::path& folder,
                                 std::chrono::milliseconds timeout) const {
  OpenOptions out;
  out.embedded.file = folder / "stores.db";
  out.documents.url = url("documents");
  out.vectors.url = url("vectors");
  out.graph.url = url("graph");
  out.cache.url = url("cache");
  out.timeout = timeout;
  return out;
}

void RealServers::make_readonly(const std::string& port) {
  postgres.sql("postgres", "ALTER DATABASE " + port + " SET default_transaction_read_only = on");
  // Sessions that are open keep their own setting.
  postgres.sql(
      "postgres",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + port + "'");
}

void RealServers::fill(const std::string& port) { postgres.sql(port, kFull); }

void RealServers::make_writable(const std::string& port) {
  postgres.sql("postgres", "ALTER DATABASE " + port + " RESET default_transaction_read_only");
  postgres.sql(
      "postgres",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + port + "'");
  postgres.sql(port, "DROP FUNCTION IF EXISTS public.full_disk CASCADE");
}

SagaPorts ports_of(OpenedStores& opened) {
  return {{&opened.documents(), &opened.vectors(), &opened.graph()},
          &opened.cache(),
          &opened.saga_log(),
          &opened.dead_letters()};
}

RealSaga::RealSaga(std::chrono::milliseconds timeout, SagaPolicy policy)
    : stores(OpenedStores::open(RealServers::get().options(dir.path(), timeout)).value()),
      saga(ports_of(*stores), std::move(policy)) {}

int RealSaga::holders(const IngestedDocument& item) const {
  int out = 0;
  for (const Store* store : ports_of(*stores).stores) {
    const Stamp stamp = store->look({&item.document.id, 1}, {}).value().front();
    out += stamp.present && stamp.hash == idempotency_key(item) ? 1 : 0;
  }
  return out;
}

int RealSaga::present(const std::string& id) const {
  int out = 0;
  for (const Store* store : ports_of(*stores).stores) {
    out += store->look({&id, 1}, {}).value().front().present ? 1 : 0;
  }
  return out;
}

bool RealSaga::settle() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < until) {
    const auto resumed = saga.resume();
    if (resumed && resumed->waiting == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

}  // namespace gantry::stores::saga
