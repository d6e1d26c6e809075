#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/plugins/in_process_source.hpp"
#include "tests/unit/plugins/fixture.hpp"

// Polls, streams and files over the C ABI.
namespace gantry::plugins {
namespace {

using test::Host;
using test::request;
using test::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Keeps what a call hands over, as "item:7" per record and "@cursor" per checkpoint.
struct Basket {
  std::vector<std::string> seen;
  std::vector<Rejected> rejected;
  std::size_t largest = 0;
  std::size_t records = 0;
  std::size_t fail_at_group = SIZE_MAX;
  std::size_t groups = 0;

  TakeGroup take() {
    return [this](Group&& group) -> Result<void> {
      if (groups++ == fail_at_group) return Error{ErrorKind::kUnavailable, "staging is away"};
      for (const auto& document : group.documents) {
        seen.push_back(document.id.substr(document.id.find(':') + 1));
      }
      records += group.documents.size();
      largest = std::max(largest, group.documents.size());
      std::ranges::move(group.rejected, std::back_inserter(rejected));
      if (group.cursor) seen.push_back('@' + *group.cursor);
      return {};
    };
  }
  std::string cursor() const {
    for (auto at = seen.rbegin(); at != seen.rend(); ++at) {
      if (at->starts_with('@')) return at->substr(1);
    }
    return {};
  }
};

class FlowsTest : public ::testing::Test {
 protected:
  const Source& source(const std::string& config, abi::Quota quota = {}) {
    SourceRequest wanted = request("vendor", dir_.install("flows"), config);
    wanted.quota = quota;
    outcome_ = loader_.load_all({wanted});
    EXPECT_TRUE(outcome_.refusals.empty()) << outcome_.refusals[0].message;
    return *outcome_.registry->find("vendor");
  }
  static CallBudget budget(std::uint64_t records) { return {records, UINT64_MAX}; }

