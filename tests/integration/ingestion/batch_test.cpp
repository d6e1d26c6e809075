#include <gtest/gtest.h>

#include <future>
#include <map>

#include "tests/integration/ingestion/flow_rig.hpp"

// Mission section 13: the batch workflow's claims.
namespace gantry::testing {
namespace {

class BatchProcessingWorkflow : public ::testing::Test {
 protected:
  BatchProcessingWorkflow() {
    input.source = TemporalServer::unique("carrier");
    input.run = "2026-01-16T13:00";
    rig.files = [this](const FetchFilesInput& asked) {
      EXPECT_EQ(asked.run, input.run);
      const std::lock_guard lock(mutex);
      return FetchedFiles{std::exchange(waiting, {})};
    };
    rig.parse = [this](const ParseFileInput& asked) {
      const std::lock_guard lock(mutex);
      asks.push_back(asked);
      return read(asked);
    };
    rig.settled = [this](const SettleFileInput& told) {
      const std::lock_guard lock(mutex);
      reasons[told.file.name] = told.reason;
    };
  }
  ~BatchProcessingWorkflow() override {
    if (!handle.id.empty()) (void)rig.client.terminate({handle.id}, "the test is over");
  }

  BatchSummary run() {
    rig.start();
    handle = rig.client
                 .start(kBatchProcessing, input,
                        rig.options(batch_run_workflow_id(input.source, input.run)))
                 .value();
    const auto outcome = rig.client.result(kBatchProcessing, {handle.id}, kPatience).value();
    EXPECT_TRUE(outcome.value) << (outcome.failure ? outcome.failure->message : "");
    return outcome.value.value_or(BatchSummary{});
  }
  void drop(const std::string& name) { waiting.push_back({name, name, "00", 1, 0}); }

  /// One page of two records, then the end.
  std::function<RecordPage(const ParseFileInput&)> read = [](const ParseFileInput&) {
    RecordPage page = page_of(2, "end");
    page.ended = true;
    return page;
  };

