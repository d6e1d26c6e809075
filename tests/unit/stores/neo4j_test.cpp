#include "host/stores/neo4j/neo4j_graph.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/net/http_client.hpp"
#include "host/stores/neo4j/query_api.hpp"
#include "tests/support/loopback_http.hpp"
#include "tests/support/servers/neo4j.hpp"
#include "tests/unit/stores/conformance/suites.hpp"

namespace gantry::stores {
namespace {

using conformance::Adapter;
using conformance::Backend;
using conformance::make_item;
using conformance::make_purge;
using conformance::make_write;
using neo4j::Neo4jGraph;
using neo4j::Neo4jOptions;
using test::LoopbackHttp;
using test::LoopbackRequest;
using test::LoopbackResponse;
using test::Neo4jServer;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

Neo4jServer& server() {
  static Neo4jServer one;
  return one;
}

Neo4jOptions options_for(std::string url) {
  Neo4jOptions options;
  options.url = std::move(url);
  options.timeout = 2min;  // the first statement after a start takes long on a busy machine
  return options;
}

std::unique_ptr<Neo4jGraph> open(std::string url) {
  return Neo4jGraph::open(options_for(std::move(url))).value();
}

/// What an operator sees at the server's own prompt.
Json ask(const char* statement) {
  const Json none = Json::object();
  return neo4j::QueryApi::open(options_for(server().url()))
      .value()
      ->run({statement, none}, {})
      .value();
}

void wipe() { ask("MATCH (n:GantryDocument|GantryEntity) DETACH DELETE n"); }

struct Neo4jBackend final : Backend {
  Neo4jBackend() {
    wipe();
    opened = open(server().url());
    graph = opened.get();
    crash = [] {
      server().kill();
      server().start();
    };
    hang = [] {
      server().freeze();
      return std::shared_ptr<void>(nullptr, [](void*) { server().thaw(); });
    };
  }
  std::unique_ptr<Neo4jGraph> opened;
};

const Adapter kNeo4j{"neo4j", [] { return std::make_unique<Neo4jBackend>(); }};

}  // namespace

namespace conformance {
INSTANTIATE_TEST_SUITE_P(Neo4j, StoreSuite, testing::ValuesIn(store_cases(kNeo4j, {"graph"})),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Neo4j, OutageSuite, testing::ValuesIn(store_cases(kNeo4j, {"graph"})),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Neo4j, KnowledgeGraphSuite, testing::Values(kNeo4j), adapter_name);
}  // namespace conformance

namespace {

class Neo4jGraphTest : public testing::Test {
 protected:
  Neo4jGraphTest() { wipe(); }
  static Kept put(Store& store, const IngestedDocument& item, std::string operation = "op",
                  std::int64_t fence = 1) {
    const Write write = make_write(item, std::move(operation), fence);
    return store.put({&write, 1}, {}).value().front();
  }
  const CallOptions calm_;
};

/// The real server behind a wire that a test can cut: the answer to a statement with this text in
/// it is lost after the server has acted, `times` times.
class Wire {
 public:
  Wire(std::string text, int times) : text_(std::move(text)), times_(times) {}
  std::string url() const { return front_.url(""); }

 private:
  LoopbackResponse pass(const LoopbackRequest& in) {
    net::HttpRequest out;
    out.method = in.method;
    out.url = server().url() + in.target;
    out.headers = {{"Content-Type", "application/json"}};
    out.body = in.body;
    const auto answer = http_.send(out, allowed_).value();
    if (in.body.find(text_) != std::string::npos && times_.fetch_sub(1) > 0)
      return {200, {}, {}, ""};
    return {answer.status, {{"Content-Type", "application/json"}}, answer.body, {}};
  }

