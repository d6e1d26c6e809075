#include <gtest/gtest.h>

#include <deque>
#include <thread>

#include "tests/integration/ingestion/flow_rig.hpp"

// Mission section 13: the streaming workflow's claims.
namespace gantry::testing {
namespace {

class StreamIngestionWorkflow : public ::testing::Test {
 protected:
  StreamIngestionWorkflow() {
    input.source = TemporalServer::unique("feed");
    rig.collect = [this](const CollectInput& asked) {
      std::unique_lock lock(mutex);
      collections.push_back(asked);
      if (pages.empty()) {
        RecordPage last;
        last.cursor = asked.cursor;
        last.ended = true;
        return last;
      }
      RecordPage next = std::move(pages.front());
      pages.pop_front();
      return next;
    };
    rig.acked = [this](const AckInput& told) {
      const std::lock_guard lock(mutex);
      acks.push_back(told);
    };
  }
  ~StreamIngestionWorkflow() override {
    if (!handle.id.empty()) (void)rig.client.terminate({handle.id}, "the test is over");
  }

  void begin() {
    rig.start();
    handle =
        rig.client.start(kStreamIngestion, input, rig.options(stream_workflow_id(input.source)))
            .value();
  }
  FlowStats result() {
    const auto outcome = rig.client.result(kStreamIngestion, {handle.id}, kPatience).value();
    EXPECT_TRUE(outcome.value) << (outcome.failure ? outcome.failure->message : "");
    return outcome.value.value_or(FlowStats{});
  }

  FlowRig rig;
  StreamInput input;
  temporal::WorkflowHandle handle;
  std::mutex mutex;
  std::deque<RecordPage> pages;
  std::vector<CollectInput> collections;
  std::vector<AckInput> acks;
};

TEST_F(StreamIngestionWorkflow, CollectsUntilTheStreamEndsAndCountsWhatItStored) {
  pages = {page_of(100, "c1"), page_of(0, "c1"), page_of(30, "c2")};
  begin();
  const auto stats = result();
  EXPECT_EQ(stats.total_processed, 130);
  EXPECT_EQ(stats.cursor, "c2");
  EXPECT_EQ(stats.state, FlowState::kFinished);
  EXPECT_EQ(rig.tries("write_to_databases"), 2);  // a batch for each page: the default of streams
  EXPECT_EQ(collections.front().budget.records_max, 100U);
  EXPECT_EQ(collections.front().wait, 30s);
}

TEST_F(StreamIngestionWorkflow, TellsTheVendorOnlyAfterTheRecordsAreStored) {
  pages = {page_of(2, "c1"), page_of(2, "c2")};
  std::atomic<int> written{0};
  rig.on("write_to_databases", [&](Context&) { ++written; });
  rig.on("collect_stream_batch", [&](Context&) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(written, static_cast<int>(collections.size()));
  });
  begin();
  result();
  ASSERT_EQ(collections.size(), 3U);
  EXPECT_EQ(collections[0].ack, "");
  EXPECT_EQ(collections[1].ack, "c1");
  EXPECT_EQ(collections[2].ack, "c2");
  ASSERT_EQ(acks.size(), 1U);  // the feed is let go at the end; nothing is left to say
  EXPECT_EQ(acks[0].cursor, "");
  EXPECT_TRUE(acks[0].close);
}

TEST_F(StreamIngestionWorkflow, ALostConnectionIsOpenedAgainAtTheCursor) {
  pages = {page_of(1, "c1"), page_of(0, "c1"), page_of(1, "c2")};
  pages[1].interruption = {"NOT_CONNECTED", "", "reset by peer", 0ms};
  begin();
  const auto stats = result();
  EXPECT_EQ(stats.total_processed, 2);
  EXPECT_EQ(stats.failed, 1);
  EXPECT_EQ(collections[2].cursor, "c1");
}

TEST_F(StreamIngestionWorkflow, ARecordThatCannotBeReadDoesNotHoldUpTheStream) {
  input.settings.fanout = Fanout::kRecord;
  pages = {page_of(3, "c1")};
  pages.front().dead_letters = 2;
  const auto& bad = pages.front().records[0];
  const std::string poison = document_workflow_id(bad.document_id, bad.version);
  rig.on("parse_document", [poison](Context& context) {
    if (context.info().workflow_id == poison) {
      throw ApplicationFailure(std::string(kValidationError), "no words", true);
    }
  });
  begin();
  const auto stats = result();
  EXPECT_EQ(stats.total_processed, 2);
  EXPECT_EQ(stats.dead_letters, 3);
}

TEST_F(StreamIngestionWorkflow, APauseTellsTheVendorLetsTheFeedGoAndAResumeGoesOn) {
  std::atomic<bool> open{false};
  pages = {page_of(1, "c1")};
  const auto collect = rig.collect;
  rig.collect = [&, collect](const CollectInput& asked) {
    if (asked.cursor == "c1" && !open) {
      RecordPage idle;
      idle.cursor = asked.cursor;
      return idle;
    }
    return collect(asked);
  };
  begin();
  rig.until(handle, [](const auto& s) { return s.cursor == "c1"; });
  rig.tell(handle, kPause);
  rig.until(handle, [](const auto& s) { return s.state == FlowState::kPaused; });
  while (true) {
    const std::lock_guard lock(mutex);
    if (!acks.empty()) break;
  }
  EXPECT_TRUE(acks[0].close);
  open = true;
  rig.tell(handle, kResume);
  EXPECT_EQ(result().total_processed, 1);
}

TEST_F(StreamIngestionWorkflow, After100CollectionsTheNextRunGoesOnWithCursorAndAck) {
  for (int i = 1; i <= 101; ++i)
    pages.push_back(page_of(i == 100 ? 1 : 0, "c" + std::to_string(i)));
  begin();
  const auto stats = result();
  EXPECT_EQ(stats.iteration, 102);
  EXPECT_EQ(stats.total_processed, 1);
  EXPECT_EQ(collections[100].cursor, "c100");
  EXPECT_EQ(collections[100].ack, "c100");
  EXPECT_NE(rig.client.describe({handle.id}).value().run_id, handle.run_id);
}

TEST_F(StreamIngestionWorkflow, RefusedCredentialsHoldItUntilSomebodyResumesIt) {
  rig.on("collect_stream_batch", [](Context&) { throw plugin_failure("AUTH", "token refused"); });
  begin();
  rig.until(handle, [](const auto& s) { return s.state == FlowState::kReauth; });
  rig.on("collect_stream_batch", {});
  rig.tell(handle, kResume);
  EXPECT_EQ(result().failed, 1);
}

TEST_F(StreamIngestionWorkflow, ToldToStopItSaysWhereItStands) {
  rig.collect = [](const CollectInput& asked) {
    RecordPage idle;
    idle.cursor = "c" + std::to_string(asked.cursor.size());
    return idle;
  };
  begin();
  rig.until(handle, [](const auto& s) { return !s.cursor.empty(); });
  rig.tell(handle, kStop);
  const auto stats = result();
  EXPECT_EQ(stats.state, FlowState::kFinished);
  EXPECT_FALSE(stats.cursor.empty());
}

}  // namespace
}  // namespace gantry::testing
