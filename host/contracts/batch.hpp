#pragma once

#include <optional>

#include "host/base/clock.hpp"
#include "host/contracts/flow.hpp"

namespace gantry {

/// Batch files: `fetch_batch_files` claims, `parse_batch_file` reads page by page, each page's
/// records go to children, and the file to the archive or, with a reason, to the error folder.

/// A file that this run has claimed: nobody else reads it until it is settled.
struct BatchFile {
  std::string id;      ///< The file room's own name of the claim, stable over restarts.
  std::string name;    ///< As its sender named it, without a directory.
  std::string sha256;  ///< Lower-case hex of the content that the connector reads.
  std::uint64_t size = 0;
  std::int64_t modified_at_ns = 0;  ///< UNIX time.

  bool operator==(const BatchFile&) const = default;
};

/// How far a file is read.
struct FileProgress {
  BatchFile file;
  std::string cursor;
  std::int64_t records = 0;
  std::int64_t dead_letters = 0;
};

/// Answer of the batch workflow's `get_stats`. state: running, finished.
struct BatchStats {
  std::string source;
  std::string run;
  std::string state = "running";
  std::int64_t files_processed = 0;  ///< Archived.
  std::int64_t total_records = 0;    ///< Records that are in the stores.
  std::int64_t failed = 0;           ///< Files that went to the error folder.
  std::int64_t dead_letters = 0;
  std::string last_error;
};

struct BatchSummary {
  std::int64_t files_processed = 0;
  std::int64_t total_records = 0;
  std::int64_t failed = 0;
  std::int64_t dead_letters = 0;
};

struct BatchInput {
  std::string source;
  std::string run;  ///< Names the run in its workflow id and its claims.
  FlowSettings settings;
  /// Waits for files that lie there and are not complete yet: a run that somebody starts at a time
  /// of its own cannot count on having been called by a file.
  bool patient = false;
  std::vector<FileProgress> files;  ///< Claimed and not settled: carried over continue-as-new.
  BatchStats stats;
};

struct FetchFilesInput {
  std::string source;
  std::string run;
  std::uint32_t files_max = 100;
};
struct FetchedFiles {
  std::vector<BatchFile> files;  ///< Empty: nothing is complete.
  /// After which time a file that lies there may be; zero: none does.
  std::chrono::milliseconds again_in{0};
};

struct ParseFileInput {
  std::string source;
  BatchFile file;
  std::string cursor;  ///< Empty: from the beginning.
  Budget budget;
};

struct SettleFileInput {
  std::string source;
  BatchFile file;
  std::string reason;  ///< Empty: archive it; else why it goes to the error folder.
};

#define GANTRY_JSON(Type)                 \
  void to_json(Json& out, const Type& v); \
  void from_json(const Json& in, Type& v)
GANTRY_JSON(BatchFile);
GANTRY_JSON(FileProgress);
GANTRY_JSON(BatchStats);
GANTRY_JSON(BatchSummary);
GANTRY_JSON(BatchInput);
GANTRY_JSON(FetchFilesInput);
GANTRY_JSON(FetchedFiles);
GANTRY_JSON(ParseFileInput);
GANTRY_JSON(SettleFileInput);
#undef GANTRY_JSON

/// "batch:<source>:<run>".
std::string batch_run_workflow_id(std::string_view source, std::string_view run);
/// "batch:<source>": of the schedule that starts the source's runs.
std::string batch_schedule_id(std::string_view source);

/// The run that empties a source's folder, whoever starts it. Its workflow id lets only one be open
/// at a time, so what a run that died had claimed is the next one's.
inline constexpr std::string_view kFolderRun = "folder";
/// The schedule's own runs, which start that one: the server appends the time.
inline constexpr std::string_view kScheduleRun = "schedule";

inline constexpr std::uint32_t kFilesInFlightMax = 4;
/// How often a patient run looks again before it leaves what is not complete to the next one, and
/// its least rest after the first looks: about an hour.
inline constexpr int kPatientLooksMax = 120;
inline constexpr int kQuickLooksMax = 5;
inline constexpr std::chrono::milliseconds kPatientRest{30'000};

inline constexpr WorkflowType<BatchInput, BatchSummary> kBatchProcessing{"BatchProcessingWorkflow"};
/// Runs BatchProcessingWorkflow as a child under the id of its input, or nothing where that is
/// open. For schedules of the server, which cannot start a workflow under an id of ours.
inline constexpr WorkflowType<BatchInput, BatchSummary> kScheduledBatch{"ScheduledBatchWorkflow"};
inline constexpr QueryType<BatchStats> kGetBatchStats{"get_stats"};

inline constexpr ActivityType<FetchFilesInput, FetchedFiles> kFetchBatchFiles{
    "fetch_batch_files",
    {.start_to_close = 5min,
     .retry = {.interval_max = 1min, .attempts_max = 10, .non_retryable_type = kValidationError}}};
inline constexpr ActivityType<ParseFileInput, RecordPage> kParseBatchFile{
    "parse_batch_file",
    {.start_to_close = 60min,
     .heartbeat = 2min,
     // About an hour: the host that holds the claim may be away.
     .retry = {.interval_max = 1min, .attempts_max = 60, .non_retryable_type = kValidationError}}};
/// Never given up on: a file that was read must leave the folder of claims.
inline constexpr ActivityType<SettleFileInput, std::monostate> kSettleBatchFile{
    "settle_batch_file", {.start_to_close = 60s, .retry = {.interval_max = 5min}}};

}  // namespace gantry