  const std::string text_;
  std::atomic<int> times_;
  const net::HttpClient http_;
  const net::EgressList allowed_ = net::EgressList::parse({server().url().substr(7)}).value();
  LoopbackHttp front_{[this](const LoopbackRequest& in) { return pass(in); }};
};

TEST_F(Neo4jGraphTest, AnOperatorSeesDocumentsThatMentionEntities) {
  const auto graph = open(server().url());
  put(*graph, make_item("front:message:1", 1, "4711"));
  put(*graph, make_item("edi:load:9", 1, "4711"));
  EXPECT_EQ(ask("MATCH (d:GantryDocument)-[m:MENTIONS]->(e:GantryEntity)"
                " RETURN d.id, m.count, e.kind, e.value ORDER BY d.id"),
            Json::parse(R"([["edi:load:9",1,"load","4711"],["front:message:1",1,"load","4711"]])"));
}

TEST_F(Neo4jGraphTest, AfterAPurgeNothingOfTheContentIsLeft) {
  const auto graph = open(server().url());
  put(*graph, make_item("a", 1, "first-secret"), "op1", 1);
  put(*graph, make_item("a", 2, "second-secret"), "op2", 2);
  put(*graph, make_purge("a", 3), "op3", 3);
  EXPECT_EQ(ask("MATCH (e:GantryEntity) RETURN e"), Json::array());
  EXPECT_THAT(ask("MATCH (n) RETURN properties(n)").dump(), Not(HasSubstr("secret")));
}

TEST_F(Neo4jGraphTest, ABatchIsWrittenWholeOrNotAtAll) {
  const auto graph = open(server().url());
  std::vector<IngestedDocument> items;
  for (int i = 0; i < 3; ++i) items.push_back(make_item("d" + std::to_string(i), 1, "m"));
  // A rule of the server's own refuses the last of the three.
  std::vector<Write> writes;
  for (const auto& item : items) writes.push_back(make_write(item, "op", 1));
  ask("CREATE CONSTRAINT refuse_d2 IF NOT EXISTS FOR (d:GantryDocument) REQUIRE d.hash IS UNIQUE");
  writes[2].hash = writes[1].hash;
  const auto refused = graph->put(writes, calm_);
  ask("DROP CONSTRAINT refuse_d2");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(ask("MATCH (n:GantryDocument|GantryEntity) RETURN n"), Json::array());
}

TEST_F(Neo4jGraphTest, ManyWritersOfOneEntityNeitherLoseNorLeaveAnything) {
  const auto graph = open(server().url());
  constexpr int kThreads = 4, kRounds = 15;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        const std::string id = "doc:" + std::to_string(t);
        for (int round = 1; round <= kRounds; ++round) {
          // Odd rounds name the shared entity, even ones do not: it comes and goes all the time.
          const std::string marker = round % 2 == 1 ? "shared" : "own" + std::to_string(t);
          const auto item = make_item(id, round, marker);
          const Write write = make_write(item, "op" + std::to_string(round), round);
          const auto kept = graph->put({&write, 1}, calm_);
          ASSERT_TRUE(kept.has_value()) << kept.error().message();
          EXPECT_EQ(kept->front(), Kept::kWritten);
        }
      });
    }
  }
  EXPECT_EQ(graph->documents({"load", "shared"}, 10, calm_).value().size(), 4u);
  EXPECT_EQ(graph->count(calm_).value(), 1u);
}

TEST_F(Neo4jGraphTest, AWriteWithoutAnAnswerIsATimeOutAndCanBeLookedAt) {
  Wire wire("MERGE", 1000);
  const auto graph = open(wire.url());
  const auto item = make_item("a", 1, "one");
  const Write write = make_write(item, "op", 1);
  const auto put = graph->put({&write, 1}, calm_);
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().kind, ErrorKind::kTimeout);
  const std::string id = "a";
  EXPECT_EQ(graph->look({&id, 1}, calm_).value().front().hash, write.hash);
}

TEST_F(Neo4jGraphTest, AWriteThatIsSentTwiceIsOneWrite) {
  const auto graph = open(server().url());
  Wire wire("MERGE", 1);
  const auto cut = open(wire.url());
  const auto item = make_item("a", 1, "one");
  const Write write = make_write(item, "op", 1);
  // libcurl repeats a request whose kept connection turns out to be dead.
  const auto kept = cut->put({&write, 1}, calm_);
  ASSERT_TRUE(kept.has_value()) << kept.error().message();
  EXPECT_EQ(kept->front(), Kept::kUnchanged);
  EXPECT_EQ(graph->documents({"load", "one"}, 10, calm_).value().size(), 1u);
}

