#include <gmock/gmock.h>

#include "tests/unit/stores/conformance/suites.hpp"
#include "tests/unit/stores/one_key.hpp"

namespace gantry::stores::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

void put(Store& store, const IngestedDocument& item, std::int64_t fence = 1) {
  const Write write = make_write(item, "op" + std::to_string(fence), fence);
  ASSERT_TRUE(store.put({&write, 1}, {}).has_value());
}

std::vector<std::string> ids(const std::vector<TextHit>& hits) {
  std::vector<std::string> out;
  for (const TextHit& hit : hits) out.push_back(hit.document_id);
  return out;
}

IngestedDocument with_text(std::string_view id, std::string_view title, std::string_view text) {
  auto item = make_item(id, 1, id);
  item.document.title = title;
  item.document.text = item.parsed.text = text;
  return item;
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DocumentStoreSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(VectorIndexSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KnowledgeGraphSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CacheSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DeadLettersSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SagaLogSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StagingSuite);

TEST_P(DocumentStoreSuite, GivesBackWhatWasPut) {
  auto item = make_item("a", 3, "one");
  item.document.occurred_at = Instant(1'700'000'000'123'456'789ns);
  item.document.received_at = Instant(1'700'000'001ns);
  item.parsed.text = "other words";
  put(*backend_->documents, item);
  const auto stored = backend_->documents->get("a", options_).value();
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->document, item.document);
  EXPECT_EQ(stored->words, "other words");
  EXPECT_FALSE(backend_->documents->get("b", options_).value());
}

TEST_P(DocumentStoreSuite, FindsWordsBestFirstAndSaysWhere) {
  auto& documents = *backend_->documents;
  put(documents, with_text("one", "Report", "the reefer broke down near Chicago"));
  put(documents, with_text("two", "Reefer report", "reefer reefer: all fine"));
  put(documents, with_text("three", "Invoice", "fuel surcharge"));
  const auto hits = documents.find({"reefer", "", "", 10}, options_).value();
  EXPECT_THAT(ids(hits), ElementsAre("two", "one"));
  EXPECT_GT(hits[0].score, hits[1].score);
  EXPECT_NE(hits[1].snippet.find("\x02reefer\x03"), std::string::npos);
  EXPECT_THAT(ids(documents.find({"CHICÁGO surcharge", "", "", 10}, options_).value()),
              UnorderedElementsAre("one", "three"));
  EXPECT_EQ(documents.find({"reefer", "", "", 1}, options_).value().size(), 1u);
  EXPECT_EQ(documents.count(options_).value(), 3u);
}

TEST_P(DocumentStoreSuite, AHyphenatedNumberIsFoundAsAWhole) {
  put(*backend_->documents, with_text("one", "", "load LD-4711 is late"));
  put(*backend_->documents, with_text("two", "", "LD of 4711"));
  EXPECT_THAT(ids(backend_->documents->find({"LD-4711", "", "", 10}, options_).value()),
              ElementsAre("one"));
}

TEST_P(DocumentStoreSuite, ARareWordOutweighsACommonOneAndAShortTextALongOne) {
  auto& documents = *backend_->documents;
  for (int i = 0; i < 20; ++i) {
    put(documents, with_text("common" + std::to_string(i), "", "the reefer was on time today"));
  }
  put(documents, with_text("rare", "", "the compressor was on time today"));
  EXPECT_EQ(documents.find({"reefer compressor", "", "", 5}, options_).value()[0].document_id,
            "rare");
  std::string filler;
  for (int i = 0; i < 200; ++i) filler += " filler" + std::to_string(i);
  put(documents, with_text("long", "", "gasket" + filler));
  put(documents, with_text("short", "", "gasket and seal"));
  EXPECT_THAT(ids(documents.find({"gasket", "", "", 5}, options_).value()),
              ElementsAre("short", "long"));
}

TEST_P(DocumentStoreSuite, EqualFindsComeInTheOrderOfIds) {
  auto& documents = *backend_->documents;
  for (const char* id : {"b", "d", "a", "c"}) put(documents, with_text(id, "", "reefer is fine"));
  EXPECT_THAT(ids(documents.find({"reefer", "", "", 10}, options_).value()),
              ElementsAre("a", "b", "c", "d"));
}

TEST_P(DocumentStoreSuite, AddressesAndNumbersAreFoundByTheirParts) {
  put(*backend_->documents,
      with_text("one", "", "mail dispatch@acme-freight.com about PRO#88-123"));
  for (const char* words : {"dispatch@acme-freight.com", "freight", "88-123", "123", "pro#88"}) {
    EXPECT_THAT(ids(backend_->documents->find({words, "", "", 10}, options_).value()),
                ElementsAre("one"))
        << words;
  }
}

TEST_P(DocumentStoreSuite, AnyBytesComeBackAsTheyWere) {
  auto item = make_item("a", 1, "one");
  item.document.title = std::string("nul\0and\x01", 8);
  item.document.text = "not utf-8: \xFF\xC3( and U+10FFFF: \xF4\x8F\xBF\xBF";
  item.document.source = std::string("s\0rc", 4);
  item.parsed.text = std::string("w\0rds \xF4\x8F\xBF\xBFu", 11);
  put(*backend_->documents, item);
  const auto stored = backend_->documents->get("a", options_).value();
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->document, item.document);
  EXPECT_EQ(stored->words, item.parsed.text);
}

