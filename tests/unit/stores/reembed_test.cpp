#include "host/stores/reembed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/pipeline/hashing_embedder.hpp"
#include "tests/unit/stores/saga_rig.hpp"

namespace gantry::stores {
namespace {

using conformance::make_item;
using conformance::make_tombstone;
using conformance::make_write;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// A model of another name, with faults to order.
class NewModel final : public pipeline::Embedder {
 public:
  std::string_view model() const override { return "new/256"; }
  std::size_t dimension() const override { return 256; }
  Result<std::vector<pipeline::Vector>> embed(
      std::span<const std::string_view> texts) const override {
    if (before) before(texts);
    for (const std::string_view text : texts) {
      if (text.find(away) != text.npos) return Error{ErrorKind::kUnavailable, "the model is away"};
      if (text.find(poison) != text.npos) return Error{ErrorKind::kInvalid, "too odd for me"};
      read.emplace_back(text);
    }
    return inner_.embed(texts);
  }

  std::function<void(std::span<const std::string_view>)> before;
  std::string away = "\x01", poison = "\x01";  // in no text
  mutable std::vector<std::string> read;

 private:
  const pipeline::HashingEmbedder inner_;
};

enum class Writes { kTogether, kApart };

/// One file whose ports share a transaction, or whose cache stands alone.
class Reembed : public testing::TestWithParam<Writes> {
 protected:
  Reembed()
      : opened_(embedded::EmbeddedStores::open({dir_.path() / "stores.db"}, clock_).value()),
        documents_(opened_->documents()),
        vectors_(opened_->vectors()),
        lone_cache_(opened_->cache()) {
    if (GetParam() == Writes::kApart) cache_ = &lone_cache_;
  }

  saga::SagaPorts ports() {
    return {{&documents_, &vectors_, &opened_->graph()},
            cache_,
            &opened_->saga_log(),
            &opened_->dead_letters()};
  }
  void write(const IngestedDocument& item) {
    saga::Saga saga(ports(), {}, clock_, [this](auto time) { clock_.move(time); });
    ASSERT_EQ(saga.write({&item, 1}).front().kind, saga::OutcomeKind::kSuccess);
  }
  Result<Reembedded> run(ReembedOptions options = {}) {
    options.sleep = [this](std::chrono::milliseconds time) { clock_.move(time); };
    return reembed({ports(), documents_, vectors_, model_}, options, clock_);
  }
  std::vector<std::string> left() {
    std::vector<std::string> out;
    for (auto& one : vectors_.of_other_models(model_.model(), "", 99, {}).value()) {
      out.push_back(std::move(one.document_id));
    }
    return out;
  }
  /// The document whose chunk is these words by the new model.
  std::string holder_of(std::string_view words) {
    auto vector = pipeline::HashingEmbedder().embed({&words, 1}).value().front();
    const auto hits = vectors_.nearest({std::string(model_.model()), vector, "", "", 1}, {});
    const bool same = !hits.value().empty() && hits.value().front().score > 0.99;
    return same ? hits.value().front().document_id : std::string();
  }
  Stamp stamp(const Store& store, const std::string& id) {
    return store.look({&id, 1}, {}).value().front();
  }

  TempDir dir_;
  conformance::FakeClock clock_;
  std::unique_ptr<embedded::EmbeddedStores> opened_;
  DocumentStore& documents_;
  VectorIndex& vectors_;
  saga::FaultyCache lone_cache_;
  Cache* cache_ = &opened_->cache();
  NewModel model_;
};

INSTANTIATE_TEST_SUITE_P(Writes, Reembed, testing::Values(Writes::kTogether, Writes::kApart),
                         [](const auto& info) {
                           return info.param == Writes::kTogether ? "Together" : "Apart";
                         });

TEST_P(Reembed, EveryVectorIsOfTheModelAndNothingElseHasChanged) {
  for (int i = 0; i < 70; ++i) {
    const std::string id = "doc" + std::to_string(i);
    write(make_item(id, 3, "marker" + id));
  }
  const Document before = documents_.get("doc7", {}).value()->document;
  const auto mentions = opened_->graph().mentions("doc7", {}).value();
  std::vector<std::size_t> heard;
  ReembedOptions options;
  options.progress = [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 70u);
    heard.push_back(done);
  };
  const auto done = run(options);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->embedded, 70u);
  EXPECT_EQ(done->dropped, 0u);
  EXPECT_THAT(heard, ElementsAre(32u, 64u, 70u));
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_EQ(holder_of("words of markerdoc7"), "doc7");
  EXPECT_EQ(vectors_.count({}).value(), 70u);
  EXPECT_EQ(documents_.get("doc7", {}).value()->document, before);
  EXPECT_EQ(opened_->graph().mentions("doc7", {}).value().size(), mentions.size());
  EXPECT_EQ(stamp(vectors_, "doc7").version, 3);
  EXPECT_THAT(opened_->saga_log().open({}).value(), IsEmpty());

  model_.read.clear();
  EXPECT_EQ(run()->embedded, 0u);
  EXPECT_THAT(model_.read, IsEmpty());
}