  TempDir dir_;
  Host host_;
  Loader loader_{host_.ports()};
  LoadOutcome outcome_;
  Basket basket_;
};

// --- Polls -----------------------------------------------------------------------------------

TEST_F(FlowsTest, APollHandsOverWholeGroupsEachUnderItsCursor) {
  const auto polled = source(R"({"total":5,"page":2})").poll("", budget(100), basket_.take(), {});
  ASSERT_TRUE(polled) << polled.error().message();
  EXPECT_FALSE(polled->more);
  EXPECT_THAT(basket_.seen,
              ElementsAre("item:1", "item:2", "@2", "item:3", "item:4", "@4", "item:5", "@5"));
}

TEST_F(FlowsTest, TheBudgetStopsAPollAtACheckpointAndNeverInsideAGroup) {
  const auto polled = source(R"({"total":9,"page":3})").poll("", budget(4), basket_.take(), {});
  ASSERT_TRUE(polled);
  EXPECT_TRUE(polled->more);
  EXPECT_EQ(basket_.records, 6U);
  EXPECT_EQ(basket_.cursor(), "6");
}

TEST_F(FlowsTest, TheByteBudgetStopsAPollToo) {
  const auto polled =
      source(R"({"total":90,"page":3})").poll("", CallBudget{UINT64_MAX, 100}, basket_.take(), {});
  ASSERT_TRUE(polled);
  EXPECT_TRUE(polled->more);
  EXPECT_EQ(basket_.records, 3U);  // one record is more than 30 bytes
}

TEST_F(FlowsTest, AChainOfInterruptedPollsGivesWhatOneRunGives) {
  const Source& all = source(R"({"total":40,"page":4})");
  ASSERT_TRUE(all.poll("", budget(1'000), basket_.take(), {}));
  Basket chain;
  bool more = true;
  while (more) {
    const auto polled = all.poll(chain.cursor(), budget(5), chain.take(), {});
    ASSERT_TRUE(polled);
    more = polled->more;
  }
  EXPECT_EQ(chain.seen, basket_.seen);
}

TEST_F(FlowsTest, APollThatFailsAfterACheckpointHasHandedOverTheGroupsBeforeIt) {
  const auto polled = source(R"({"total":9,"page":2,"fail_after":5,"fail":"TRANSIENT"})")
                          .poll("", budget(100), basket_.take(), {});
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().category, "TRANSIENT");
  EXPECT_EQ(basket_.cursor(), "4");
  EXPECT_EQ(basket_.records, 4U);  // the fifth has no cursor: it comes again
}

TEST_F(FlowsTest, RecordsWithoutACheckpointAreHandedOverWhereThePollEndsWell) {
  const auto polled =
      source(R"({"total":3,"no_checkpoint":1})").poll("", budget(100), basket_.take(), {});
  ASSERT_TRUE(polled);
  EXPECT_THAT(basket_.seen, ElementsAre("item:1", "item:2", "item:3"));
}

TEST_F(FlowsTest, AGroupWithoutEndFailsWithTheRemedy) {
  const auto polled = source("{}", {.records_max = 50, .bytes_max = 1U << 20U})
                          .poll("flood", budget(10), basket_.take(), {});
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().category, "DATA");
  EXPECT_THAT(polled.error().what, HasSubstr("without a checkpoint; raise the source's quota"));
  EXPECT_EQ(basket_.records, 0U);
}

TEST_F(FlowsTest, WhatFollowsAStopIsIgnoredAndLogged) {
  const auto polled = source("{}").poll("deaf", budget(1), basket_.take(), {});
  ASSERT_TRUE(polled);
  EXPECT_TRUE(polled->more);
  EXPECT_THAT(basket_.seen, ElementsAre("item:1", "@1"));
  EXPECT_THAT(host_.log.text(), HasSubstr("went on after STOP, 196 calls"));
}

TEST_F(FlowsTest, ACursorOver64KiBIsRefusedAndCoversNothing) {
  const auto polled = source("{}").poll("long-cursor", budget(10), basket_.take(), {});
  ASSERT_FALSE(polled);
  EXPECT_TRUE(basket_.seen.empty());
}

TEST_F(FlowsTest, ARejectedPartAndARecordThatBreaksARuleLeaveTheRestAlone) {
  const auto polled = source("{}").poll("wrong", budget(10), basket_.take(), {});
  ASSERT_TRUE(polled);
  EXPECT_THAT(basket_.seen, ElementsAre("item:2", "@2"));
  ASSERT_EQ(basket_.rejected.size(), 2U);
  EXPECT_EQ(basket_.rejected[0].raw, "poison");
  EXPECT_EQ(basket_.rejected[0].reason.what, "not a record");
  EXPECT_THAT(basket_.rejected[1].reason.what, HasSubstr("record 2: kind is not"));
}

TEST_F(FlowsTest, ACursorThatIsNotUnderstoodSaysSoInItsCode) {
  const auto polled = source("{}").poll("strange", budget(10), basket_.take(), {});
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().category, "DATA");
  EXPECT_EQ(polled.error().code, "CURSOR");
}

TEST_F(FlowsTest, AnUnknownStatusOfAPollIsABug) {
  const auto polled = source("{}").poll("unknown-status", budget(10), basket_.take(), {});
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().category, "BUG");
}

TEST_F(FlowsTest, AGroupThatCannotBeKeptEndsThePollWithThatError) {
  basket_.fail_at_group = 1;
  const auto polled = source(R"({"total":9,"page":2})").poll("", budget(100), basket_.take(), {});
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().what, "staging is away");
  EXPECT_TRUE(polled.error().category.empty());
  EXPECT_EQ(basket_.cursor(), "2");
}

TEST_F(FlowsTest, ASourceWithoutACapabilityAnswersUnsupported) {
  outcome_ = loader_.load_all({request("good", dir_.install("good"))});
  ASSERT_TRUE(outcome_.refusals.empty());
  const Source& webhook_only = *outcome_.registry->find("good");
  EXPECT_EQ(webhook_only.poll("", {}, basket_.take(), {}).error().category, "UNSUPPORTED");
  EXPECT_EQ(webhook_only.open_feed("", {}).error().category, "UNSUPPORTED");
  EXPECT_EQ(webhook_only.probe({"a", "", {}, {}}, "x").error().category, "UNSUPPORTED");
  EXPECT_EQ(webhook_only.open_file({"a", "", {}, {}}, "", {}, basket_.take(), {}).error().category,
            "UNSUPPORTED");
}

