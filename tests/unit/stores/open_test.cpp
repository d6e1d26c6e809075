#include "host/stores/open.hpp"

#include <gmock/gmock.h>

#include "tests/support/servers/postgres.hpp"
#include "tests/support/servers/qdrant.hpp"
#include "tests/support/servers/redis.hpp"
#include "tests/unit/stores/conformance/backend.hpp"
#include "tests/unit/stores/temp_dir.hpp"

namespace gantry::stores {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

OpenOptions options_in(const TempDir& dir) {
  OpenOptions out;
  out.embedded.file = dir.path() / "stores.db";
  out.timeout = 5s;
  return out;
}

std::string names(OpenedStores& stores) {
  std::string out;
  for (const PortState& port : stores.probe(5s)) {
    out += port.name + (port.error ? " " + std::string(to_string(port.error->kind)) : "") + "\n";
  }
  return out;
}

TEST(OpenedStores, AreAllInOneFileWithoutUrls) {
  const TempDir dir;
  const auto stores = OpenedStores::open(options_in(dir)).value();
  EXPECT_FALSE(stores->uses_servers());
  EXPECT_EQ(stores->documents().site(), stores->cache().site());
  EXPECT_EQ(names(*stores),
            "documents/embedded\nvectors/embedded\ngraph/embedded\ncache/embedded\n");
}

TEST(OpenedStores, NameThePortWhoseUrlNothingSpeaks) {
  const TempDir dir;
  OpenOptions options = options_in(dir);
  options.vectors.url = "mysql://ann:hunter2@db/x";
  const auto refused = OpenedStores::open(options);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(refused.error().what, HasSubstr("stores.vectors.url: nothing here speaks mysql://"));
  EXPECT_EQ(refused.error().what.find("hunter2"), std::string::npos);
}

TEST(OpenedStores, ShareOnePoolWhereTheUrlIsTheSame) {
  const TempDir dir;
  test::PostgresServer server;
  const std::string database = server.make_database();
  OpenOptions options = options_in(dir);
  options.pool_size = 1;
  options.documents.url = options.vectors.url = server.url(database);
  options.make_tables = false;
  EXPECT_EQ(names(*OpenedStores::open(options).value()),
            "documents/postgres conflict\nvectors/postgres conflict\ngraph/embedded\n"
            "cache/embedded\n");
  EXPECT_EQ(server.sql(database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'gantry'"),
            "0");
  options.make_tables = true;
  const auto stores = OpenedStores::open(options).value();
  EXPECT_TRUE(stores->uses_servers());
  EXPECT_EQ(names(*stores),
            "documents/postgres\nvectors/postgres\ngraph/embedded\ncache/embedded\n");
  EXPECT_EQ(server.sql(database,
                       "SELECT count(*) FROM pg_stat_activity WHERE application_name ="
                       " 'gantry' AND datname = current_database()"),
            "1");
  server.kill();
  EXPECT_EQ(names(*stores),
            "documents/postgres unavailable\nvectors/postgres unavailable\ngraph/embedded\n"
            "cache/embedded\n");
}

TEST(OpenedStores, MayPutVectorsIntoAnotherDatabase) {
  const TempDir dir;
  test::PostgresServer server;
  OpenOptions options = options_in(dir);
  options.vectors.url = server.url(server.make_database());
  const auto stores = OpenedStores::open(options).value();
  EXPECT_EQ(names(*stores),
            "documents/embedded\nvectors/postgres\ngraph/embedded\ncache/embedded\n");
}

TEST(OpenedStores, EachPortMayHaveAServerOfItsOwn) {
  const TempDir dir;
  test::RedisServer redis({"open sesame"});
  test::QdrantStandIn qdrant("1.16.0", "the-key");
  OpenOptions options = options_in(dir);
  options.vectors = {"qdrant+http://127.0.0.1:" + std::to_string(qdrant.port()), "the-key"};
  options.graph = {"neo4j+http://127.0.0.1:" + std::to_string(test::free_loopback_port()), "x"};
  options.cache = {"redis://default@127.0.0.1:" + std::to_string(redis.port()) + "/2",
                   "open sesame"};
  options.make_tables = false;
  EXPECT_EQ(names(*OpenedStores::open(options).value()),
            "documents/embedded\nvectors/qdrant conflict\ngraph/neo4j unavailable\ncache/redis\n");
  options.make_tables = true;
  const auto stores = OpenedStores::open(options).value();
  EXPECT_TRUE(stores->uses_servers());
  EXPECT_EQ(names(*stores),
            "documents/embedded\nvectors/qdrant\ngraph/neo4j unavailable\ncache/redis\n");
  redis.kill();
  options.vectors.password = "another";
  EXPECT_EQ(names(*OpenedStores::open(options).value()),
            "documents/embedded\nvectors/qdrant denied\ngraph/neo4j unavailable\n"
            "cache/redis unavailable\n");
}

TEST(OpenedStores, KnowWhichServersTheyTalkToAndHowFarTheirClocksAreOff) {
  const TempDir dir;
  test::PostgresServer postgres;
  const test::RedisServer redis;
  const test::QdrantStandIn qdrant("1.16.0");
  OpenOptions options = options_in(dir);
  options.make_tables = false;
  options.documents.url = postgres.url(postgres.make_database());
  options.vectors.url = "qdrant+http://127.0.0.1:" + std::to_string(qdrant.port());
  options.graph.url = "neo4j+http://127.0.0.1:" + std::to_string(test::free_loopback_port());
  options.cache.url = redis.url();
  conformance::FakeClock slow;
  slow.move(system_clock().now() - slow.now() - 90s);
  const auto servers = OpenedStores::open(options, slow).value()->servers(5s);
  ASSERT_EQ(servers.size(), 4u);
  EXPECT_EQ(servers[0].name, "documents/postgres");
  EXPECT_THAT(servers[0].facts.value().version, testing::StartsWith("PostgreSQL 1"));
  EXPECT_EQ(servers[1].facts.value().version, "Qdrant 1.16.0");
  EXPECT_FALSE(servers[1].ahead);
  EXPECT_EQ(servers[2].facts.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(servers[3].facts.value().version, testing::StartsWith("Redis "));
  for (const PortServer& one : {servers[0], servers[3]}) {
    ASSERT_TRUE(one.ahead) << one.name;
    EXPECT_GE(*one.ahead, 89s) << one.name;
    EXPECT_LE(*one.ahead, 150s) << one.name;
  }
}

TEST(OpenedStores, RefuseAUrlThatNobodyCanUseAndSayWhy) {
  const TempDir dir;
  const auto refused = [&](PortOptions OpenOptions::* port, const std::string& url) {
    OpenOptions options = options_in(dir);
    (options.*port).url = url;
    const auto opened = OpenedStores::open(options);
    return opened ? "opened" : opened.error().what;
  };
  for (const auto port : {&OpenOptions::vectors, &OpenOptions::graph, &OpenOptions::cache}) {
    const std::string scheme = port == &OpenOptions::vectors ? "qdrant+https"
                               : port == &OpenOptions::graph ? "neo4j+https"
                                                             : "rediss";
    for (const char* login : {"ann:hunter2", ":hunter2", "ann:"}) {
      const auto why = refused(port, scheme + "://" + login + "@db:7000/");
      EXPECT_THAT(why, HasSubstr("give a reference to it")) << scheme;
      EXPECT_EQ(why.find("hunter2"), std::string::npos) << why;
    }
    EXPECT_THAT(refused(port, scheme + "://db?password=hunter2"), HasSubstr("no query"));
    EXPECT_THAT(refused(port, scheme + "://"), HasSubstr("want scheme://host:port"));
    EXPECT_EQ(refused(port, scheme + "://db:7000/7"), "opened");
  }
  EXPECT_THAT(refused(&OpenOptions::vectors, "qdrant+https://ann@db"), HasSubstr("no users"));
  EXPECT_THAT(refused(&OpenOptions::vectors, "qdrant+http://db:6333"), HasSubstr("stores.vectors"));
  EXPECT_THAT(refused(&OpenOptions::graph, "bolt://db:7687"), HasSubstr("nothing here speaks"));
  EXPECT_THAT(refused(&OpenOptions::graph, "neo4j+http://db:7474"), HasSubstr("https"));
  EXPECT_THAT(refused(&OpenOptions::cache, "redis://db/x"), HasSubstr("the database is a number"));
}

}  // namespace
}  // namespace gantry::stores