TEST_P(DocumentStoreSuite, FiltersBySourceAndKind) {
  auto item = with_text("one", "", "reefer");
  item.document.source = "front-ops";
  put(*backend_->documents, item);
  put(*backend_->documents, with_text("two", "", "reefer"));
  const auto& documents = *backend_->documents;
  EXPECT_THAT(ids(documents.find({"reefer", "front-ops", "", 9}, options_).value()),
              ElementsAre("one"));
  EXPECT_THAT(documents.find({"reefer", "", "invoice", 9}, options_).value(), IsEmpty());
}

TEST_P(DocumentStoreSuite, NoQueryIsAnError) {
  put(*backend_->documents, with_text("one", "", "reefer NEAR broken"));
  for (const std::string& words :
       {std::string("\""), std::string("a AND OR NOT"), std::string("NEAR(a b"),
        std::string("title:"), std::string("^*"), std::string("'; DROP TABLE words; --"),
        std::string("-"), std::string("\xFF\xFE"), std::string(100'000, '('), std::string(),
        std::string("a\0b", 3), std::string("{}[]()")}) {
    EXPECT_TRUE(backend_->documents->find({words, "", "", 10}, options_).has_value())
        << words.substr(0, 40);
  }
  EXPECT_THAT(ids(backend_->documents->find({"reefer\" OR \"zzz", "", "", 9}, options_).value()),
              ElementsAre("one"));
}

TEST_P(DocumentStoreSuite, DeletedPurgedAndUndoneWordsAreNotFound) {
  auto& documents = *backend_->documents;
  for (const char* id : {"deleted", "purged", "undone", "changed"}) {
    put(documents, with_text(id, "", "reefer"));
  }
  put(documents, make_tombstone("deleted", 2), 2);
  put(documents, make_purge("purged", 2), 2);
  const WriteRef ref{"undone", "op1"};
  ASSERT_TRUE(documents.undo({&ref, 1}, options_).has_value());
  auto changed = with_text("changed", "", "flatbed");
  changed.document.version = 2;
  put(documents, changed, 2);
  EXPECT_THAT(documents.find({"reefer", "", "", 10}, options_).value(), IsEmpty());
  EXPECT_TRUE(documents.get("deleted", options_).value()->document.deleted);
  const auto purged = documents.get("purged", options_).value();
  EXPECT_TRUE(purged->document.purged);
  EXPECT_EQ(purged->document.text + purged->document.raw + purged->words, "");
  EXPECT_EQ(documents.count(options_).value(), 1u);
}

TEST_P(VectorIndexSuite, FindsTheNearestFirstEachDocumentOnce) {
  auto& vectors = *backend_->vectors;
  auto two_chunks = make_item("a", 1, "alpha");
  two_chunks.embeddings.vectors = {vector_of("other"), vector_of("alpha")};
  put(vectors, two_chunks);
  put(vectors, make_item("b", 1, "beta"));
  const auto hits =
      vectors.nearest({std::string(kModel), vector_of("alpha"), "", "", 10}, options_).value();
  ASSERT_EQ(hits.size(), 2u);
  EXPECT_EQ(hits[0].document_id, "a");
  EXPECT_EQ(hits[0].chunk, 1u);
  EXPECT_NEAR(hits[0].score, 1.0, 0.01);
  EXPECT_EQ(vectors.count(options_).value(), 3u);
}

TEST_P(VectorIndexSuite, ScoresAreTheCosineToAHundredth) {
  auto& vectors = *backend_->vectors;
  for (int i = 0; i < 50; ++i) {
    const std::string marker = "m" + std::to_string(i);
    put(vectors, make_item(marker, 1, marker));
  }
  const auto query = vector_of("query");
  for (const VectorHit& hit :
       vectors.nearest({std::string(kModel), query, "", "", 50}, options_).value()) {
    const auto stored = vector_of(hit.document_id);
    double cosine = 0;
    for (std::size_t i = 0; i < query.size(); ++i) {
      cosine += static_cast<double>(query[i]) * static_cast<double>(stored[i]);
    }
    EXPECT_NEAR(hit.score, cosine, 0.01);
  }
}

TEST_P(VectorIndexSuite, SeesWritesTombstonesAndUndoAfterTheFirstSearch) {
  auto& vectors = *backend_->vectors;
  const auto found = [&](const std::string& marker) {
    const auto hits =
        vectors.nearest({std::string(kModel), vector_of(marker), "", "", 1}, options_).value();
    return !hits.empty() && hits[0].score > 0.99;
  };
  put(vectors, make_item("a", 1, "one"), 1);
  EXPECT_TRUE(found("one"));
  put(vectors, make_item("a", 2, "two"), 2);
  EXPECT_TRUE(found("two"));
  EXPECT_FALSE(found("one"));
  const WriteRef ref{"a", "op2"};
  ASSERT_TRUE(vectors.undo({&ref, 1}, options_).has_value());
  EXPECT_TRUE(found("one"));
  put(vectors, make_tombstone("a", 3), 3);
  EXPECT_FALSE(found("one"));
  EXPECT_EQ(vectors.count(options_).value(), 0u);
}

TEST_P(VectorIndexSuite, RefusesMixedLengthsAndKeepsModelsApart) {
  auto& vectors = *backend_->vectors;
  put(vectors, make_item("a", 1, "one"));
  auto wrong = make_item("b", 1, "two");
  wrong.embeddings = {std::string(kModel), 2, {{1, 0}}};
  const Write write = make_write(wrong, "op", 1);
  const auto refused = vectors.put({&write, 1}, options_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(refused.error().what.find("b"), std::string::npos);

  wrong.embeddings.model = "other/2";
  put(vectors, wrong);
  EXPECT_EQ(vectors.nearest({"other/2", {1, 0}, "", "", 9}, options_).value().size(), 1u);
  EXPECT_THAT(vectors.nearest({"unknown", {1, 0}, "", "", 9}, options_).value(), IsEmpty());
  EXPECT_FALSE(vectors.nearest({std::string(kModel), {1, 0}, "", "", 9}, options_).has_value());
}

TEST_P(VectorIndexSuite, TellsPageByPageWhatOtherModelsMade) {
  auto& vectors = *backend_->vectors;
  const auto others = [&](std::string_view after, std::size_t limit) {
    return vectors.of_other_models(kModel, after, limit, options_).value();
  };
  EXPECT_THAT(others("", 9), IsEmpty());
  put(vectors, make_item("ours", 1, "one"));
  put(vectors, make_tombstone("gone", 1));
  auto silent = make_item("silent", 1, "one");
  silent.embeddings = {"other", 16, {}};
  put(vectors, silent);
  EXPECT_THAT(others("", 9), IsEmpty());

  // Of the same length: only the name tells them apart.
  for (const char* id : {"e", "a'", "c", "d", "b"}) {
    auto foreign = make_item(id, 1, id);
    foreign.embeddings.model = std::string_view(id) == "c" ? "older" : "other";
    foreign.embeddings.vectors.push_back(vector_of("second chunk"));
    put(vectors, foreign);
  }
  const ModelUse a{"a'", "other"}, b{"b", "other"}, c{"c", "older"}, d{"d", "other"},
      e{"e", "other"};
  EXPECT_THAT(others("", 9), ElementsAre(a, b, c, d, e));
  EXPECT_THAT(others("", 2), ElementsAre(a, b));
  EXPECT_THAT(others("b", 2), ElementsAre(c, d));
  EXPECT_THAT(others("d", 2), ElementsAre(e));
  EXPECT_THAT(others("e", 2), IsEmpty());
  EXPECT_EQ(vectors.of_other_models("other", "", 9, options_).value().size(), 2u);
  EXPECT_EQ(vectors.of_other_models("unknown'", "", 9, options_).value().size(), 6u);

  put(vectors, make_item("c", 1, "anew"), 2);
  put(vectors, make_tombstone("b", 2), 2);
  put(vectors, make_purge("d", 2), 2);
  EXPECT_THAT(others("", 9), ElementsAre(a, e));
  const WriteRef ref{"c", "op2"};
  ASSERT_TRUE(vectors.undo({&ref, 1}, options_).has_value());
  EXPECT_THAT(others("", 9), ElementsAre(a, c, e));
}

TEST_P(VectorIndexSuite, FiltersBySourceAndKind) {
  auto item = make_item("a", 1, "one");
  item.document.source = "front-ops";
  put(*backend_->vectors, item);
  put(*backend_->vectors, make_item("b", 1, "one"));
  const auto count = [&](std::string source, std::string kind) {
    return backend_->vectors
        ->nearest({std::string(kModel), vector_of("one"), std::move(source), std::move(kind), 9},
                  options_)
        .value()
        .size();
  };
  EXPECT_EQ(count("", ""), 2u);
  EXPECT_EQ(count("front-ops", ""), 1u);
  EXPECT_EQ(count("front-ops", "invoice"), 0u);
  EXPECT_EQ(count("nobody", ""), 0u);
}

TEST_P(KnowledgeGraphSuite, TheSameEntityInTwoDocumentsIsOneNode) {
  auto& graph = *backend_->graph;
  auto both = make_item("b", 1, "4711");
  both.entities.push_back({"load", "#4711", "4711", 0, 5, 0.5});
  both.entities.push_back({"po", "99", "99", 0, 2, 0.7});
  put(graph, make_item("a", 1, "4711"));
  put(graph, both);
  EXPECT_EQ(graph.count(options_).value(), 2u);
  EXPECT_THAT(graph.documents({"load", "4711"}, 10, options_).value(), ElementsAre("a", "b"));
  const auto mentions = graph.mentions("b", options_).value();
  ASSERT_EQ(mentions.size(), 2u);
  EXPECT_EQ(mentions[0].count, 2u);
  EXPECT_EQ(mentions[0].confidence, 0.9);
  const auto neighbours = graph.neighbours("a", 10, options_).value();
  ASSERT_EQ(neighbours.size(), 1u);
  EXPECT_EQ(neighbours[0].document_id, "b");
  EXPECT_EQ(neighbours[0].shared, 1u);
}

TEST_P(KnowledgeGraphSuite, NodesThatNobodyNamesGo) {
  auto& graph = *backend_->graph;
  put(graph, make_item("a", 1, "old"), 1);
  put(graph, make_item("b", 1, "kept"), 1);
  put(graph, make_item("a", 2, "kept"), 2);
  EXPECT_EQ(graph.count(options_).value(), 1u);
  put(graph, make_tombstone("a", 3), 3);
  put(graph, make_purge("b", 3), 3);
  EXPECT_EQ(graph.count(options_).value(), 0u);
}

TEST_P(CacheSuite, KeepsValuesUntilTheirTimeHasPassed) {
  auto& cache = *backend_->cache;
  const std::string value("v\0w", 3);
  ASSERT_TRUE(put_one(cache, "k", value, 10s, options_).has_value());
  EXPECT_EQ(get_one(cache, "k", options_).value(), value);
  backend_->clock.move(10s);
  EXPECT_EQ(get_one(cache, "k", options_).value(), std::nullopt);
  ASSERT_TRUE(put_one(cache, "k", "new", 10s, options_).has_value());
  EXPECT_EQ(get_one(cache, "k", options_).value(), "new");
}

TEST_P(CacheSuite, ManyValuesComeBackInTheOrderAsked) {
  auto& cache = *backend_->cache;
  const std::vector<CacheEntry> entries = {{"a", "1"}, {"b", ""}, {"a", "2"}};
  ASSERT_TRUE(cache.put(entries, 10s, options_).has_value());
  const std::vector<std::string> keys = {"b", "absent", "a", "b"};
  const std::vector<std::optional<std::string>> values = {"", std::nullopt, "2", ""};
  EXPECT_EQ(cache.get(keys, options_).value(), values);
  EXPECT_TRUE(cache.put({}, 10s, options_).has_value());
  EXPECT_TRUE(cache.get({}, options_).value().empty());
}

TEST_P(CacheSuite, LocksAreTakenInOrderUpToOneThatIsHeld) {
  auto& cache = *backend_->cache;
  const auto held = lock_one(cache, "c", 30s, options_).value();
  ASSERT_TRUE(held);
  const std::vector<std::string> keys = {"a", "b", "c", "d"};
  const auto taken = cache.lock(keys, 30s, options_).value();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].key, "a");
  EXPECT_EQ(taken[1].key, "b");
  EXPECT_GT(taken[0].fence, held->fence);
  EXPECT_GT(taken[1].fence, taken[0].fence);
  EXPECT_FALSE(lock_one(cache, "b", 30s, options_).value());
  EXPECT_TRUE(lock_one(cache, "d", 30s, options_).value());  // it was not taken
  const std::vector<Lease> ours_and_not = {taken[0], {"c", taken[0].token, held->fence}, taken[1]};
  EXPECT_EQ(cache.unlock(ours_and_not, options_).value(), (std::vector<bool>{true, false, true}));
  EXPECT_FALSE(lock_one(cache, "c", 30s, options_).value());
  EXPECT_TRUE(lock_one(cache, "a", 30s, options_).value());
  EXPECT_TRUE(cache.lock({}, 30s, options_).value().empty());
  EXPECT_TRUE(cache.unlock({}, options_).value().empty());
}

TEST_P(CacheSuite, ALockHasOneHolderUntilItsLeaseEnds) {
  auto& cache = *backend_->cache;
  const auto first = lock_one(cache, "a", 30s, options_).value();
  ASSERT_TRUE(first);
  EXPECT_FALSE(lock_one(cache, "a", 30s, options_).value());
  EXPECT_TRUE(lock_one(cache, "b", 30s, options_).value());
  backend_->clock.move(30s);
  const auto second = lock_one(cache, "a", 30s, options_).value();
  ASSERT_TRUE(second);
  EXPECT_GT(second->fence, first->fence);
  EXPECT_FALSE(unlock_one(cache, *first, options_).value());
  EXPECT_FALSE(lock_one(cache, "a", 30s, options_).value());
  EXPECT_TRUE(unlock_one(cache, *second, options_).value());
  EXPECT_TRUE(lock_one(cache, "a", 30s, options_).value());
}

TEST_P(CacheSuite, OnlyTheTokenReleases) {
  auto& cache = *backend_->cache;
  Lease forged = lock_one(cache, "a", 30s, options_).value().value();
  forged.token = "' OR '1'='1";
  EXPECT_FALSE(unlock_one(cache, forged, options_).value());
  EXPECT_FALSE(lock_one(cache, "a", 30s, options_).value());
}

TEST_P(DeadLettersSuite, KeepsTheReasonAndThePayloadUntilResolved) {
  auto& letters = *backend_->dead_letters;
  const std::string payload("p\0q", 3);
  const auto id =
      letters.add({"", "record", "front", "doc:1", "bad", "vendor words", payload}, options_)
          .value();
  const auto letter = letters.get(id, options_).value();
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->payload, payload);
  EXPECT_EQ(letter->reason, "bad");
  EXPECT_EQ(letter->first_at, backend_->clock.now());
  EXPECT_TRUE(letters.resolve(id, options_).value());
  EXPECT_FALSE(letters.resolve(id, options_).value());
  EXPECT_FALSE(letters.get(id, options_).value());
}

