#include "host/stores/postgres/postgres.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "tests/support/servers/postgres.hpp"
#include "tests/unit/stores/conformance/suites.hpp"

namespace gantry::stores {
namespace {

using conformance::Adapter;
using conformance::Backend;
using conformance::make_item;
using conformance::make_write;
using postgres::PostgresOptions;
using postgres::PostgresStores;
using test::PostgresServer;
using Ports = PostgresStores::Ports;
using namespace std::chrono_literals;

/// One server for all tests of this program, each in a database of its own.
PostgresServer& server() {
  static PostgresServer one;
  return one;
}

struct Database {
  Database() : name(server().make_database()) {}
  ~Database() { server().drop_database(name); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  std::string url() const { return server().url(name); }
  std::string sql(const std::string& statement) const { return server().sql(name, statement); }
  std::unique_ptr<PostgresStores> open(PostgresOptions options = {}) const {
    if (options.url.empty()) options.url = url();
    return PostgresStores::open(options, Ports::kBoth).value();
  }
  const std::string name;
};

struct PostgresBackend final : Backend {
  PostgresBackend() {
    documents = stores->documents();
    vectors = stores->vectors();
    crash = [] {
      server().kill();
      server().start();
    };
    hang = [] {
      server().freeze();
      return std::shared_ptr<void>(nullptr, [](void*) { server().thaw(); });
    };
  }
  Database database;
  std::unique_ptr<PostgresStores> stores = database.open();
};

const Adapter kPostgres{"postgres", [] { return std::make_unique<PostgresBackend>(); }};
const std::vector<std::string> kPorts{"documents", "vectors"};

}  // namespace

namespace conformance {
INSTANTIATE_TEST_SUITE_P(Postgres, StoreSuite, testing::ValuesIn(store_cases(kPostgres, kPorts)),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Postgres, OutageSuite, testing::ValuesIn(store_cases(kPostgres, kPorts)),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Postgres, DocumentStoreSuite, testing::Values(kPostgres), adapter_name);
INSTANTIATE_TEST_SUITE_P(Postgres, VectorIndexSuite, testing::Values(kPostgres), adapter_name);
}  // namespace conformance

namespace {

Result<std::vector<Kept>> put(Store& store, const IngestedDocument& item, std::string operation,
                              const CallOptions& options = {}) {
  const Write write = make_write(item, std::move(operation), 1);
  return store.put({&write, 1}, options);
}

CallOptions within(std::chrono::milliseconds time) {
  CallOptions options;
  options.deadline = std::chrono::steady_clock::now() + time;
  return options;
}

TEST(PostgresStores, TablesAreMadeOnceHoweverManyHostsStart) {
  const Database database;
  {
    std::vector<std::jthread> hosts;
    for (int i = 0; i < 6; ++i) {
      hosts.emplace_back([&] {
        const auto stores = database.open();
        EXPECT_EQ(stores->documents()->count({}).value(), 0u);
      });
    }
  }
  EXPECT_EQ(database.sql("SELECT string_agg(part || version, ',' ORDER BY part)"
                         " FROM gantry.schema_versions"),
            "documents1,vectors1");
}

TEST(PostgresStores, TablesOfANewerGantryAreRefused) {
  const Database database;
  ASSERT_TRUE(database.open()->documents()->count({}).has_value());
  database.sql("INSERT INTO gantry.schema_versions VALUES('vectors', 999)");
  const auto refused = database.open()->documents()->count({});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(refused.error().what.find("999"), std::string::npos);
  const auto documents = PostgresStores::open({database.url()}, Ports::kDocuments).value();
  EXPECT_TRUE(documents->documents()->count({}).has_value());
  EXPECT_EQ(documents->vectors(), nullptr);
}

TEST(PostgresStores, ARoleThatMayOnlyReadAndWriteIsEnoughOnceTheTablesAreThere) {
  const Database database;
  const auto owner = database.open();
  ASSERT_TRUE(put(*owner->vectors(), make_item("a", 1, "one"), "op").has_value());
  database.sql(
      "DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN; GRANT USAGE ON SCHEMA gantry TO plain;"
      "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gantry TO plain");
  PostgresOptions options;
  options.url = server().url(database.name, "plain");
  const auto plain = database.open(options);
  EXPECT_EQ(put(*plain->documents(), make_item("a", 1, "one"), "op").value()[0], Kept::kWritten);
  EXPECT_EQ(put(*plain->vectors(), make_item("a", 2, "two"), "op2").value()[0], Kept::kWritten);
}

TEST(PostgresStores, APasswordIsTakenFromBesideTheUrlAndInNoMessage) {
  const Database database;
  database.sql("GRANT CREATE ON DATABASE " + database.name + " TO locked");
  PostgresOptions options;
  options.url = server().url(database.name, "locked");
  options.password = "open sesame";
  const auto right = PostgresStores::open(options, Ports::kDocuments).value();
  EXPECT_TRUE(right->documents()->count({}).has_value());
  for (const char* wrong : {"hunter2-wrong", ""}) {
    options.password = wrong;
    const auto stores = PostgresStores::open(options, Ports::kDocuments).value();
    const auto refused = stores->documents()->count({});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::kDenied) << refused.error().message();
    EXPECT_EQ(refused.error().message().find("hunter2"), std::string::npos);
  }
}

TEST(PostgresStores, AUrlWithAPasswordIsRefusedAndNotRepeated) {
  for (const char* url : {"postgresql://ann:hunter2@db/x", "postgresql://db/x?password=hunter2",
                          "postgresql://ann@db/x?sslpassword=hunter2", "mysql://ann:hunter2@db/x",
                          "postgresql://ann:hunter2@db:port/x?nonsense=1"}) {
    const auto opened = PostgresStores::open({url}, Ports::kDocuments);
    ASSERT_FALSE(opened.has_value()) << url;
    EXPECT_EQ(opened.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(opened.error().message().find("hunter2"), std::string::npos);
  }
}

TEST(PostgresStores, TheUrlsSslmodeDecidesOverTls) {
  const Database database;
  const auto count = [&](int port, const std::string& host, const std::string& query) {
    PostgresOptions options;
    options.url = "postgresql://postgres@" + host + ":" + std::to_string(port) + "/" +
                  database.name + "?" + query;
    return database.open(options)->documents()->count(within(10s)).has_value();
  };
  const std::string verify = "sslmode=verify-full&sslrootcert=" + server().ca();
  EXPECT_TRUE(count(server().tls_port(), "localhost", verify));
  EXPECT_FALSE(count(server().tls_port(), "127.0.0.1", verify));  // not the certificate's name
  EXPECT_FALSE(count(server().tls_port(), "localhost", "sslmode=verify-full"));  // unknown issuer
  EXPECT_FALSE(count(server().port(), "127.0.0.1", "sslmode=require"));  // would go in the clear
}

TEST(PostgresStores, AServerThatIsAwayFailsAtOnceAndIsFoundWhenItIsBack) {
  const Database database;
  const auto stores = database.open();
  ASSERT_TRUE(put(*stores->documents(), make_item("a", 1, "one"), "op").has_value());
  server().kill();
  const auto away = stores->documents()->get("a", {});
  server().start();
  ASSERT_FALSE(away.has_value());
  EXPECT_EQ(away.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(away.error().what.find(":" + std::to_string(server().port()) + "/" + database.name),
            std::string::npos);
  EXPECT_TRUE(stores->documents()->get("a", {}).value());
}

/// Begins one session as a server of another version would (PostgreSQL 15 documentation, 55.2.1
/// and 55.7), and then hangs up.
class OldServer {
 public:
  explicit OldServer(std::string version)
      : thread_([this, version = std::move(version)] {
          auto socket = acceptor_.accept();
          std::array<unsigned char, 4> size{};
          boost::asio::read(socket, boost::asio::buffer(size));
          std::vector<char> startup(size[2] * 256U + size[3] - size.size());
          boost::asio::read(socket, boost::asio::buffer(startup));
          std::string answer = message('R', std::string(4, '\0'));
          answer += message('S', "server_version" + ('\0' + version) + '\0');
          answer += message('S', std::string("server_encoding\0UTF8\0", 21));
          answer += message('Z', "I");
          boost::asio::write(socket, boost::asio::buffer(answer));
          boost::system::error_code ended;
          boost::asio::read(socket, boost::asio::buffer(size), ended);
        }) {}

  std::string url() const {
    return "postgresql://x@127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) +
           "/x?sslmode=disable";
  }

 private:
  static std::string message(char type, const std::string& body) {
    std::string out(1, type);
    for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((body.size() + 4) >> shift);
    return out + body;
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  std::jthread thread_;
};

TEST(PostgresStores, AServerThatIsTooOldIsRefused) {
  const OldServer old("13.14");
  const auto stores = PostgresStores::open({.url = old.url()}, Ports::kDocuments).value();
  const auto refused = stores->documents()->get("a", {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(refused.error().what.find("version 13 is too old; 14 or newer is needed"),
            std::string::npos)
      << refused.error().what;
}

TEST(PostgresStores, ACommitThatIsCutOffIsATimeOut) {
  const Database database;
  const auto stores = database.open();
  ASSERT_TRUE(stores->documents()->count({}).has_value());
  // The transaction's last act: its own connection is ended while it commits.
  database.sql(
      "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS"
      " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';"
      "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON gantry.documents"
      " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()");
  const auto unknown = put(*stores->documents(), make_item("a", 1, "one"), "op");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().kind, ErrorKind::kTimeout) << unknown.error().message();
  database.sql("DROP TRIGGER cut ON gantry.documents");
  EXPECT_EQ(put(*stores->documents(), make_item("a", 1, "one"), "op").value()[0], Kept::kWritten);
}

TEST(PostgresStores, AReadOnlyServerIsUnavailableUntilItIsNot) {
  const Database database;
  ASSERT_TRUE(database.open()->documents()->count({}).has_value());
  database.sql("ALTER DATABASE " + database.name + " SET default_transaction_read_only = on");
  const auto stores = database.open();
  const auto refused = put(*stores->documents(), make_item("a", 1, "one"), "op");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(stores->documents()->get("a", {}).value());
}

TEST(PostgresStores, AValueIsInNoMessageOfTheServer) {
  const Database database;
  const auto stores = database.open();
  ASSERT_TRUE(stores->documents()->count({}).has_value());
  database.sql("ALTER TABLE gantry.documents ADD CHECK (title <> 'secret title')");
  auto item = make_item("a", 1, "one");
  item.document.title = "secret title";
  const auto refused = put(*stores->documents(), item, "op");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message().find("secret title"), std::string::npos);
  EXPECT_NE(refused.error().upstream.find("23514"), std::string::npos);  // check_violation
}

TEST(PostgresStores, TheServerGivesUpWhatItsClientGaveUp) {
  const Database database;
  const auto stores = database.open();
  ASSERT_TRUE(stores->documents()->count({}).has_value());
  std::atomic<bool> locked{false}, release{false};
  std::jthread other([&] {
    // Another session holds the table until it is told otherwise.
    database.sql(
        "CREATE FUNCTION hold() RETURNS void LANGUAGE plpgsql AS"
        " 'BEGIN LOCK TABLE gantry.documents; PERFORM pg_sleep(4); END'");
    locked = true;
    locked.notify_all();
    database.sql("SELECT hold()");
    release = true;
  });
  locked.wait(false);
  const std::string waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gantry'"
      " AND datname = current_database() AND wait_event_type = 'Lock'";
  const auto lock_held = [&] {
    return database.sql(
               "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'"
               " AND relation = 'gantry.documents'::regclass") != "0";
  };
  while (!lock_held()) std::this_thread::yield();
  const auto late = put(*stores->documents(), make_item("a", 1, "one"), "op", within(300ms));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);
  CallOptions cancelled;
  cancelled.cancelled = [&] { return database.sql(waiting) != "0"; };
  const auto given_up = put(*stores->documents(), make_item("b", 1, "one"), "op", cancelled);
  ASSERT_FALSE(given_up.has_value());
  EXPECT_EQ(given_up.error().kind, ErrorKind::kCancelled);
  while (database.sql(waiting) != "0") std::this_thread::yield();
  EXPECT_FALSE(release) << "the server kept the statements until the lock was free";
  other.join();
  EXPECT_EQ(stores->documents()->count({}).value(), 0u);
}

TEST(PostgresStores, ACallThatFindsAllConnectionsBusyWaitsOnlyForItsTime) {
  const Database database;
  PostgresOptions options;
  options.pool_size = 1;
  const auto stores = database.open(options);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 10; ++i) {
          const auto item = make_item(std::to_string(t) + ":" + std::to_string(i), 1, "m");
          EXPECT_TRUE(put(*stores->documents(), item, "op").has_value());
        }
      });
    }
  }
  EXPECT_EQ(stores->documents()->count({}).value(), 80u);
  EXPECT_EQ(database.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gantry'"
                         " AND datname = current_database()"),
            "1");
}

