#include <gmock/gmock.h>

#include "host/workflows/fan_out.hpp"

namespace gantry::workflows {
namespace {

using testing::ElementsAre;

RecordRef record(int number, const std::string& home) {
  return {"s:k:" + std::to_string(number), 1, "key" + std::to_string(number) + home};
}

std::vector<std::string> ids_of(const Part& part) {
  std::vector<std::string> ids;
  for (const RecordRef& one : part.input.records) ids.push_back(one.document_id);
  return ids;
}

/// A page that a second host went on with: each part is done where its records are.
TEST(Parts, HoldRecordsOfOneHost) {
  FanOut how;
  how.fanout = Fanout::kBatch;
  how.prefix = "page";
  const auto parts =
      parts_of(how, {record(1, "@a"), record(2, "@b"), record(3, "@a"), record(4, "@b")});
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_THAT(ids_of(parts[0]), ElementsAre("s:k:1", "s:k:3"));
  EXPECT_THAT(ids_of(parts[1]), ElementsAre("s:k:2", "s:k:4"));
  EXPECT_EQ(parts[0].id, batch_workflow_id("page", 0));
  EXPECT_EQ(parts[1].id, batch_workflow_id("page", 1));
  how.rollout = 0;
  const auto direct = parts_of(how, {record(1, "@a"), record(2, "@b")});
  ASSERT_EQ(direct.size(), 2u);
  EXPECT_TRUE(direct[0].direct && direct[1].direct);
}

/// A history from before hosts had names must give the same children when it is replayed.
TEST(Parts, OfRecordsWithoutAHostAreAsEver) {
  FanOut how;
  how.fanout = Fanout::kBatch;
  how.prefix = "page";
  std::vector<RecordRef> records;
  for (int i = 0; i < 250; ++i) records.push_back(record(i, ""));
  const auto parts = parts_of(how, records);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[1].input.records.front(), records[kBatchRecordsMax]);
  EXPECT_EQ(parts[2].input.records.size(), 50u);
}

}  // namespace
}  // namespace gantry::workflows