// --- Streams ---------------------------------------------------------------------------------

TEST_F(FlowsTest, AFeedGoesOnWhereTheLastCallEnded) {
  auto feed = source(R"({"total":5,"page":10})").open_feed("1", {});
  ASSERT_TRUE(feed) << feed.error().message();
  ASSERT_TRUE((*feed)->next(budget(2), {}, basket_.take(), {}));
  ASSERT_TRUE((*feed)->next(budget(2), {}, basket_.take(), {}));
  EXPECT_THAT(basket_.seen, ElementsAre("item:2", "item:3", "@3", "item:4", "item:5", "@5"));
  ASSERT_TRUE((*feed)->ack("5", {}));
  ASSERT_TRUE((*feed)->nack("5", Error{ErrorKind::kUnavailable, "no room"}, {}));
  feed->reset();
  EXPECT_THAT(host_.log.text(), HasSubstr("feed_acked value=5"));
  EXPECT_THAT(host_.log.text(), HasSubstr("feed_nacked value=no room"));
  EXPECT_THAT(host_.log.text(), HasSubstr("feed_closed"));
}

TEST_F(FlowsTest, TheEndOfAStreamIsNoFailure) {
  auto feed = source(R"({"total":0,"fail":"END"})").open_feed("", {}).value();
  const auto brought = feed->next(budget(2), {}, basket_.take(), {});
  ASSERT_TRUE(brought) << brought.error().message();
  EXPECT_TRUE(brought->ended);
}

TEST_F(FlowsTest, ALostConnectionIsNamed) {
  auto feed = source(R"({"total":0,"fail":"NOT_CONNECTED"})").open_feed("", {}).value();
  const auto brought = feed->next(budget(2), {}, basket_.take(), {});
  ASSERT_FALSE(brought);
  EXPECT_EQ(brought.error().category, "NOT_CONNECTED");
  EXPECT_TRUE(brought.error().retryable());
}

TEST_F(FlowsTest, AFeedThatIsNotOneIsABug) {
  const auto feed = source("{}").open_feed("nothing", {});
  ASSERT_FALSE(feed);
  EXPECT_EQ(feed.error().category, "BUG");
}

TEST_F(FlowsTest, AFeedThatGivesMoreThanAskedForIsLoggedAndLosesNothing) {
  auto feed = source(R"({"total":7,"greedy":1})").open_feed("", {}).value();
  ASSERT_TRUE(feed->next(budget(3), {}, basket_.take(), {}));
  EXPECT_EQ(basket_.records, 7U);
  EXPECT_THAT(host_.log.text(), HasSubstr("7 records where at most 3 were asked for"));
}

// --- Files -----------------------------------------------------------------------------------

std::string lines(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += "line " + std::to_string(i) + '\n';
  return text;
}

/// Feeds all of `content` in chunks of `size`, and finishes; gives the outbox.
struct FileRun {
  std::vector<std::string> outbox;
  PluginResult<void> result;
  bool stopped = false;

  FileRun(const Source& source, const std::string& content, const std::string& cursor,
          std::size_t size, const CallBudget& budget, Basket& basket) {
    const FileInfo info{"a.txt", "00", content.size(), Instant{}};
    auto file = source.open_file(info, cursor, budget, basket.take(), {});
    if (!file) {
      result = file.error();
      return;
    }
    for (std::size_t at = (*file)->offset(); at < content.size(); at += size) {
      const auto brought = (*file)->feed(std::string_view(content).substr(at, size), {});
      if (!brought) {
        result = brought.error();
        return;
      }
      if (brought->more) {
        stopped = true;
        return;
      }
    }
    result = (*file)->finish(
        [this](std::string_view name, std::string_view bytes) -> Result<void> {
          outbox.push_back(std::string(name) + '=' + std::string(bytes));
          return {};
        },
        {});
  }
};