TEST_F(Neo4jGraphTest, ConstraintsAreMadeByManyAtOnceAndNotByOneThatOnlyLooks) {
  for (const char* name : {"gantry_document_key", "gantry_entity_key"}) {
    ask(("DROP CONSTRAINT " + std::string(name) + " IF EXISTS").c_str());
  }
  Neo4jOptions looking = options_for(server().url());
  looking.make_constraints = false;
  EXPECT_EQ(Neo4jGraph::open(looking).value()->count(calm_).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(ask("SHOW CONSTRAINTS"), Json::array());
  {
    std::vector<std::jthread> hosts;
    for (int host = 0; host < 4; ++host) {
      hosts.emplace_back([this] {
        const auto counted = open(server().url())->count(calm_);
        EXPECT_TRUE(counted.has_value()) << counted.error().message();
      });
    }
  }
  EXPECT_EQ(Neo4jGraph::open(looking).value()->count(calm_).value(), 0u);
}

TEST_F(Neo4jGraphTest, AnEntityLongerThanAnIndexKeyIsStored) {
  const auto graph = open(server().url());
  const std::string marker(20'000, 'x');
  put(*graph, make_item(std::string(20'000, 'i'), 1, marker));
  EXPECT_EQ(graph->documents({"load", marker}, 10, calm_).value().size(), 1u);
}

TEST_F(Neo4jGraphTest, WhereNobodyAnswersNothingIsWrittenForCertain) {
  const auto graph = open("http://127.0.0.1:" + std::to_string(test::free_loopback_port()));
  EXPECT_EQ(graph->count(calm_).error().kind, ErrorKind::kUnavailable);
  const auto item = make_item("a", 1, "one");
  const Write write = make_write(item, "op", 1);
  EXPECT_EQ(graph->put({&write, 1}, calm_).error().kind, ErrorKind::kUnavailable);
}

/// A server that answers as documented for a case that the real one is not brought into here.
Error answered(unsigned status, std::string body, Neo4jOptions options = {}) {
  LoopbackHttp stub([&](const LoopbackRequest&) {
    return LoopbackResponse{status, {{"Content-Type", "application/json"}}, body, {}};
  });
  options.url = stub.url("");
  return Neo4jGraph::open(options).value()->count({}).error();
}

TEST(Neo4jAnswers, BecomeKindsThatTellWhatToDo) {
  const auto failure = [](std::string code) {
    return R"({"errors":[{"code":")" + std::move(code) + R"(","message":"Words."}]})";
  };
  EXPECT_EQ(answered(401, failure("Neo.ClientError.Security.Unauthorized")).kind,
            ErrorKind::kDenied);
  EXPECT_EQ(answered(429, failure("Neo.ClientError.Security.AuthenticationRateLimit")).kind,
            ErrorKind::kUnavailable);
  EXPECT_EQ(answered(404, failure("Neo.ClientError.Database.DatabaseNotFound")).kind,
            ErrorKind::kNotFound);
  EXPECT_EQ(answered(400, failure("Neo.ClientError.Statement.SyntaxError")).kind,
            ErrorKind::kInternal);
  EXPECT_EQ(answered(400, failure("Neo.TransientError.Transaction.DeadlockDetected")).kind,
            ErrorKind::kUnavailable);
  EXPECT_EQ(answered(500, failure("Neo.DatabaseError.Transaction.TransactionCommitFailed")).kind,
            ErrorKind::kUnavailable);
  EXPECT_EQ(answered(403, failure("Neo.ClientError.General.ForbiddenOnReadOnlyDatabase")).kind,
            ErrorKind::kUnavailable);
  EXPECT_EQ(answered(503, "<html>").kind, ErrorKind::kUnavailable);
  EXPECT_THAT(answered(404, "").what, HasSubstr("Neo4j 5.23 or newer"));
  EXPECT_EQ(answered(200, "<html>").kind, ErrorKind::kUnavailable);
  // A streamed answer may fail after its status line is gone.
  EXPECT_EQ(answered(202, R"({"data":{"fields":[],"values":[]},"errors":[{"code":)"
                          R"("Neo.ClientError.Statement.TypeError","message":"x"}]})")
                .kind,
            ErrorKind::kInternal);
  EXPECT_EQ(answered(202, R"({"data":{"fields":["n"],"values":[["no number"]]}})").kind,
            ErrorKind::kUnavailable);
}

TEST(Neo4jAnswers, TheSecretIsSentAndNeverShown) {
  std::string sent;
  LoopbackHttp stub([&](const LoopbackRequest& request) {
    sent = request.header("Authorization");
    return LoopbackResponse{401, {}, "{}", {}};
  });
  Neo4jOptions options;
  options.url = stub.url("");
  options.user = "neo4j";
  options.secret = "secret";
  const auto error = Neo4jGraph::open(options).value()->count({}).error();
  EXPECT_EQ(sent, "Basic bmVvNGo6c2VjcmV0");
  EXPECT_THAT(error.message(), Not(HasSubstr("bmVvNGo6c2VjcmV0")));
  EXPECT_THAT(error.message(), HasSubstr("user and password"));
  options.user.clear();
  EXPECT_EQ(Neo4jGraph::open(options).value()->count({}).error().kind, ErrorKind::kDenied);
  EXPECT_EQ(sent, "Bearer secret");
}

TEST(Neo4jAnswers, WrongSettingsAreRefusedBeforeAnybodyIsAsked) {
  const auto refused = [](std::string url, std::string database) {
    Neo4jOptions options;
    options.url = std::move(url);
    options.database = std::move(database);
    const auto opened = Neo4jGraph::open(options);
    return !opened && opened.error().kind == ErrorKind::kInvalid;
  };
  EXPECT_TRUE(refused("", "neo4j"));
  EXPECT_TRUE(refused("bolt://127.0.0.1:7687", "neo4j"));
  EXPECT_TRUE(refused("http://graph.example.com:7474", "neo4j"));
  EXPECT_TRUE(refused("https://u:p@graph.example.com:7473", "neo4j"));
  EXPECT_TRUE(refused("https://graph.example.com:7473/db/neo4j", "neo4j"));
  EXPECT_TRUE(refused("https://graph.example.com:7473", "neo4j/tx?x="));
  EXPECT_FALSE(refused("https://graph.example.com:7473/", "freight-1"));
  EXPECT_FALSE(refused("https://graph.example.com", "neo4j"));
}

}  // namespace
}  // namespace gantry::stores