TEST_P(DeadLettersSuite, TheSameIdAgainCountsAnAttempt) {
  auto& letters = *backend_->dead_letters;
  ASSERT_TRUE(letters.add({"x", "record", "front", "d", "first", "", ""}, options_).has_value());
  backend_->clock.move(5s);
  ASSERT_TRUE(letters.add({"x", "record", "front", "d", "second", "", ""}, options_).has_value());
  const auto letter = letters.get("x", options_).value();
  EXPECT_EQ(letter->attempts, 2);
  EXPECT_EQ(letter->reason, "second");
  EXPECT_EQ(letter->last_at - letter->first_at, 5s);
  EXPECT_EQ(letters.count(options_).value(), 1u);
}

TEST_P(DeadLettersSuite, ListsNewestFirstByKindAndSource) {
  auto& letters = *backend_->dead_letters;
  for (const char* id : {"1", "2", "3"}) {
    ASSERT_TRUE(
        letters.add({id, "record", "s" + std::string(id), "d", "r", "", ""}, options_).has_value());
    backend_->clock.move(1s);
  }
  const auto all = letters.list({}, options_).value();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].id, "3");
  EXPECT_EQ(letters.list({"record", "s2", 100}, options_).value().size(), 1u);
  EXPECT_EQ(letters.list({"undo", "", 100}, options_).value().size(), 0u);
  EXPECT_EQ(letters.list({"", "", 2}, options_).value().size(), 2u);
}

