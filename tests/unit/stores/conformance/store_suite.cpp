#include <algorithm>
#include <thread>

#include "tests/unit/stores/conformance/suites.hpp"

namespace gantry::stores::conformance {

const std::vector<std::string> kHostileIds = {
    "front:message:'; DROP TABLE documents; --",
    "front:message:\"quoted\"",
    "front:message:{\"$ne\":null}",
    "front:message:`MATCH (n) DETACH DELETE n`",
    "front:message:%_*?[a-z]",
    "front:message:../../etc/passwd",
    "front:message:\n\r\t",
    std::string("front:message:nul\0inside", 24),
    std::string("front:message:nul\0other", 23),
    "front:message:世界🚚",
    "front:message:" + std::string(1000, 'x'),
};

std::vector<StoreCase> store_cases(const Adapter& adapter, const std::vector<std::string>& ports) {
  std::vector<StoreCase> all = {
      {adapter, "documents", [](Backend& b) -> Store& { return *b.documents; },
       [](Backend& b, const std::string& id, const std::string& marker) {
         const auto stored = b.documents->get(id, {}).value();
         return stored && !stored->document.deleted && stored->words == "words of " + marker;
       }},
      {adapter, "vectors", [](Backend& b) -> Store& { return *b.vectors; },
       [](Backend& b, const std::string& id, const std::string& marker) {
         const auto hits =
             b.vectors->nearest({std::string(kModel), vector_of(marker), "", "", 20'000}, {})
                 .value();
         return std::ranges::any_of(
             hits, [&](const VectorHit& hit) { return hit.document_id == id && hit.score > 0.99; });
       }},
      {adapter, "graph", [](Backend& b) -> Store& { return *b.graph; },
       [](Backend& b, const std::string& id, const std::string& marker) {
         const auto mentions = b.graph->mentions(id, {}).value();
         return mentions.size() == 1 && mentions[0].node == Node{"load", marker};
       }},
  };
  std::erase_if(
      all, [&](const StoreCase& one) { return std::ranges::find(ports, one.port) == ports.end(); });
  return all;
}

std::string case_name(const testing::TestParamInfo<StoreCase>& info) {
  return info.param.adapter.name + "_" + info.param.port;
}

std::string adapter_name(const testing::TestParamInfo<Adapter>& info) { return info.param.name; }

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OutageSuite);

TEST_P(StoreSuite, TheSameWriteTwiceIsOneDocument) {
  EXPECT_EQ(put(make_item("a", 1, "one"), "op1", 1), Kept::kWritten);
  EXPECT_EQ(put(make_item("a", 1, "one"), "op2", 2), Kept::kUnchanged);
  EXPECT_TRUE(shows("a", "one"));
  EXPECT_EQ(look("a").tag.operation, "op1");
}

TEST_P(StoreSuite, ANewerVersionReplacesAndAnOlderOneIsRefused) {
  put(make_item("a", 5, "five"));
  EXPECT_EQ(put(make_item("a", 4, "four")), Kept::kStale);
  EXPECT_TRUE(shows("a", "five"));
  EXPECT_EQ(put(make_item("a", 6, "six")), Kept::kWritten);
  EXPECT_TRUE(shows("a", "six"));
  EXPECT_FALSE(shows("a", "five"));
  EXPECT_EQ(look("a").version, 6);
}

TEST_P(StoreSuite, TheSameVersionWithOtherContentIsACorrection) {
  put(make_item("a", 1, "wrong"));
  EXPECT_EQ(put(make_item("a", 1, "right")), Kept::kWritten);
  EXPECT_TRUE(shows("a", "right"));
}

TEST_P(StoreSuite, ATombstoneHidesAndOutlivesOlderWrites) {
  put(make_item("a", 5, "five"));
  EXPECT_EQ(put(make_tombstone("a", 6)), Kept::kWritten);
  EXPECT_FALSE(shows("a", "five"));
  EXPECT_TRUE(look("a").deleted);
  EXPECT_EQ(put(make_item("a", 5, "five")), Kept::kStale);
  EXPECT_EQ(put(make_item("a", 6, "six")), Kept::kStale);
  EXPECT_FALSE(shows("a", "six"));
  EXPECT_EQ(put(make_item("a", 7, "back")), Kept::kWritten);
  EXPECT_TRUE(shows("a", "back"));
}

TEST_P(StoreSuite, APurgeIsFinalWhateverTheVersion) {
  put(make_item("a", 5, "five"), "op1", 1);
  EXPECT_EQ(put(make_purge("a", 3), "op2", 2), Kept::kWritten);
  EXPECT_FALSE(shows("a", "five"));
  EXPECT_TRUE(look("a").purged);
  EXPECT_EQ(put(make_item("a", 9, "nine"), "op3", 3), Kept::kStale);
  EXPECT_EQ(put(make_purge("a", 9), "op4", 4), Kept::kUnchanged);
  EXPECT_EQ(undo("a", "op2"), Undone::kFinal);
  EXPECT_FALSE(shows("a", "five"));
}

TEST_P(StoreSuite, UndoRestoresTheStateBefore) {
  put(make_item("new", 1, "one"), "op1", 1);
  EXPECT_EQ(undo("new", "op1"), Undone::kRestored);
  EXPECT_FALSE(look("new").present);
  EXPECT_FALSE(shows("new", "one"));

  put(make_item("old", 1, "one"), "op1", 1);
  put(make_item("old", 2, "two"), "op2", 2);
  EXPECT_EQ(undo("old", "op2"), Undone::kRestored);
  EXPECT_TRUE(shows("old", "one"));
  EXPECT_EQ(look("old").version, 1);
  EXPECT_EQ(look("old").tag.operation, "op1");
  EXPECT_EQ(undo("old", "op2"), Undone::kNotOurs);
  EXPECT_TRUE(shows("old", "one"));
}

TEST_P(StoreSuite, UndoOfATombstoneBringsTheDocumentBack) {
  put(make_item("a", 1, "one"), "op1", 1);
  put(make_tombstone("a", 2), "op2", 2);
  EXPECT_EQ(undo("a", "op2"), Undone::kRestored);
  EXPECT_TRUE(shows("a", "one"));
}

TEST_P(StoreSuite, ALateUndoNeverRemovesANewerWrite) {
  put(make_item("a", 1, "one"), "op1", 1);
  put(make_item("a", 2, "two"), "op2", 2);
  EXPECT_EQ(undo("a", "op1"), Undone::kNotOurs);
  EXPECT_TRUE(shows("a", "two"));
}

TEST_P(StoreSuite, AWriteThatArrivesAfterItsUndoIsFenced) {
  EXPECT_EQ(undo("a", "op1"), Undone::kNotOurs);
  EXPECT_EQ(put(make_item("a", 1, "one"), "op1", 1), Kept::kFenced);
  EXPECT_FALSE(shows("a", "one"));
  EXPECT_EQ(put(make_item("a", 1, "one"), "op2", 2), Kept::kWritten);
  EXPECT_TRUE(shows("a", "one"));
}

TEST_P(StoreSuite, AWriterThatLostItsLockIsFenced) {
  put(make_item("a", 1, "one"), "op2", 8);
  EXPECT_EQ(put(make_item("a", 2, "two"), "op1", 7), Kept::kFenced);
  EXPECT_TRUE(shows("a", "one"));
}

TEST_P(StoreSuite, ASettledWriteIsFinal) {
  put(make_item("a", 1, "one"), "op1", 1);
  put(make_item("a", 2, "two"), "op2", 2);
  const WriteRef ref{"a", "op2"};
  ASSERT_TRUE(store().settle({&ref, 1}, {}).has_value());
  EXPECT_EQ(undo("a", "op2"), Undone::kFinal);
  EXPECT_TRUE(shows("a", "two"));
}

TEST_P(StoreSuite, HostileIdsAreOnlyIds) {
  for (std::size_t i = 0; i < kHostileIds.size(); ++i) {
    EXPECT_EQ(put(make_item(kHostileIds[i], 1, "m" + std::to_string(i))), Kept::kWritten);
  }
  for (std::size_t i = 0; i < kHostileIds.size(); ++i) {
    EXPECT_TRUE(shows(kHostileIds[i], "m" + std::to_string(i)));
    EXPECT_EQ(undo(kHostileIds[i], "op"), Undone::kRestored);
  }
}

TEST_P(StoreSuite, ABatchIsAnsweredInItsOwnOrder) {
  put(make_item("c", 5, "five"), "op1", 1);
  put(make_item("a", 1, "one"), "op1", 1);
  const std::vector<IngestedDocument> items = {make_item("d", 1, "new"), make_item("c", 4, "four"),
                                               make_item("b", 1, "new"), make_item("a", 1, "one"),
                                               make_tombstone("e", 1)};
  std::vector<Write> writes;
  for (const auto& item : items) writes.push_back(make_write(item, "op2", 2));
  EXPECT_EQ(store().put(writes, {}).value(),
            (std::vector{Kept::kWritten, Kept::kStale, Kept::kWritten, Kept::kUnchanged,
                         Kept::kWritten}));
  const std::vector<std::string> ids = {"b", "nobody", "c", "e"};
  const auto stamps = store().look(ids, {}).value();
  ASSERT_EQ(stamps.size(), 4u);
  EXPECT_EQ(stamps[0].tag, (WriteTag{"op2", 2}));
  EXPECT_FALSE(stamps[1].present);
  EXPECT_EQ(stamps[2].version, 5);
  EXPECT_EQ(stamps[2].hash, make_write(make_item("c", 5, "five"), "", 1).hash);
  EXPECT_TRUE(stamps[3].deleted);
}

TEST_P(StoreSuite, ABatchIsUndoneInItsOwnOrderAndTwiceChangesNothing) {
  put(make_item("old", 1, "one"), "op1", 1);
  put(make_item("other", 1, "one"), "op1", 1);
  const auto two = make_item("old", 2, "two"), fresh = make_item("fresh", 1, "one");
  const std::vector<Write> writes = {make_write(two, "op2", 2), make_write(fresh, "op2", 2)};
  ASSERT_TRUE(store().put(writes, {}).has_value());
  const std::vector<WriteRef> refs = {
      {"other", "op2"}, {"old", "op2"}, {"nobody", "op2"}, {"fresh", "op2"}, {"old", "op2"}};
  const std::vector expected = {Undone::kNotOurs, Undone::kRestored, Undone::kNotOurs,
                                Undone::kRestored, Undone::kNotOurs};
  EXPECT_EQ(store().undo(refs, {}).value(), expected);
  EXPECT_TRUE(shows("old", "one"));
  EXPECT_TRUE(shows("other", "one"));
  EXPECT_FALSE(look("fresh").present);
  EXPECT_EQ(store().undo(refs, {}).value(), std::vector(5, Undone::kNotOurs));
  EXPECT_TRUE(shows("old", "one"));
}

TEST_P(StoreSuite, AStateBeforeIsOneStepDeep) {
  put(make_item("a", 1, "one"), "op1", 1);
  put(make_item("a", 2, "two"), "op2", 2);
  put(make_item("a", 3, "three"), "op3", 3);
  EXPECT_EQ(undo("a", "op3"), Undone::kRestored);
  EXPECT_TRUE(shows("a", "two"));
  EXPECT_EQ(undo("a", "op2"), Undone::kFinal);
  EXPECT_TRUE(shows("a", "two"));
}

TEST_P(StoreSuite, AWriteWithoutAnOperationHasNoWayBack) {
  put(make_item("a", 1, "one"), "op1", 1);
  put(make_item("a", 2, "two"), "", 2);
  EXPECT_EQ(undo("a", "op1"), Undone::kNotOurs);
  EXPECT_TRUE(shows("a", "two"));
}

TEST_P(StoreSuite, TenThousandDocumentsGoInBatches) {
  std::vector<IngestedDocument> items;
  for (int i = 0; i < 10'000; ++i) {
    items.push_back(make_item("doc:" + std::to_string(i), 1, "m" + std::to_string(i)));
  }
  for (std::size_t at = 0; at < items.size(); at += 100) {
    std::vector<Write> writes;
    for (std::size_t i = at; i < at + 100; ++i) writes.push_back(make_write(items[i], "op", 1));
    const auto kept = store().put(writes, {}).value();
    EXPECT_EQ(std::ranges::count(kept, Kept::kWritten), 100);
  }
  EXPECT_TRUE(shows("doc:0", "m0"));
  EXPECT_TRUE(shows("doc:9999", "m9999"));
}

TEST_P(StoreSuite, ListsWhatIsThereInPagesInTheOrderOfBytes) {
  const Store& store = this->store();
  EXPECT_TRUE(store.list("", 10, {}).value().empty());
  // 'Z' < 'a' < 'ä' by bytes, whatever a locale says; and U+FB00 < U+1F600, unlike in UTF-16.
  const std::string long_id(200, 'b');
  for (const std::string& id :
       std::vector<std::string>{"a:2", "ä:1", "Z:1", "\U0001F600:1", "a:1", long_id + "2",
                                "\uFB00:1", "a:10", long_id + "1"}) {
    put(make_item(id, 3, "one"), "op", 1);
  }
  put(make_tombstone("a:2", 4), "op2", 2);
  put(make_purge("Z:1", 9), "op3", 3);
  EXPECT_EQ(undo("a:10", "op"), Undone::kRestored);  // to nothing
  EXPECT_EQ(undo("never", "op"), Undone::kNotOurs);  // barred, and never written
  const auto all = store.list("", 10, {}).value();
  EXPECT_EQ(all, (std::vector<Listed>{{"Z:1", 9, true, true},
                                      {"a:1", 3, false, false},
                                      {"a:2", 4, true, false},
                                      {long_id + "1", 3, false, false},
                                      {long_id + "2", 3, false, false},
                                      {"ä:1", 3, false, false},
                                      {"\uFB00:1", 3, false, false},
                                      {"\U0001F600:1", 3, false, false}}));
  std::vector<Listed> paged;
  for (std::string after;; after = paged.back().document_id) {
    const auto page = store.list(after, 3, {}).value();
    paged.insert(paged.end(), page.begin(), page.end());
    if (page.size() < 3) break;
  }
  EXPECT_EQ(paged, all);
  EXPECT_TRUE(store.list("\U0001F600:1", 2, {}).value().empty());
}

TEST_P(StoreSuite, TwoThreadsOnOneDocumentEndWithTheNewerVersion) {
  const auto work = [&](std::int64_t first) {
    for (std::int64_t version = first; version <= 100; version += 2) {
      const auto item = make_item("a", version, "v" + std::to_string(version));
      const Write write = make_write(item, "op" + std::to_string(version), 1);
      ASSERT_TRUE(store().put({&write, 1}, {}).has_value());
    }
  };
  std::jthread other([&] { work(1); });
  work(2);
  other.join();
  EXPECT_EQ(look("a").version, 100);
  EXPECT_TRUE(shows("a", "v100"));
}

TEST_P(OutageSuite, AfterItsServerWasKilledTheStoreAnswersAgain) {
  put(make_item("a", 1, "one"), "op1", 1);
  backend_->crash();
  EXPECT_TRUE(shows("a", "one"));
  backend_->crash();
  EXPECT_EQ(put(make_item("a", 2, "two"), "op2", 2), Kept::kWritten);
  backend_->crash();
  EXPECT_EQ(undo("a", "op2"), Undone::kRestored);
  EXPECT_TRUE(shows("a", "one"));
}

TEST_P(OutageSuite, ADeadlineEndsTheWaitForAnAnswer) {
  put(make_item("a", 1, "one"), "op1", 1);
  const auto item = make_item("a", 2, "two");
  const Write write = make_write(item, "op2", 2);
  {
    const auto hanging = backend_->hang();
    CallOptions options;
    const auto begin = std::chrono::steady_clock::now();
    options.deadline = begin + std::chrono::milliseconds(200);
    const auto late = store().put({&write, 1}, options);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);
  }
  // What became of it is unknown, and the same write settles the matter.
  ASSERT_TRUE(store().put({&write, 1}, {}).has_value());
  EXPECT_TRUE(shows("a", "two"));
  EXPECT_EQ(look("a").tag.operation, "op2");
}

}  // namespace gantry::stores::conformance
