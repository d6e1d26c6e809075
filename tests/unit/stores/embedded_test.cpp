#include "host/stores/embedded/embedded.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/unit/stores/conformance/suites.hpp"
#include "tests/unit/stores/one_key.hpp"
#include "tests/unit/stores/temp_dir.hpp"

namespace gantry::stores {
namespace {

using conformance::Adapter;
using conformance::Backend;
using conformance::make_item;
using conformance::make_write;
using embedded::EmbeddedStores;

struct EmbeddedBackend final : Backend {
  EmbeddedBackend() {
    open();
    crash = [this] { open(); };
    hang = [this] { return hold_the_writer(); };
  }

  void open() {
    stores.reset();
    stores = EmbeddedStores::open({dir.path() / "stores.db"}, clock).value();
    documents = &stores->documents();
    vectors = &stores->vectors();
    graph = &stores->graph();
    cache = &stores->cache();
    dead_letters = &stores->dead_letters();
    saga_log = &stores->saga_log();
    staging = &stores->staging();
  }

  std::shared_ptr<void> hold_the_writer() {
    struct Holder {
      std::atomic<bool> entered{false}, release{false};
      std::jthread thread;
      ~Holder() {
        release = true;
        release.notify_all();
      }
    };
    auto holder = std::make_shared<Holder>();
    holder->thread = std::jthread([this, raw = holder.get()] {
      const auto done = documents->site()->atomically([raw]() -> Result<void> {
        raw->entered = true;
        raw->entered.notify_all();
        raw->release.wait(false);
        return {};
      });
      EXPECT_TRUE(done.has_value());
    });
    holder->entered.wait(false);
    return holder;
  }
  TempDir dir;
  std::unique_ptr<EmbeddedStores> stores;
};

const Adapter kEmbedded{"embedded", [] { return std::make_unique<EmbeddedBackend>(); }};

}  // namespace

namespace conformance {
INSTANTIATE_TEST_SUITE_P(Embedded, StoreSuite, testing::ValuesIn(store_cases(kEmbedded)),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Embedded, OutageSuite, testing::ValuesIn(store_cases(kEmbedded)),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Embedded, DocumentStoreSuite, testing::Values(kEmbedded), adapter_name);
INSTANTIATE_TEST_SUITE_P(Embedded, VectorIndexSuite, testing::Values(kEmbedded), adapter_name);
INSTANTIATE_TEST_SUITE_P(Embedded, KnowledgeGraphSuite, testing::Values(kEmbedded), adapter_name);
INSTANTIATE_TEST_SUITE_P(Embedded, CacheSuite, testing::Values(kEmbedded), adapter_name);
INSTANTIATE_TEST_SUITE_P(Embedded, DeadLettersSuite, testing::Values(kEmbedded), adapter_name);
INSTANTIATE_TEST_SUITE_P(Embedded, SagaLogSuite, testing::Values(kEmbedded), adapter_name);
INSTANTIATE_TEST_SUITE_P(Embedded, StagingSuite, testing::Values(kEmbedded), adapter_name);
}  // namespace conformance

namespace {

void put(Store& store, const IngestedDocument& item) {
  const Write write = make_write(item, "", 1);
  ASSERT_TRUE(store.put({&write, 1}, {}).has_value());
}

TEST(EmbeddedStores, TheFileAndItsLogArePrivate) {
  const TempDir dir;
  const auto file = dir.path() / "stores.db";
  std::ofstream(file).close();
  std::filesystem::permissions(file, std::filesystem::perms(0666));
  const auto stores = EmbeddedStores::open({file}).value();
  put(stores->documents(), make_item("a", 1, "one"));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(::stat((file.string() + suffix).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0600u) << suffix;
  }
}

TEST(EmbeddedStores, AReopenedFileHasItsDocuments) {
  const TempDir dir;
  const auto file = dir.path() / "stores.db";
  put(EmbeddedStores::open({file}).value()->documents(), make_item("a", 1, "one"));
  EXPECT_TRUE(EmbeddedStores::open({file}).value()->documents().get("a", {}).value());
}

TEST(EmbeddedStores, AFileKeepsTheNameOfItsHostAndNoTwoHaveTheSame) {
  const TempDir dir;
  const auto name_of = [&](const char* file) {
    return EmbeddedStores::open({dir.path() / file}).value()->staging().home();
  };
  const std::string first = name_of("a.db");
  EXPECT_EQ(first.size(), 8u);
  EXPECT_EQ(name_of("a.db"), first);
  EXPECT_NE(name_of("b.db"), first);
}

TEST(EmbeddedStores, RefusesForeignAndNewerFilesAndNamesThem) {
  const TempDir dir;
  const auto sqlite = [&](const std::string& name, const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((dir.path() / name).c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
  };
  sqlite("foreign.db", "CREATE TABLE t(x)");
  {
    ASSERT_TRUE(EmbeddedStores::open({dir.path() / "newer.db"}).has_value());
  }
  sqlite("newer.db", "PRAGMA user_version = 999");
  std::ofstream(dir.path() / "text.db") << std::string(8192, 'x');
  for (const char* name : {"foreign.db", "newer.db", "text.db"}) {
    const auto opened = EmbeddedStores::open({dir.path() / name});
    ASSERT_FALSE(opened.has_value()) << name;
    EXPECT_EQ(opened.error().kind, ErrorKind::kInvalid) << name;
    EXPECT_NE(opened.error().what.find(name), std::string::npos);
  }
  const auto nowhere = EmbeddedStores::open({dir.path() / "missing" / "stores.db"});
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().kind, ErrorKind::kUnavailable);
}

TEST(EmbeddedStores, AnErrorInsideOfATransactionLeavesNothing) {
  const TempDir dir;
  const auto stores = EmbeddedStores::open({dir.path() / "stores.db"}).value();
  AtomicSite* site = stores->documents().site();
  ASSERT_EQ(site, stores->cache().site());
  const auto done = site->atomically([&]() -> Result<void> {
    put(stores->documents(), make_item("a", 1, "one"));
    EXPECT_TRUE(stores->documents().get("a", {}).value());  // its own writes are seen inside
    return Error{ErrorKind::kConflict, "changed my mind"};
  });
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kConflict);
  EXPECT_FALSE(stores->documents().get("a", {}).value());
}

TEST(EmbeddedStores, AFailedStepSpoilsItsTransactionEvenIfIgnored) {
  const TempDir dir;
  const auto stores = EmbeddedStores::open({dir.path() / "stores.db"}).value();
  put(stores->vectors(), make_item("a", 1, "one"));
  const auto done = stores->vectors().site()->atomically([&]() -> Result<void> {
    put(stores->documents(), make_item("b", 1, "two"));
    auto wrong = make_item("b", 1, "two");
    wrong.embeddings.dimension = 3;
    const Write write = make_write(wrong, "", 1);
    EXPECT_FALSE(stores->vectors().put({&write, 1}, {}).has_value());
    return {};
  });
  EXPECT_FALSE(done.has_value());
  EXPECT_FALSE(stores->documents().get("b", {}).value());
}

TEST(EmbeddedStores, OfManyWritersTheOneAtFaultFailsAlone) {
  const TempDir dir;
  const auto stores = EmbeddedStores::open({dir.path() / "stores.db"}).value();
  put(stores->vectors(), make_item("first", 1, "one"));
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          auto item = make_item(std::to_string(t) + ":" + std::to_string(i), 1, "m");
          const bool bad = t == 0 && i % 5 == 0;
          if (bad) item.embeddings = {std::string(conformance::kModel), 2, {{1, 0}}};
          const Write write = make_write(item, "", 1);
          const bool ok = stores->vectors().put({&write, 1}, {}).has_value();
          EXPECT_EQ(ok, !bad);
          if (!ok) ++failed;
        }
      });
    }
  }
  EXPECT_EQ(failed, 10);
  EXPECT_EQ(stores->vectors().count({}).value(), 191u);
}