TEST_F(FlowsTest, ChunksOfAnySizeGiveTheSameRecords) {
  const Source& reader = source(R"({"page":3})");
  const std::string content = lines(8) + "last";
  FileRun(reader, content, "", content.size(), {}, basket_);
  EXPECT_EQ(basket_.records, 9U);
  for (const std::size_t size : {1U, 2U, 7U}) {
    Basket other;
    const FileRun run(reader, content, "", size, {}, other);
    ASSERT_TRUE(run.result) << run.result.error().message();
    EXPECT_EQ(other.seen, basket_.seen) << size;
    EXPECT_THAT(run.outbox, ElementsAre("report.txt=9 lines"));
  }
}

TEST_F(FlowsTest, AFileIsTakenUpAgainAtItsCursor) {
  const Source& reader = source(R"({"page":3})");
  const std::string content = lines(8);
  const FileRun first(reader, content, "", 5, {4, UINT64_MAX}, basket_);
  EXPECT_TRUE(first.stopped);
  EXPECT_EQ(basket_.records, 6U);
  const FileRun second(reader, content, basket_.cursor(), 5, {}, basket_);
  ASSERT_TRUE(second.result);
  EXPECT_EQ(basket_.records, 8U);
  EXPECT_EQ(basket_.seen.back(), "line:8");
  EXPECT_THAT(second.outbox, ElementsAre("report.txt=8 lines"));
}

TEST_F(FlowsTest, AFileWithoutCheckpointsIsHandedOverInPieces) {
  const Source& reader = source(R"({"no_checkpoint":1})");
  const FileRun run(reader, lines(2'000), "", 4096, {100, UINT64_MAX}, basket_);
  ASSERT_TRUE(run.result) << run.result.error().message();
  EXPECT_EQ(basket_.records, 2'000U);
  EXPECT_LE(basket_.largest, 250U);
}

TEST_F(FlowsTest, AFileThatIsWrongKeepsWhatWasRightInIt) {
  const Source& reader = source("{}");
  const FileRun run(reader, "one\npoison\ntwo\nbroken", "", 100, {}, basket_);
  ASSERT_FALSE(run.result);
  EXPECT_EQ(run.result.error().category, "DATA");
  EXPECT_THAT(basket_.seen, ElementsAre("line:1", "line:3"));
  EXPECT_EQ(basket_.rejected.size(), 1U);
  EXPECT_TRUE(run.outbox.empty());
}

TEST_F(FlowsTest, ALineThatIsWrongInTheMiddleKeepsWhatCameBeforeIt) {
  const FileRun run(source("{}"), "one\nbroken\ntwo\n", "", 100, {}, basket_);
  ASSERT_FALSE(run.result);
  EXPECT_THAT(basket_.seen, ElementsAre("line:1"));
}

TEST_F(FlowsTest, AnOffsetBeyondTheFileIsABug) {
  const FileRun run(source("{}"), "one\n", "far", 100, {}, basket_);
  ASSERT_FALSE(run.result);
  EXPECT_EQ(run.result.error().category, "BUG");
}

TEST_F(FlowsTest, AnOutboxNameWithAPathIsRefused) {
  const FileRun run(source(R"({"evil_outbox":1})"), "one\n", "", 100, {}, basket_);
  ASSERT_FALSE(run.result);
  EXPECT_EQ(run.result.error().category, "BUG");
  EXPECT_TRUE(run.outbox.empty());
}

TEST_F(FlowsTest, AProbeOutsideItsScaleIsABug) {
  EXPECT_EQ(source(R"({"score":101})").probe({"a", "", {}, {}}, "x").error().category, "BUG");
  EXPECT_EQ(source("{}").probe({"a", "", {}, {}}, "x").value(), 80);
  EXPECT_EQ(source("{}").probe({"a", "", {}, {}}, "%PDF").value(), 0);
}

TEST_F(FlowsTest, AFileThatCannotBeWrittenFailsTheCallWhateverTheConnectorSays) {
  const Source& reader = source("{}");
  auto file = reader.open_file({"a.txt", "", 4, {}}, "", {}, basket_.take(), {}).value();
  ASSERT_TRUE(file->feed("one\n", {}));
  const auto finished = file->finish(
      [](std::string_view, std::string_view) -> Result<void> {
        return Error{ErrorKind::kUnavailable, "disk is away"};
      },
      {});
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().what, "disk is away");
  EXPECT_TRUE(finished.error().retryable());
}

}  // namespace
}  // namespace gantry::plugins
