#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "host/pipeline/hashing_embedder.hpp"
#include "host/pipeline/rules_extractor.hpp"
#include "host/stores/search.hpp"
#include "tests/unit/stores/one_key.hpp"
#include "tests/unit/stores/saga_rig.hpp"

namespace gantry::stores::saga {
namespace {

using conformance::make_item;
using conformance::make_purge;
using conformance::make_tombstone;
using testing::ElementsAre;

std::unique_ptr<Saga> saga_on(embedded::EmbeddedStores& stores) {
  return std::make_unique<Saga>(SagaPorts{{&stores.documents(), &stores.vectors(), &stores.graph()},
                                          &stores.cache(),
                                          &stores.saga_log(),
                                          &stores.dead_letters()});
}

/// All ports of one file: the saga's steps run in one transaction.
class SagaTogether : public testing::Test {
 protected:
  Outcome write(const IngestedDocument& item) { return saga_->write({&item, 1}).front(); }
  bool in_all(const std::string& id) {
    for (const Store* store :
         {static_cast<Store*>(&stores_->documents()), static_cast<Store*>(&stores_->vectors()),
          static_cast<Store*>(&stores_->graph())}) {
      if (!store->look({&id, 1}, {}).value().front().present) return false;
    }
    return true;
  }
  TempDir dir_;
  std::unique_ptr<embedded::EmbeddedStores> stores_ =
      embedded::EmbeddedStores::open({dir_.path() / "stores.db"}).value();
  std::unique_ptr<Saga> saga_ = saga_on(*stores_);
};

TEST_F(SagaTogether, HasTheSameOutcomesAsApart) {
  EXPECT_EQ(write(make_item("a", 2, "two")).kept, Kept::kWritten);
  EXPECT_TRUE(write(make_item("a", 2, "two")).cached);
  EXPECT_EQ(write(make_item("a", 1, "one")).kept, Kept::kStale);
  EXPECT_EQ(write(make_tombstone("a", 3)).kept, Kept::kWritten);
  EXPECT_EQ(write(make_purge("a", 3)).kept, Kept::kWritten);
  EXPECT_EQ(write(make_item("a", 4, "four")).kept, Kept::kStale);
  EXPECT_TRUE(in_all("a"));
}

TEST_F(SagaTogether, ABadDocumentFailsAloneAndLeavesNothing) {
  write(make_item("first", 1, "one"));
  auto bad = make_item("bad", 1, "two");
  bad.embeddings = {std::string(conformance::kModel), 2, {{1, 0}}};
  const std::vector<IngestedDocument> batch = {make_item("a", 1, "a"), bad, make_item("c", 1, "c")};
  const auto outcomes = saga_->write(batch);
  EXPECT_EQ(outcomes[0].kind, OutcomeKind::kSuccess);
  EXPECT_EQ(outcomes[1].kind, OutcomeKind::kFailed);
  EXPECT_FALSE(outcomes[1].retryable());
  EXPECT_EQ(outcomes[2].kind, OutcomeKind::kSuccess);
  EXPECT_TRUE(in_all("a") && in_all("c"));
  EXPECT_FALSE(stores_->documents().get("bad", {}).value());
}

TEST_F(SagaTogether, ALockOfASagaApartIsRespected) {
  const auto held = lock_one(stores_->cache(), "saga:lock:a", std::chrono::hours(1), {}).value();
  ASSERT_TRUE(held);
  const Outcome outcome = write(make_item("a", 1, "one"));
  EXPECT_EQ(outcome.kind, OutcomeKind::kFailed);
  EXPECT_TRUE(outcome.retryable());
  EXPECT_TRUE(unlock_one(stores_->cache(), *held, {}).value());
  EXPECT_EQ(write(make_item("a", 1, "one")).kind, OutcomeKind::kSuccess);
}

TEST_F(SagaTogether, AWriteOfAnEarlierHolderComesTooLate) {
  const auto held = lock_one(stores_->cache(), "saga:lock:a", std::chrono::hours(1), {}).value();
  ASSERT_TRUE(held && unlock_one(stores_->cache(), *held, {}).value());
  EXPECT_EQ(write(make_item("a", 1, "one")).kind, OutcomeKind::kSuccess);
  const auto item = make_item("a", 2, "late");
  const Write late = conformance::make_write(item, "late", held->fence);
  EXPECT_EQ(stores_->documents().put({&late, 1}, {}).value(), std::vector{Kept::kFenced});
}

TEST_F(SagaTogether, TwentyOperationsAtOnceOnTwelveDocumentsGiveTwelve) {
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 20; ++t) {
      threads.emplace_back([&, t] {
        for (int d = 0; d < 12; ++d) {
          const auto item = make_item("d" + std::to_string(d), t % 4, "v" + std::to_string(t % 4));
          EXPECT_EQ(write(item).kind, OutcomeKind::kSuccess);
        }
      });
    }
  }
  EXPECT_EQ(stores_->documents().count({}).value(), 12u);
  EXPECT_EQ(stores_->vectors().count({}).value(), 12u);
  for (int d = 0; d < 12; ++d) {
    EXPECT_EQ(stores_->documents().get("d" + std::to_string(d), {}).value()->document.version, 3);
  }
}