TEST_P(DeadLettersSuite, KeepsTheReasonsOfTheLastTenAttemptsNewestFirst) {
  auto& letters = *backend_->dead_letters;
  const Instant begun = backend_->clock.now();
  for (int attempt = 1; attempt <= 13; ++attempt) {
    const std::string reason = "reason " + std::to_string(attempt);
    ASSERT_TRUE(letters.add({"x", "record", "s", "d", reason, "words", ""}, options_).has_value());
    backend_->clock.move(1s);
  }
  const auto letter = letters.get("x", options_).value().value();
  EXPECT_EQ(letter.reason, "reason 13");
  ASSERT_EQ(letter.earlier.size(), 10u);
  EXPECT_EQ(letter.earlier[0], (Mishap{begun + 11s, "reason 12", "words"}));
  EXPECT_EQ(letter.earlier[9].reason, "reason 3");
}

TEST_P(DeadLettersSuite, KeepsThePriorityAndCountsByKindAndSource) {
  auto& letters = *backend_->dead_letters;
  EXPECT_TRUE(letters.tally(options_).value().empty());
  const Instant begun = backend_->clock.now();
  for (const auto& [kind, source] : {std::pair{"record", "edi"},
                                     {"record", "edi"},
                                     {"part", "edi"},
                                     {"record", "turvo"},
                                     {"undo", ""}}) {
    DeadLetter letter;
    letter.kind = kind;
    letter.source = source;
    letter.priority = "high";
    ASSERT_TRUE(letters.add(letter, options_).has_value());
    backend_->clock.move(1s);
  }
  EXPECT_EQ(letters.list({"undo", "", 9}, options_).value().at(0).priority, "high");
  std::map<std::pair<std::string, std::string>, DeadLetterTally> seen;
  for (const auto& one : letters.tally(options_).value()) seen[{one.kind, one.source}] = one;
  ASSERT_EQ(seen.size(), 4u);
  const auto records = seen[{"record", "edi"}];
  EXPECT_EQ(records.count, 2u);
  EXPECT_EQ(records.oldest, begun);
  const auto undo = seen[{"undo", ""}];
  EXPECT_EQ(undo.count, 1u);
  EXPECT_EQ(undo.oldest, begun + 4s);
}