TEST(EmbeddedStores, AWriterWithADeadlineGivesUpWhileAnotherHoldsTheFile) {
  const TempDir dir;
  const auto stores = EmbeddedStores::open({dir.path() / "stores.db"}).value();
  std::atomic<bool> entered{false}, release{false};
  std::jthread holder([&] {
    ASSERT_TRUE(stores->documents()
                    .site()
                    ->atomically([&]() -> Result<void> {
                      entered = true;
                      entered.notify_all();
                      release.wait(false);
                      return {};
                    })
                    .has_value());
  });
  entered.wait(false);
  CallOptions options;
  options.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  const auto late = put_one(stores->cache(), "k", "v", std::chrono::hours(1), options);
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);
  release = true;
  release.notify_all();
  holder.join();
  EXPECT_EQ(get_one(stores->cache(), "k", {}).value(), std::nullopt);
}

TEST(EmbeddedStores, TwoProcessesViewsOfOneFileAgree) {
  const TempDir dir;
  const auto one = EmbeddedStores::open({dir.path() / "stores.db"}).value();
  const auto two = EmbeddedStores::open({dir.path() / "stores.db"}).value();
  const auto nearest = [&] {
    return two->vectors()
        .nearest({std::string(conformance::kModel), conformance::vector_of("m"), "", "", 9}, {})
        .value()
        .size();
  };
  put(one->vectors(), make_item("a", 1, "m"));
  EXPECT_EQ(nearest(), 1u);
  put(one->vectors(), make_item("b", 1, "m"));
  EXPECT_EQ(nearest(), 2u);
}

}  // namespace
}  // namespace gantry::stores