TEST(PostgresStores, WritersOfTheSameNewDocumentsInCirclesAllEnd) {
  const Database database;
  const auto stores = database.open();
  std::vector<std::jthread> threads;
  std::atomic<int> written{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 10; ++round) {
        std::vector<IngestedDocument> items;
        for (int i = 0; i < 10; ++i) {
          const int n = t % 2 == 0 ? i : 9 - i;
          items.push_back(make_item(std::to_string(round) + ":" + std::to_string(n), 1, "m"));
        }
        std::vector<Write> writes;
        for (const auto& item : items) writes.push_back(make_write(item, "", 1));
        const auto kept = stores->documents()->put(writes, {});
        ASSERT_TRUE(kept.has_value()) << kept.error().message();
        written += static_cast<int>(std::ranges::count(*kept, Kept::kWritten));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(written, 100);  // each document by exactly one of them
}

TEST(PostgresStores, EachModelHasAnIndexThatFitsItsLength) {
  const Database database;
  const auto stores = database.open();
  for (const std::size_t length : {3u, 3072u, 4100u}) {
    auto item = make_item("d" + std::to_string(length), 1, "m");
    pipeline::Vector vector(length, 0.0F);
    vector[1] = 1;
    item.embeddings = {"model'; DROP TABLE x; --" + std::to_string(length), length, {vector}};
    ASSERT_TRUE(put(*stores->vectors(), item, "op").has_value());
    const auto hits =
        stores->vectors()->nearest({item.embeddings.model, vector, "", "", 5}, {}).value();
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_NEAR(hits[0].score, 1, 1e-6);
  }
  EXPECT_EQ(
      database.sql("SELECT string_agg(substring(indexdef, '::(\\w+)'), ' ' ORDER BY indexname)"
                   " FROM pg_indexes WHERE indexdef LIKE '%hnsw%'"),
      "vector halfvec");
}

TEST(PostgresStores, AnIndexedSearchWithAFilterStillFillsItsLimit) {
  const Database database;
  const auto stores = database.open();
  std::vector<IngestedDocument> items;
  for (int i = 0; i < 2000; ++i) {
    items.push_back(make_item("d" + std::to_string(i), 1, "m" + std::to_string(i)));
    if (i % 100 == 0) items.back().document.source = "seldom";
  }
  std::vector<Write> writes;
  for (const auto& item : items) writes.push_back(make_write(item, "", 1));
  ASSERT_TRUE(stores->vectors()->put(writes, {}).has_value());
  // The planner would rather sort 20 rows: here the index is asked.
  database.sql("ALTER DATABASE " + database.name + " SET enable_sort = off");
  const auto fresh = database.open();
  const auto hits = fresh->vectors()
                        ->nearest({std::string(conformance::kModel), conformance::vector_of("m700"),
                                   "seldom", "", 15},
                                  {})
                        .value();
  ASSERT_EQ(hits.size(), 15u);
  EXPECT_EQ(hits[0].document_id, "d700");
}

}  // namespace
}  // namespace gantry::stores
