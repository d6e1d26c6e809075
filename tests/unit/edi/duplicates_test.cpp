// What comes twice: files, interchanges, groups, tenders. And what must never be merged.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/edi/edi_host.hpp"

namespace gantry::edi_test {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

TEST(EdiDuplicates, ASecondReadingOfAFileWritesTheSameAnswer) {
  const test::Source source(fresh_plugin(), "{}");
  const std::string bytes = fixture("tender_204.edi");
  const Read first = read_with(source, bytes);
  plugin().world().now_ns += 86'400'000'000'000;  // The next day, after a crash.
  const Read second = read_with(source, bytes);
  EXPECT_EQ(second.outbox, first.outbox);
  EXPECT_EQ(second.records.at(0).key, first.records.at(0).key);
  EXPECT_EQ(second.records.at(0).version, first.records.at(0).version);
  EXPECT_EQ(second.records.at(0).metadata, first.records.at(0).metadata);
  EXPECT_EQ(plugin().world().kv["control"].first, "1");
}

TEST(EdiDuplicates, ANumberLostInACrashIsNotGivenAgain) {
  const test::Source source(fresh_plugin(), "{}");
  plugin().world().kv["control"] = {"41", 41};
  const Read result = read_with(source, fixture("tender_204.edi"));
  EXPECT_TRUE(has_segment(result.answer(), "IEA*1*000000042"));
}

TEST(EdiDuplicates, TheSameInterchangeInAnotherFileIsADuplicate) {
  const test::Source source(fresh_plugin(), "{}");
  const std::string bytes = fixture("tender_204.edi");
  const Read first = read_with(source, bytes);
  const Read again = read_with(source, bytes + "\n");
  EXPECT_EQ(again.status, GANTRY_OK);
  // The same document, so the stores see nothing new; TA1 025 and no second 997.
  ASSERT_EQ(again.records.size(), 1u);
  EXPECT_EQ(again.records[0].key, first.records[0].key);
  EXPECT_EQ(again.records[0].version, first.records[0].version);
  EXPECT_TRUE(has_segment(again.answer(), "TA1*000000417*260114*0915*R*025"));
  EXPECT_THAT(again.answer(), testing::Not(testing::HasSubstr("AK1*")));
  // And the duplicate's own answer stays the same when its file is read again.
  EXPECT_EQ(read_with(source, bytes + "\n").outbox, again.outbox);
}

TEST(EdiDuplicates, TheSameInterchangeTwiceInOneFileIsAnsweredOnce) {
  const std::string bytes = fixture("tender_204.edi");
  const Read result = read(bytes + bytes);
  ASSERT_EQ(result.outbox.size(), 2u);
  int acknowledged = 0;
  int duplicates = 0;
  for (const auto& [name, content] : result.outbox) {
    acknowledged += content.find("AK1*SM*417") != std::string::npos ? 1 : 0;
    duplicates += has_segment(content, "TA1*000000417*260114*0915*R*025") ? 1 : 0;
  }
  EXPECT_EQ(acknowledged, 1);
  EXPECT_EQ(duplicates, 1);
}

TEST(EdiDuplicates, TheSameNumbersWithOtherContentAreTakenWithAWarning) {
  const test::Source source(fresh_plugin(), "{}");
  const Read first = read_with(source, fixture("tender_204.edi"));
  const Read other = read_with(source, replaced(fixture("tender_204.edi"), "NEWARK", "CAMDEN"));
  ASSERT_EQ(other.records.size(), 1u);
  EXPECT_NE(other.records[0].key, first.records[0].key);
  EXPECT_TRUE(has_warning(other.metadata(0), "interchange_number_seen_before"));
  EXPECT_TRUE(has_segment(other.answer(), "AK9*A*1*1*1"));
  EXPECT_TRUE(has_segment(other.answer(), "IEA*1*000000002"));
  EXPECT_THAT(plugin().world().log,
              testing::Contains(testing::StartsWith("edi_interchange_number_reused ")));
}

std::string group_twice(const std::string& version) {
  std::string bytes = replaced(fixture("tender_204.edi"), "004010", version);
  const auto begin = bytes.find("GS*");
  const auto end = bytes.find("IEA*");
  const std::string group = bytes.substr(begin, end - begin);
  bytes.insert(end, group);
  return replaced(bytes, "IEA*1*", "IEA*2*");
}

TEST(EdiDuplicates, ARepeatedGroupIsNotAppliedTwice) {
  const Read result = read(group_twice("004010"));
  EXPECT_EQ(result.records.size(), 1u);
  EXPECT_TRUE(has_segment(result.answer(), "AK9*A*1*1*1"));
  // Code 19 is something else before 004050.
  EXPECT_TRUE(has_segment(result.answer(), "AK9*R*1*1*0"));
  EXPECT_TRUE(has_segment(read(group_twice("004060")).answer(), "AK9*R*1*1*0*19"));
}

TEST(EdiDuplicates, ACancellationTombstonesEveryDocumentOfTheTender) {
  const test::Source source(fresh_plugin(), "{}");
  const Read original = read_with(source, fixture("tender_204.edi"));
  std::string change = replaced(fixture("tender_204.edi"), "000000417", "000000420");
  change = replaced(replaced(change, "B2A*00", "B2A*04"), "0800*LT", "0900*LT");
  const Read changed = read_with(source, change);
  const Read cancelled = read_with(source, fixture("cancel_204.edi"));
  ASSERT_EQ(cancelled.records.size(), 3u);
  EXPECT_EQ(cancelled.records[0].key, original.records.at(0).key);
  EXPECT_EQ(cancelled.records[1].key, changed.records.at(0).key);
  for (const auto& record : cancelled.records) {
    EXPECT_EQ(record.flags, GANTRY_RECORD_TOMBSTONE);
    EXPECT_GT(record.version, original.records.at(0).version);
  }
}

TEST(EdiDuplicates, ATenderOlderThanItsCancellationStaysCancelled) {
  const test::Source source(fresh_plugin(), "{}");
  read_with(source, fixture("cancel_204.edi"));
  const Read late = read_with(source, fixture("tender_204.edi"));
  ASSERT_EQ(late.records.size(), 1u);
  EXPECT_EQ(late.records[0].flags, GANTRY_RECORD_TOMBSTONE);
  // One sent after the cancellation lives.
  const Read again =
      read_with(source, replaced(fixture("tender_204.edi"), "000000417", "000000500"));
  EXPECT_EQ(again.records.at(0).flags, 0u);
}

TEST(EdiDuplicates, AnEmptyShipmentIdMergesNothing) {
  const Read result = read(fixture("drayage_204.edi"));
  ASSERT_EQ(result.records.size(), 2u);
  EXPECT_NE(result.records[0].key, result.records[1].key);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(result.records[i].flags, 0u);
    EXPECT_FALSE(result.metadata(i).contains("business_key"));
  }
  EXPECT_TRUE(has_warning(result.metadata(1), "cancellation_without_key"));
}

TEST(EdiDuplicates, FourInterchangesWithTheSameSetNumberAreFourDocuments) {
  std::string bytes;
  for (const auto* control : {"000000101", "000000102", "000000103", "000000104"}) {
    bytes += replaced(fixture("status_214.edi"), "000000089", control);
  }
  const Read result = read(bytes);
  std::map<std::string, int> keys;
  for (const auto& record : result.records) ++keys[record.key];
  EXPECT_EQ(keys.size(), 4u);
  EXPECT_EQ(result.outbox.size(), 4u);
}

}  // namespace
}  // namespace gantry::edi_test
