#include "host/stores/qdrant/qdrant_index.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "host/stores/qdrant/rest.hpp"
#include "tests/support/loopback_http.hpp"
#include "tests/support/servers/qdrant.hpp"
#include "tests/unit/stores/conformance/suites.hpp"

namespace gantry::stores {
namespace {

using conformance::Adapter;
using conformance::Backend;
using conformance::kModel;
using conformance::make_item;
using conformance::make_purge;
using conformance::make_write;
using conformance::vector_of;
using qdrant::QdrantIndex;
using qdrant::QdrantOptions;
using test::QdrantStandIn;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

QdrantOptions options_for(const QdrantStandIn& server) {
  QdrantOptions options;
  options.url = server.url();
  options.timeout = 60s;
  return options;
}

struct QdrantBackend final : Backend {
  QdrantBackend() {
    opened = QdrantIndex::open(options_for(server)).value();
    vectors = opened.get();
    crash = [this] {
      server.kill();
      server.start();
    };
    hang = [this] {
      server.freeze();
      return std::shared_ptr<void>(nullptr, [this](void*) { server.thaw(); });
    };
  }
  QdrantStandIn server;
  std::unique_ptr<QdrantIndex> opened;
};

const Adapter kQdrant{"qdrant", [] { return std::make_unique<QdrantBackend>(); }};

}  // namespace

namespace conformance {
INSTANTIATE_TEST_SUITE_P(Qdrant, StoreSuite, testing::ValuesIn(store_cases(kQdrant, {"vectors"})),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Qdrant, OutageSuite, testing::ValuesIn(store_cases(kQdrant, {"vectors"})),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Qdrant, VectorIndexSuite, testing::Values(kQdrant), adapter_name);
}  // namespace conformance

namespace {

class QdrantIndexTest : public testing::Test {
 protected:
  Result<std::vector<Kept>> put(const IngestedDocument& item, std::string operation = "op",
                                std::int64_t fence = 1) {
    const Write write = make_write(item, std::move(operation), fence);
    return index_->put({&write, 1}, {});
  }
  Result<std::vector<Undone>> undo(const std::string& id, const std::string& operation) {
    const WriteRef ref{id, operation};
    return index_->undo({&ref, 1}, {});
  }
  bool shows(const std::string& id, const std::string& marker) {
    const auto hits =
        index_->nearest({std::string(kModel), vector_of(marker), "", "", 10}, {}).value();
    return std::ranges::any_of(
        hits, [&](const VectorHit& hit) { return hit.document_id == id && hit.score > 0.99; });
  }
  /// All points of the vectors' collection, found or hidden, as the server has them.
  std::size_t points_stored() {
    const auto rest = qdrant::Rest::open(options_for(server_)).value();
    std::size_t out = 0;
    const Json listed = rest->call("GET", "/collections", {}, {}).value();
    for (const Json& one : listed.at("collections")) {
      const std::string name = one["name"];
      if (name == "gantry-ledger") continue;
      out += rest->call("POST", "/collections/" + name + "/points/count", {{"exact", true}}, {})
                 .value()["count"]
                 .get<std::size_t>();
    }
    return out;
  }

