#include "host/stores/reconcile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/stores/saga_rig.hpp"

namespace gantry::stores {
namespace {

using conformance::make_item;
using conformance::make_tombstone;
using testing::ElementsAre;

/// Three stores that are written one by one, so that they can differ.
struct Stores {
  Stores() : opened(embedded::EmbeddedStores::open({dir.path() / "stores.db"}, clock).value()) {}

  void put(Store& store, const IngestedDocument& item) {
    const Write write = conformance::make_write(item, "", ++fence);
    ASSERT_TRUE(store.put({&write, 1}, {}));
  }
  void put_all(const IngestedDocument& item) {
    for (Store* store : all) put(*store, item);
  }

  TempDir dir;
  conformance::FakeClock clock;
  std::unique_ptr<embedded::EmbeddedStores> opened;
  std::vector<Store*> all{&opened->documents(), &opened->vectors(), &opened->graph()};
  std::int64_t fence = 0;
};

TEST(Compare, StoresThatHoldTheSameAgreeWhateverThePage) {
  Stores stores;
  for (const char* id : {"a", "b", "c", "d", "e"}) stores.put_all(make_item(id, 1, "one"));
  stores.put_all(make_tombstone("c", 2));
  for (const std::size_t page : {1u, 2u, 5u, 100u}) {
    const auto found = compare(stores.all, {}, page);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->documents, 5u);
    EXPECT_TRUE(found->disagreements.empty());
  }
}

TEST(Compare, NamesWhatEachStoreHoldsOfADocumentTheyDifferAbout) {
  Stores stores;
  for (const char* id : {"a", "m", "z"}) stores.put_all(make_item(id, 1, "one"));
  stores.put(stores.opened->graph(), make_item("z", 2, "two"));
  stores.put(stores.opened->vectors(), make_tombstone("m", 1));
  stores.put(stores.opened->documents(), make_item("b", 4, "one"));
  for (const std::size_t page : {1u, 2u, 100u}) {
    const auto found = compare(stores.all, {}, page);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->documents, 4u);
    EXPECT_THAT(
        found->disagreements,
        ElementsAre(
            Disagreement{"b", "document_missing",
                         "documents/embedded v4, vectors/embedded none, graph/embedded none"},
            Disagreement{"m", "document_differs",
                         "documents/embedded v1, vectors/embedded v1 deleted, graph/embedded v1"},
            Disagreement{"z", "document_differs",
                         "documents/embedded v1, vectors/embedded v1, graph/embedded v2"}));
  }
}

TEST(Compare, OnlyWhatStillDiffersAtTheSecondLookIsLeft) {
  Stores stores;
  stores.put(stores.opened->documents(), make_item("late", 1, "one"));
  stores.put(stores.opened->documents(), make_item("lost", 1, "one"));
  const auto found = compare(stores.all);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->disagreements.size(), 2u);
  stores.put(stores.opened->vectors(), make_item("late", 1, "one"));
  stores.put(stores.opened->graph(), make_item("late", 1, "one"));
  const auto still = still_disagree(stores.all, found->disagreements);
  ASSERT_TRUE(still) << still.error().message();
  ASSERT_EQ(still->size(), 1u);
  EXPECT_EQ(still->front().document_id, "lost");
  EXPECT_EQ(still->front().kind, "document_missing");
}

TEST(Compare, AStoreThatIsAwayIsAnErrorAndNoDifference) {
  Stores stores;
  stores.put_all(make_item("a", 1, "one"));
  saga::FaultyStore graph(stores.opened->graph());
  graph.blind = true;
  stores.all[2] = &graph;
  const auto found = compare(stores.all);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kUnavailable);
}

TEST(Compare, EndsWhereItIsToldTo) {
  Stores stores;
  for (const char* id : {"a", "b", "c", "d"}) stores.put_all(make_item(id, 1, "one"));
  std::size_t told = 0;
  const auto found =
      compare(stores.all, [&](std::size_t documents) { return (told = documents) < 2; }, 1);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(told, 2u);
}

}  // namespace
}  // namespace gantry::stores