  FlowRig rig;
  BatchInput input;
  temporal::WorkflowHandle handle;
  std::mutex mutex;
  std::vector<BatchFile> waiting;
  std::vector<ParseFileInput> asks;
  std::map<std::string, std::string> reasons;
};

TEST_F(BatchProcessingWorkflow, EveryFileIsReadItsRecordsStoredAndItIsArchived) {
  for (const char* name : {"a.edi", "b.edi", "c.edi"}) drop(name);
  const auto summary = run();
  EXPECT_EQ(summary.files_processed, 3);
  EXPECT_EQ(summary.total_records, 6);
  EXPECT_EQ(summary.failed, 0);
  EXPECT_EQ(reasons,
            (std::map<std::string, std::string>{{"a.edi", ""}, {"b.edi", ""}, {"c.edi", ""}}));
  EXPECT_EQ(rig.tries("write_to_databases"), 3);  // a batch for each page: the default of files
  EXPECT_EQ(rig.client.query(handle, kGetBatchStats).value().state, "finished");
}

TEST_F(BatchProcessingWorkflow, WhereNothingWaitsTheSummaryIsEmpty) {
  const auto summary = run();
  EXPECT_EQ(summary.files_processed, 0);
  EXPECT_EQ(rig.tries("parse_batch_file"), 0);
}

TEST_F(BatchProcessingWorkflow, ALargeFileIsReadPageByPageFromItsCursor) {
  drop("big.edi");
  read = [](const ParseFileInput& asked) {
    const int page = asked.cursor.empty() ? 1 : std::stoi(asked.cursor) + 1;
    RecordPage next = page_of(120, std::to_string(page), page < 4);
    next.ended = page == 4;
    return next;
  };
  const auto summary = run();
  EXPECT_EQ(summary.total_records, 480);
  EXPECT_EQ(rig.tries("parse_batch_file"), 4);
  EXPECT_EQ(rig.tries("write_to_databases"), 8);
}

TEST_F(BatchProcessingWorkflow, AFileThatIsWrongGoesToTheErrorFolderAndTheOthersGoOn) {
  drop("good.edi");
  drop("bad.edi");
  rig.on("parse_batch_file", [](Context&) {});
  read = [](const ParseFileInput& asked) -> RecordPage {
    if (asked.file.name == "bad.edi") throw plugin_failure("DATA", "line 3: no ISA segment");
    RecordPage page = page_of(1, "end");
    page.ended = true;
    return page;
  };
  const auto summary = run();
  EXPECT_EQ(summary.files_processed, 1);
  EXPECT_EQ(summary.failed, 1);
  EXPECT_EQ(reasons["good.edi"], "");
  EXPECT_EQ(reasons["bad.edi"], "line 3: no ISA segment");
}

TEST_F(BatchProcessingWorkflow, WhatAWrongFileGaveBeforeIsStored) {
  drop("half.edi");
  read = [](const ParseFileInput&) {
    RecordPage page = page_of(3, "7");
    page.dead_letters = 1;
    page.interruption = {"DATA", "", "line 9: truncated", 0ms};
    return page;
  };
  const auto summary = run();
  EXPECT_EQ(summary.total_records, 3);
  EXPECT_EQ(summary.dead_letters, 1);
  EXPECT_EQ(summary.failed, 1);
  EXPECT_EQ(reasons["half.edi"], "line 9: truncated");
}

TEST_F(BatchProcessingWorkflow, ARecordThatCannotBeStoredIsADeadLetterAndTheFileIsArchived) {
  drop("a.edi");
  rig.on("parse_document", [](Context&) {
    throw ApplicationFailure(std::string(kValidationError), "no words", true);
  });
  const auto summary = run();
  EXPECT_EQ(summary.files_processed, 1);
  EXPECT_EQ(summary.total_records, 0);
  EXPECT_EQ(summary.dead_letters, 2);
  EXPECT_EQ(reasons["a.edi"], "");
}

TEST_F(BatchProcessingWorkflow, ALongRunContinuesAsNewInTheMiddleOfAFile) {
  drop("big.edi");
  input.settings.fanout = Fanout::kInline;  // cheap pages: some ten events each
  constexpr int kPages = 500;
  read = [](const ParseFileInput& asked) {
    const int page = asked.cursor.empty() ? 1 : std::stoi(asked.cursor) + 1;
    RecordPage next = page_of(1, std::to_string(page), page < kPages);
    next.ended = page == kPages;
    return next;
  };
  const auto summary = run();
  EXPECT_EQ(summary.total_records, kPages);
  EXPECT_EQ(summary.files_processed, 1);
  EXPECT_NE(rig.client.describe({handle.id}).value().run_id, handle.run_id);
  const auto first = rig.client.describe(handle).value();
  EXPECT_LT(first.history_events, 5'000);
}

TEST_F(BatchProcessingWorkflow, WithAChildForEachRecordAPageIsSmallEnoughForOneHistory) {
  drop("a.edi");
  input.settings.fanout = Fanout::kRecord;
  input.settings.budget.records_max = 100'000;
  run();
  EXPECT_EQ(asks.at(0).budget.records_max, 125U);
  EXPECT_EQ(rig.tries("write_to_databases"), 2);
}

TEST_F(BatchProcessingWorkflow, APatientRunLooksAgainWhenAFileMayBeComplete) {
  input.patient = true;
  int looks = 0;
  rig.files = [&](const FetchFilesInput&) {
    const std::lock_guard lock(mutex);
    switch (++looks) {
      case 1:
        return FetchedFiles{{}, 200ms};
      case 2:
        return FetchedFiles{{{"a.edi", "a.edi", "00", 1, 0}}};
      default:
        return FetchedFiles{};
    }
  };
  EXPECT_EQ(run().files_processed, 1);
  EXPECT_EQ(looks, 3);
}

TEST_F(BatchProcessingWorkflow, ARunThatAFileCalledLeavesWhatIsNotCompleteToTheNext) {
  rig.files = [](const FetchFilesInput&) { return FetchedFiles{{}, 200ms}; };
  EXPECT_EQ(run().files_processed, 0);
  EXPECT_EQ(rig.tries("fetch_batch_files"), 1);
}

TEST_F(BatchProcessingWorkflow, ASchedulesRunIsTheFoldersRunAndEndsAsItDoes) {
  drop("a.edi");
  rig.start();
  handle = rig.client
               .start(kScheduledBatch, input,
                      rig.options(batch_run_workflow_id(input.source, kScheduleRun) + "-2026"))
               .value();
  const auto outcome = rig.client.result(kScheduledBatch, handle, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(outcome.value->files_processed, 1);
  const auto folder = rig.client.describe({batch_run_workflow_id(input.source, input.run)}).value();
  EXPECT_EQ(folder.type, kBatchProcessing.name);
  EXPECT_EQ(folder.parent_id, handle.id);
  EXPECT_TRUE(folder.search_attributes.contains(kAttributeSource));
}

TEST_F(BatchProcessingWorkflow, ASchedulesRunDoesNothingWhileTheFoldersRunIsOpen) {
  std::promise<void> begun;
  std::promise<void> leave;
  rig.files = [&, gone = leave.get_future().share()](const FetchFilesInput&) {
    begun.set_value();
    gone.wait();
    return FetchedFiles{};
  };
  rig.start();
  handle = rig.client
               .start(kBatchProcessing, input,
                      rig.options(batch_run_workflow_id(input.source, input.run)))
               .value();
  begun.get_future().wait();
  const auto second = rig.client
                          .start(kScheduledBatch, input,
                                 rig.options(batch_run_workflow_id(input.source, kScheduleRun)))
                          .value();
  const auto outcome = rig.client.result(kScheduledBatch, second, kPatience).value();
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(outcome.value->files_processed, 0);
  EXPECT_EQ(rig.tries("fetch_batch_files"), 1);
  leave.set_value();
  EXPECT_TRUE(rig.client.result(kBatchProcessing, handle, kPatience).value().value);
}

}  // namespace
}  // namespace gantry::testing