TEST_P(SagaLogSuite, HoldsWhatHasBegunAndNotEnded) {
  auto& log = *backend_->saga_log;
  ASSERT_TRUE(log.begin({"op1", {{"doc:1", "k1"}, {"doc:'2'", "k2"}}}, options_).has_value());
  ASSERT_TRUE(log.begin({"op2", {{"doc:3", "k3"}}}, options_).has_value());
  ASSERT_TRUE(log.end(std::vector<std::string>{"op2", "never begun"}, options_).has_value());
  const auto open = log.open(options_).value();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].operation, "op1");
  ASSERT_EQ(open[0].items.size(), 2u);
  EXPECT_EQ(open[0].items[1].document_id, "doc:'2'");
  EXPECT_EQ(open[0].items[1].key, "k2");
}

TEST_P(StagingSuite, KeepsDocumentsByContentUntilReleased) {
  auto& staging = *backend_->staging;
  const std::vector<Document> documents = {make_item("a", 1, "one").document,
                                           make_item("b", 1, "two").document};
  const auto keys = staging.put(documents, options_).value();
  EXPECT_EQ(staging.put(documents, options_).value(), keys);
  EXPECT_FALSE(staging.home().empty());
  EXPECT_THAT(keys, testing::Each(testing::EndsWith("@" + staging.home())));
  EXPECT_EQ(staging.count(options_).value(), 2u);
  std::vector<std::string> listed;
  for (std::string after; listed.size() < 2; after = listed.back()) {
    const auto page = staging.list(after, 1, options_).value();
    ASSERT_EQ(page.size(), 1u);
    EXPECT_EQ(page[0].document_id, page[0].key == keys[0] ? "a" : "b");
    EXPECT_EQ(page[0].version, 1);
    listed.push_back(page[0].key);
  }
  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(keys));
  EXPECT_TRUE(staging.list(listed.back(), 1, options_).value().empty());
  const std::vector<std::string> asked = {keys[1], "unknown", keys[0]};
  const auto got = staging.get(asked, options_).value();
  EXPECT_THAT(got, ElementsAre(documents[1], std::nullopt, documents[0]));
  ASSERT_TRUE(staging.release(asked, options_).has_value());
  EXPECT_EQ(staging.count(options_).value(), 0u);
}

}  // namespace gantry::stores::conformance