/// Writes documents in a child process that tells each acknowledged number through a pipe, kills
/// it with SIGKILL after a number that differs per round, and checks every store.
TEST_F(SagaTogether, AfterSigkillEveryAnsweredDocumentIsWhole) {
  for (int round = 0; round < 10; ++round) {
    const auto file = dir_.path() / ("killed" + std::to_string(round) + ".db");
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto stores = embedded::EmbeddedStores::open({file}).value();
      auto saga = saga_on(*stores);
      for (int i = 0;; ++i) {
        const auto item = make_item("k" + std::to_string(i), 1, "m" + std::to_string(i));
        if (saga->write({&item, 1}).front().kind != OutcomeKind::kSuccess) ::_exit(1);
        if (::write(pipe_ends[1], &i, sizeof i) != sizeof i) ::_exit(1);
      }
    }
    ::close(pipe_ends[1]);
    int last = -1;
    const int stop = 3 + round * 7;
    while (last < stop && ::read(pipe_ends[0], &last, sizeof last) == sizeof last) {
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    for (int more; ::read(pipe_ends[0], &more, sizeof more) == sizeof more;) last = more;
    ::close(pipe_ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));

    stores_ = embedded::EmbeddedStores::open({file}).value();
    ASSERT_GE(last, stop);
    for (int i = 0; i <= last; ++i) EXPECT_TRUE(in_all("k" + std::to_string(i))) << i;
    // What was under way is in all stores or in none.
    const auto documents = stores_->documents().count({}).value();
    EXPECT_EQ(stores_->vectors().count({}).value(), documents);
    EXPECT_EQ(stores_->graph().count({}).value(), documents);
    EXPECT_LE(documents, static_cast<std::size_t>(last) + 2);
  }
}

class SearchTest : public SagaTogether {
 protected:
  void put(std::string_view id, std::string_view title, std::string_view text,
           std::int64_t version = 1) {
    auto item = make_item(id, version, id);
    item.document.title = title;
    item.document.text = item.parsed.text = text;
    const std::string_view words = item.parsed.text;
    item.embeddings = {std::string(embedder_.model()), embedder_.dimension(),
                       embedder_.embed({&words, 1}).value()};
    ASSERT_EQ(write(item).kind, OutcomeKind::kSuccess);
  }
  std::vector<SearchHit> find(const std::string& text, const std::string& source = {}) {
    return Search(stores_->documents(), stores_->vectors(), embedder_)
        .find({text, source, "", 10})
        .value();
  }
  pipeline::HashingEmbedder embedder_;
};

TEST_F(SearchTest, MergesBothLegsAndSaysWhichFound) {
  put("one", "Late load", "The delivery of load 4711 to Chicago is late.");
  put("two", "Invoice", "Fuel surcharge attached.");
  const auto hits = find("late delivery chicago");
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(hits[0].document_id, "one");
  EXPECT_EQ(hits[0].title, "Late load");
  EXPECT_EQ(hits[0].source, "test");
  EXPECT_THAT(hits[0].why, ElementsAre("text", "vector"));
  // First in both legs: 2 / (60 + 1).
  EXPECT_NEAR(hits[0].score, 2.0 / 61.0, 1e-9);
  EXPECT_NE(hits[0].snippet.find("Chicago"), std::string::npos);
}

TEST_F(SearchTest, AMisspelledWordIsFoundByTheVectorLeg) {
  put("one", "", "refrigerated trailer broke down");
  put("two", "", "invoice overdue payment");
  const auto hits = find("refrigeratd trailr");
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(hits[0].document_id, "one");
  EXPECT_THAT(hits[0].why, ElementsAre("vector"));
}

TEST_F(SearchTest, DeletedDocumentsAreNotFound) {
  put("one", "", "reefer broke down");
  EXPECT_EQ(find("reefer").size(), 1u);
  write(make_tombstone("one", 2));
  EXPECT_TRUE(find("reefer").empty());
}