TEST_P(Reembed, AfterAModelThatWentAwayTheNextCallGoesOn) {
  for (int i = 0; i < 40; ++i) {
    write(make_item("doc" + std::to_string(10 + i), 1, "m" + std::to_string(10 + i)));
  }
  model_.away = "words of m45";
  const auto broken = run();
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().what, "the model is away");
  EXPECT_EQ(left().size(), 8u);
  model_.away = "\x01";
  model_.read.clear();
  EXPECT_EQ(run()->embedded, 8u);
  EXPECT_EQ(model_.read.size(), 1u + 8u);
  EXPECT_THAT(left(), IsEmpty());
}

TEST_P(Reembed, ADocumentThatIsWrittenMeanwhileKeepsThoseVectors) {
  write(make_item("a", 1, "one"));
  write(make_item("b", 1, "two"));
  int times = 0;
  model_.before = [&](std::span<const std::string_view> texts) {
    if (texts.front().find("words of") == std::string_view::npos || ++times > 1) return;
    auto corrected = make_item("a", 1, "corrected");
    corrected.embeddings.model = "third";
    write(corrected);
    write(make_tombstone("b", 2));
  };
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->embedded, 1u);
  EXPECT_EQ(holder_of("words of corrected"), "a");
  EXPECT_EQ(vectors_.count({}).value(), 1u);
  EXPECT_TRUE(stamp(vectors_, "b").deleted);
  EXPECT_THAT(left(), IsEmpty());
}

TEST_P(Reembed, AWriterOfAnotherModelThatGoesOnIsNamed) {
  write(make_item("a", 1, "one"));
  std::int64_t version = 1;
  model_.before = [&](std::span<const std::string_view> texts) {
    if (texts.front().find("words of") != std::string_view::npos)
      write(make_item("a", ++version, "x"));
  };
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(done.error().what, AllOf(HasSubstr("vectors/embedded"), HasSubstr("new/256")));
}

TEST_P(Reembed, VectorsWithoutTheirTextGo) {
  const auto orphan = make_item("orphan", 5, "one");
  const auto late = make_item("deleted", 1, "two");
  for (const auto* item : {&orphan, &late}) {
    const Write write = make_write(*item, "", 1);
    ASSERT_TRUE(vectors_.put({&write, 1}, {}));
  }
  const auto tombstone = make_tombstone("deleted", 2);
  const Write gone = make_write(tombstone, "", 1);
  ASSERT_TRUE(documents_.put({&gone, 1}, {}));
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->dropped, 2u);
  EXPECT_EQ(vectors_.count({}).value(), 0u);
  EXPECT_EQ(stamp(vectors_, "orphan").version, 5);
  EXPECT_TRUE(stamp(vectors_, "deleted").deleted);
}

TEST_P(Reembed, ATextThatTheModelRefusesIsToldAndKeepsNobodyElse) {
  for (const char* id : {"a", "b", "c"}) write(make_item(id, 1, id));
  model_.poison = "words of b";
  auto done = run();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->embedded, 2u);
  ASSERT_EQ(done->refused.size(), 1u);
  EXPECT_EQ(done->refused[0].document_id, "b");
  EXPECT_EQ(done->refused[0].reason, "too odd for me");
  EXPECT_THAT(left(), ElementsAre("b"));
  ReembedOptions drop;
  drop.drop_refused = true;
  done = run(drop);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->dropped, 1u);
  EXPECT_EQ(done->refused.size(), 1u);
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_EQ(vectors_.count({}).value(), 2u);
}

TEST(ReembedAfterAKill, WhatAKilledRunLeftOpenIsTakenBackAndDoneAgain) {
  saga::Rig rig;
  const auto item = make_item("a", 1, "one");
  ASSERT_EQ(rig.write(item).kind, saga::OutcomeKind::kSuccess);
  rig.saga.drain();
  // Killed between the index's answer and the end of its saga: the lock is held, the log is open.
  auto half = item;
  half.embeddings = {"new/256", 256, {pipeline::Vector(256, 0.0625f)}};
  const auto lease = lock_one(rig.stores->cache(), "saga:lock:a", 30s, {}).value();
  ASSERT_TRUE(lease);
  const Write write = make_write(half, "killed", lease->fence);
  ASSERT_TRUE(rig.stores->saga_log().begin({"killed", {{"a", write.hash}}}, {}));
  ASSERT_TRUE(rig.stores->vectors().put({&write, 1}, {}));

  const NewModel model;
  ReembedOptions options;
  options.sleep = [&](std::chrono::milliseconds time) { rig.clock.move(time); };
  const auto done = reembed({{{&rig.documents, &rig.vectors, &rig.graph},
                              &rig.cache,
                              &rig.stores->saga_log(),
                              &rig.stores->dead_letters()},
                             rig.stores->documents(),
                             rig.stores->vectors(),
                             model},
                            options, rig.clock);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->embedded, 1u);
  EXPECT_THAT(model.read, testing::Contains("words of one"));
  EXPECT_THAT(rig.stores->saga_log().open({}).value(), IsEmpty());
  EXPECT_TRUE(rig.unlocked("a"));
}

}  // namespace
}  // namespace gantry::stores