  QdrantStandIn server_;
  const std::unique_ptr<QdrantIndex> index_ = QdrantIndex::open(options_for(server_)).value();
};

TEST_F(QdrantIndexTest, VectorsWithoutACommitAreNeverFound) {
  ASSERT_TRUE(put(make_item("a", 1, "one"), "op1", 1).has_value());
  server_.fail("update_filter", 1, 503, true);
  const auto lost = put(make_item("a", 2, "two"), "op2", 2);
  ASSERT_FALSE(lost.has_value());
  EXPECT_EQ(lost.error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(shows("a", "one"));
  EXPECT_FALSE(shows("a", "two"));
  EXPECT_EQ(undo("a", "op2").value().front(), Undone::kNotOurs);
  EXPECT_EQ(points_stored(), 1u);
}

TEST_F(QdrantIndexTest, ACommitWhoseAnswerIsLostIsATimeOutAndIsThere) {
  ASSERT_TRUE(put(make_item("a", 1, "one"), "op1", 1).has_value());
  server_.fail("update_filter", 1000, 0);
  const auto lost = put(make_item("a", 2, "two"), "op2", 2);
  ASSERT_FALSE(lost.has_value());
  EXPECT_EQ(lost.error().kind, ErrorKind::kTimeout);
  const std::string id = "a";
  EXPECT_EQ(index_->look({&id, 1}, {}).value().front().tag.operation, "op2");
  EXPECT_TRUE(shows("a", "two"));
  EXPECT_FALSE(shows("a", "one"));
}

TEST_F(QdrantIndexTest, TidyingThatFailsHidesNothingAndShowsNothing) {
  ASSERT_TRUE(put(make_item("a", 1, "one"), "op1", 1).has_value());
  server_.fail("/points/payload", 1, 503, true);
  server_.fail("/points/delete", 1, 503, true);
  ASSERT_TRUE(put(make_item("a", 2, "two"), "op2", 2).has_value());
  EXPECT_TRUE(shows("a", "two"));
  EXPECT_FALSE(shows("a", "one"));
  const WriteRef ref{"a", "op2"};
  ASSERT_TRUE(index_->settle({&ref, 1}, {}).has_value());
  EXPECT_EQ(points_stored(), 1u);
}

TEST_F(QdrantIndexTest, ASettleThatFailedHalfwayIsRepeated) {
  ASSERT_TRUE(put(make_item("a", 1, "one"), "op1", 1).has_value());
  ASSERT_TRUE(put(make_item("a", 2, "two"), "op2", 2).has_value());
  EXPECT_EQ(points_stored(), 2u);
  const WriteRef ref{"a", "op2"};
  server_.fail("/points/delete", 1, 503, true);
  EXPECT_FALSE(index_->settle({&ref, 1}, {}).has_value());
  ASSERT_TRUE(index_->settle({&ref, 1}, {}).has_value());
  EXPECT_EQ(points_stored(), 1u);
  EXPECT_TRUE(shows("a", "two"));
}

TEST_F(QdrantIndexTest, APurgeIsAnsweredOnceItsVectorsAreGone) {
  ASSERT_TRUE(put(make_item("a", 1, "one"), "op1", 1).has_value());
  ASSERT_TRUE(put(make_item("a", 2, "two"), "op2", 2).has_value());
  server_.fail("/points/delete", 1, 503, true);
  const auto half = put(make_purge("a", 3), "op3", 3);
  ASSERT_FALSE(half.has_value());
  EXPECT_EQ(half.error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(shows("a", "two"));
  EXPECT_EQ(put(make_purge("a", 3), "op3", 3).value().front(), Kept::kUnchanged);
  EXPECT_EQ(points_stored(), 0u);
}

TEST_F(QdrantIndexTest, OfABatchAllOrNoneIsThereWhereAnotherWriterWasFirst) {
  // Two hosts that both believe to hold the locks: every batch ends whole.
  const auto other = QdrantIndex::open(options_for(server_)).value();
  const auto work = [](VectorIndex& index, std::int64_t first) {
    for (std::int64_t version = first; version <= 30; version += 2) {
      const std::string marker = "v" + std::to_string(version);
      const std::vector<IngestedDocument> items = {make_item("a", version, marker),
                                                   make_item("b", version, marker)};
      const std::vector<Write> writes = {make_write(items[0], "op" + marker, 1),
                                         make_write(items[1], "op" + marker, 1)};
      const auto kept = index.put(writes, {});
      ASSERT_TRUE(kept.has_value()) << kept.error().message();
      EXPECT_EQ((*kept)[0], (*kept)[1]);
    }
  };
  std::jthread thread([&] { work(*other, 1); });
  work(*index_, 2);
  thread.join();
  EXPECT_TRUE(shows("a", "v30"));
  EXPECT_TRUE(shows("b", "v30"));
}

TEST_F(QdrantIndexTest, TheSameWriteSentTwiceIsTheSamePoints) {
  const auto item = make_item("a", 1, "one");
  server_.fail("update_filter", 1, 503, true);
  EXPECT_FALSE(put(item, "op1", 1).has_value());
  EXPECT_EQ(put(item, "op1", 1).value().front(), Kept::kWritten);
  EXPECT_EQ(points_stored(), 1u);
}

TEST_F(QdrantIndexTest, ADocumentMayMoveToAnotherModelAndBack) {
  ASSERT_TRUE(put(make_item("a", 1, "one"), "op1", 1).has_value());
  auto moved = make_item("a", 2, "two");
  moved.embeddings = {"other/2", 2, {{0.6F, 0.8F}}};
  ASSERT_TRUE(put(moved, "op2", 2).has_value());
  EXPECT_FALSE(shows("a", "one"));
  EXPECT_EQ(index_->nearest({"other/2", {0.6F, 0.8F}, "", "", 5}, {}).value().size(), 1u);
  EXPECT_EQ(undo("a", "op2").value().front(), Undone::kRestored);
  EXPECT_TRUE(shows("a", "one"));
  EXPECT_TRUE(index_->nearest({"other/2", {0.6F, 0.8F}, "", "", 5}, {}).value().empty());
  EXPECT_EQ(points_stored(), 1u);
}

TEST(Qdrant, AnOlderServerIsRefusedWithItsVersion) {
  const QdrantStandIn server("1.15.5");
  const auto refused = QdrantIndex::open(options_for(server)).value()->count({}).error();
  EXPECT_EQ(refused.kind, ErrorKind::kUnsupported);
  EXPECT_THAT(refused.what, HasSubstr("1.15.5"));
  const QdrantStandIn newer("2.0.1-dev");
  EXPECT_TRUE(QdrantIndex::open(options_for(newer)).value()->count({}).has_value());
}

TEST(Qdrant, AnotherServerIsRefused) {
  test::LoopbackHttp other(
      [](const test::LoopbackRequest&) { return test::LoopbackResponse{404, {}, "{}", {}}; });
  QdrantOptions options;
  options.url = other.url("");
  const auto refused = QdrantIndex::open(options).value()->count({}).error();
  EXPECT_EQ(refused.kind, ErrorKind::kUnsupported);
  EXPECT_THAT(refused.what, HasSubstr("another server"));
}

TEST(Qdrant, ACollectionWithoutALengthIsAnUnexpectedAnswer) {
  for (const char* vectors : {R"({"size":"three"})", R"({"size":{"size":3}})", R"({"size":-3})",
                              R"({"text":{"size":3}})", "[]", "3"}) {
    test::LoopbackHttp other([&](const test::LoopbackRequest& request) {
      if (request.target == "/")
        return test::LoopbackResponse{200, {}, R"({"version":"1.16.0"})", {}};
      const std::string result =
          R"({"config":{"params":{"vectors":)" + std::string(vectors) + "}}}";
      return test::LoopbackResponse{200, {}, R"({"status":"ok","result":)" + result + "}", {}};
    });
    QdrantOptions options;
    options.url = other.url("");
    VectorQuery query;
    query.model = kModel;
    query.vector = {1, 0, 0};
    const auto refused = QdrantIndex::open(options).value()->nearest(query, {});
    ASSERT_FALSE(refused) << vectors;
    EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
    EXPECT_THAT(refused.error().what, HasSubstr("unexpected form")) << vectors;
  }
}

TEST(Qdrant, ACountThatIsNoneIsAnUnexpectedAnswer) {
  test::LoopbackHttp other([](const test::LoopbackRequest& request) {
    const char* body =
        request.target == "/" ? R"({"version":"1.16.0"})"
        : request.method == "GET"
            ? R"({"status":"ok","result":{"collections":[{"name":"gantry-model-m"}]}})"
            : R"({"status":"ok","result":{"count":"many"}})";
    return test::LoopbackResponse{200, {}, body, {}};
  });
  QdrantOptions options;
  options.url = other.url("");
  const auto refused = QdrantIndex::open(options).value()->count({});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("unexpected form"));
}

TEST(Qdrant, OneThatOnlyLooksMakesNothing) {
  const QdrantStandIn server;
  QdrantOptions options = options_for(server);
  options.make_collections = false;
  const auto looking = QdrantIndex::open(options).value();
  EXPECT_EQ(looking->count({}).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(looking->count({}).error().kind, ErrorKind::kConflict);
  EXPECT_TRUE(QdrantIndex::open(options_for(server)).value()->count({}).has_value());
  EXPECT_EQ(looking->count({}).value(), 0u);
}

TEST(Qdrant, AWrongKeyIsDeniedAndNeverShown) {
  const QdrantStandIn server("1.16.0", "right-key");
  QdrantOptions options = options_for(server);
  options.secret = "wrong-key";
  // The version is told to nobody without a key.
  const auto refused = QdrantIndex::open(options).value()->count({}).error();
  EXPECT_EQ(refused.kind, ErrorKind::kDenied);
  EXPECT_THAT(refused.message(), Not(HasSubstr("wrong-key")));
  options.secret = "right-key";
  EXPECT_TRUE(QdrantIndex::open(options).value()->count({}).has_value());
}

TEST(Qdrant, PointIdsAreNameBasedUuidsOfVersion8) {
  const std::string id = qdrant::uuid_of("name");
  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                        "[0-9a-f]{12}"));
  EXPECT_EQ(qdrant::uuid_of("name"), id);
  EXPECT_NE(qdrant::uuid_of("other"), id);
}

TEST(Qdrant, WrongSettingsAreRefusedBeforeAnybodyIsAsked) {
  const auto refused = [](std::string url, std::string prefix) {
    QdrantOptions options;
    options.url = std::move(url);
    options.prefix = std::move(prefix);
    const auto opened = QdrantIndex::open(options);
    return !opened && opened.error().kind == ErrorKind::kInvalid;
  };
  EXPECT_TRUE(refused("", "gantry"));
  EXPECT_TRUE(refused("http://vectors.example.com:6333", "gantry"));
  EXPECT_TRUE(refused("https://vectors.example.com:6333/collections", "gantry"));
  EXPECT_TRUE(refused("https://vectors.example.com:6333", "a/b"));
  EXPECT_TRUE(refused("https://vectors.example.com:6333", ""));
  EXPECT_FALSE(refused("https://vectors.example.com:6333/", "gantry_2"));
}

}  // namespace
}  // namespace gantry::stores