TEST_F(SearchTest, HostileWordsNeverFailAndLimitsAreChecked) {
  put("one", "", "reefer");
  for (const std::string& words : {std::string("\" OR 1=1 --"), std::string("NEAR("),
                                   std::string("\xFF\xFE"), std::string("*")}) {
    EXPECT_TRUE(Search(stores_->documents(), stores_->vectors(), embedder_)
                    .find({words, "", "", 10})
                    .has_value());
  }
  const Search search(stores_->documents(), stores_->vectors(), embedder_);
  EXPECT_EQ(search.find({"x", "", "", 101}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(search.find({"x", "", "", 0}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(search.find({"  ", "", "", 10}).error().kind, ErrorKind::kInvalid);
}

/// A document at a time, whose entities are those of the rules.
class SearchOverGraph : public SearchTest {
 protected:
  void put_at(std::string_view id, std::string_view text, std::int64_t day) {
    auto item = make_item(id, 1, id);
    item.document.text = item.parsed.text = text;
    item.document.occurred_at = Instant(std::chrono::hours(24 * day));
    item.entities = extractor_.extract(text).value();
    const std::string_view words = item.parsed.text;
    item.embeddings = {std::string(embedder_.model()), embedder_.dimension(),
                       embedder_.embed({&words, 1}).value()};
    ASSERT_EQ(write(item).kind, OutcomeKind::kSuccess);
  }
  std::vector<SearchHit> ask(const SearchQuery& query) {
    return Search(stores_->documents(), stores_->vectors(), embedder_, &stores_->graph(),
                  &extractor_)
        .find(query)
        .value();
  }
  static const SearchHit* hit(const std::vector<SearchHit>& hits, std::string_view id) {
    const auto found = std::ranges::find(hits, id, &SearchHit::document_id);
    return found == hits.end() ? nullptr : &*found;
  }
  pipeline::RulesExtractor extractor_;
};

TEST_F(SearchOverGraph, WhatNamesTheSameLoadAsTheBestFindIsFoundToo) {
  put_at("complaint", "The consignee complains: load LD-88231 arrived with broken pallets.", 1);
  put_at("invoice", "Amount due for load LD-88231.", 2);
  put_at("other", "Amount due for load LD-99999.", 2);
  const auto hits = ask({"consignee complains broken pallets", "", "", 10});
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(hits[0].document_id, "complaint");
  const SearchHit* invoice = hit(hits, "invoice");
  ASSERT_NE(invoice, nullptr);
  const auto load = extractor_.extract("load LD-88231").value().at(0).value;
  EXPECT_THAT(invoice->why, testing::Contains("graph:load " + load));
  const SearchHit* other = hit(hits, "other");
  if (other != nullptr) {
    EXPECT_THAT(other->why, testing::Each(testing::Not(testing::StartsWith("graph:"))));
  }
}

TEST_F(SearchOverGraph, FiltersByEntityAndByTime) {
  for (int i = 0; i < 60; ++i) put_at("noise" + std::to_string(i), "detention at the dock", i);
  put_at("one", "detention for load LD-88231", 10);
  put_at("two", "detention for load LD-88231", 20);
  const std::string load = extractor_.extract("load LD-88231").value().at(0).value;
  SearchQuery query{"detention", "", "", 10};
  query.entity = Node{"load", load};
  EXPECT_EQ(ask(query).size(), 2u);
  query.entity->value = "ld-88231";  // however it is written
  EXPECT_EQ(ask(query).size(), 2u);
  query.from = Instant(std::chrono::hours(24 * 20));
  const auto later = ask(query);
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].document_id, "two");
  query.to = query.from;  // before it
  EXPECT_TRUE(ask(query).empty());
  query.entity = Node{"load", "nobody's"};
  EXPECT_TRUE(ask(query).empty());
}

TEST_F(SearchOverGraph, WithoutAGraphAnEntityCannotBeAskedFor) {
  SearchQuery query{"detention", "", "", 10};
  query.entity = Node{"load", "1"};
  const auto hits = Search(stores_->documents(), stores_->vectors(), embedder_).find(query);
  EXPECT_EQ(hits.error().kind, ErrorKind::kUnsupported);
}

TEST_F(SearchTest, FiltersBySource) {
  put("one", "", "reefer");
  EXPECT_TRUE(find("reefer", "other").empty());
  EXPECT_EQ(find("reefer", "test").size(), 1u);
}

}  // namespace
}  // namespace gantry::stores::saga
