#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/base/durable.hpp"
#include "host/base/json.hpp"

namespace gantry {

/// Names, types and policies of the ingestion workflows and activities: declared once, used by the
/// workflow that calls, the worker that serves and the client that starts. All travel as JSON; a
/// field that an older history lacks takes its default.

/// A record that waits in the staging store, by reference: bodies never enter a history.
struct RecordRef {
  std::string document_id;
  std::int64_t version = 0;
  std::string staging_key;  ///< Ends in "@" and its home, the host that has it.

  bool operator==(const RecordRef&) const = default;
};

/// A weekend and the working days on either side.
inline constexpr std::chrono::milliseconds kPatienceDefault = std::chrono::hours{7 * 24};

/// Which stages run beside the workflow (local activities: one marker, no server round trip) and
/// which as activities of their own. Decided when a workflow starts and carried in its input, so
/// that replay never depends on configuration.
///
/// And how long they wait for what is away: a step whose tries are used up because a store, a model
/// or a vendor does not answer goes on as an activity of its own, tried again after 5 s to 1 min,
/// until `patience` has passed. Zero: without end.
///
/// And whether a workflow keeps its search attribute Status; one that an older host started never
/// does.
struct Placement {
  bool parse_local = true;
  bool entities_local = true;
  bool embeddings_local = true;
  bool write_local = true;
  bool webhook_parse_local = true;
  std::chrono::milliseconds patience = kPatienceDefault;
  bool status_attribute = false;

  bool operator==(const Placement&) const = default;
};

/// Who runs the stages of a delivery's records.
enum class Fanout {
  kRecord,  ///< One child per record.
  kBatch,   ///< One child for up to kBatchRecordsMax records, written together.
  kInline,  ///< The webhook workflow itself, for up to kBatchRecordsMax at once: no child.
  kAuto,    ///< kInline for a delivery of one record, else kRecord.
};

inline constexpr int kChildrenInFlightMax = 50;
inline constexpr std::size_t kBatchRecordsMax = 100;

struct DocumentIngestionInput {
  std::string source;
  std::vector<RecordRef> records;  ///< One, or a batch of one source.
  Placement placement;
  std::string priority = "normal";
  /// The dead letter that these records came from; resolved once they are stored.
  std::string letter = {};
};

/// What became of one record. outcome: "stored", "stale" (a newer version is there), "duplicate"
/// (the same version is or was on its way), "dead_letter".
struct RecordOutcome {
  std::string document_id;
  std::int64_t version = 0;
  std::string outcome;
  std::string reason;
};

struct IngestionSummary {
  std::vector<RecordOutcome> records;
  int chunks = 0;
  int entities = 0;
};

/// Answer of `get_status`. status: pending, parsed, entities_extracted, embeddings_generated,
/// completed, failed.
struct IngestionStatus {
  std::string document_id;  ///< Of the first record.
  std::string source;
  std::string status = "pending";
  int records = 1;
};

struct WebhookIngestionInput {
  std::string source;
  std::string delivery_id;
  Fanout fanout = Fanout::kRecord;
  Placement placement;
  std::string priority = "normal";
  /// A delivery without records says that something is new: the source is polled at once.
  bool poll_now = false;
  /// The dead letter that this is tried again for; resolved once what it tells of was read.
  std::string letter = {};
  std::string home = {};  ///< Whose inbox has it; empty: of a time before hosts had names.
};

/// What parse_webhook_payload gave: references, and how many parts became dead letters.
struct ParsedDelivery {
  std::vector<RecordRef> records;
  int dead_letters = 0;
};

/// Answer of the webhook workflow's `get_status`. status: pending, parsed, completed, failed.
struct WebhookStatus {
  std::string source;
  std::string delivery_id;
  std::string status = "pending";
  int records = 0;
  int finished = 0;
  int dead_letters = 0;
};

struct WebhookSummary {
  std::string source;
  std::string delivery_id;
  std::vector<RecordOutcome> records;
  int dead_letters = 0;
};

/// Records, or where there are none yet a whole delivery, that ran out of tries.
struct GiveUpInput {
  std::string source;
  std::string delivery_id;  ///< Empty for records.
  std::vector<RecordRef> records;
  std::string reason;
  std::string priority = "normal";
  std::string home = {};  ///< As WebhookIngestionInput's.
};

/// Results of the stages: counts and hashes only. The values themselves stay beside the records.
struct StageResult {
  int documents = 0;
  int items = 0;  ///< Chunks, entities or vectors.
};

#define GANTRY_JSON(Type)                 \
  void to_json(Json& out, const Type& v); \
  void from_json(const Json& in, Type& v)
GANTRY_JSON(RecordRef);
GANTRY_JSON(Placement);
GANTRY_JSON(Fanout);
GANTRY_JSON(DocumentIngestionInput);
GANTRY_JSON(RecordOutcome);
GANTRY_JSON(IngestionSummary);
GANTRY_JSON(IngestionStatus);
GANTRY_JSON(WebhookIngestionInput);
GANTRY_JSON(ParsedDelivery);
GANTRY_JSON(WebhookStatus);
GANTRY_JSON(WebhookSummary);
GANTRY_JSON(StageResult);
GANTRY_JSON(GiveUpInput);
#undef GANTRY_JSON

/// Application failure types. kValidationError is never tried again.
inline constexpr std::string_view kValidationError = "ValidationError";

/// The queue that every worker of a deployment shares.
inline constexpr std::string_view kTaskQueue = "gantry-ingestion";

/// Beside it, the queue of one host: for activities that need what lies on its disk, its inbox or
/// its staging. Any worker may run a workflow; a stage that finds itself on another host's says so
/// by a failure of type kElsewhere, whose details name the home, and is called again there.
std::string home_queue(std::string_view task_queue, std::string_view home);
inline constexpr std::string_view kElsewhere = "Elsewhere";
/// Empty where a record was staged before hosts had names.
std::string_view home_of(std::string_view staging_key);

/// Search attributes, all Keyword; created on start where missing.
inline constexpr std::string_view kAttributeSource = "Source";
inline constexpr std::string_view kAttributePriority = "Priority";
inline constexpr std::string_view kAttributeDocumentId = "DocumentId";
/// Of documents and deliveries: kStatusPending, then what `get_status` says as far as the workflow
/// waits there, kStatusWaiting while a store, a model or a vendor is away, kStatusRunning after
/// that. Of polls, streams and batches: the state that `get_stats` says.
inline constexpr std::string_view kAttributeStatus = "Status";
inline constexpr std::string_view kStatusPending = "pending";
inline constexpr std::string_view kStatusWaiting = "waiting";
inline constexpr std::string_view kStatusRunning = "running";

/// Workflow ids. A delivery or a document version is one workflow, however often it is started.
std::string webhook_workflow_id(std::string_view source, std::string_view delivery_id);
std::string document_workflow_id(std::string_view document_id, std::int64_t version);
/// For a batch: the parent and the number of the chunk.
std::string batch_workflow_id(std::string_view parent_id, std::size_t chunk);

using namespace std::chrono_literals;

inline constexpr WorkflowType<std::string, std::string> kGreeting{"GreetingWorkflow"};
inline constexpr WorkflowType<DocumentIngestionInput, IngestionSummary> kDocumentIngestion{
    "DocumentIngestionWorkflow"};
inline constexpr WorkflowType<WebhookIngestionInput, WebhookSummary> kWebhookIngestion{
    "WebhookIngestionWorkflow"};

inline constexpr QueryType<IngestionStatus> kGetStatus{"get_status"};
inline constexpr QueryType<WebhookStatus> kGetWebhookStatus{"get_status"};

inline constexpr ActivityType<std::string, std::string> kGreet{
    "greet_activity", {.start_to_close = 10s, .retry = {.attempts_max = 3}}};

inline constexpr ActivityType<WebhookIngestionInput, ParsedDelivery> kParseWebhookPayload{
    "parse_webhook_payload",
    {.start_to_close = 60s, .retry = {.attempts_max = 10, .non_retryable_type = kValidationError}}};

/// Turns work that ran out of tries into dead letters; never given up on itself.
inline constexpr ActivityType<GiveUpInput, StageResult> kGiveUp{
    "record_dead_letter", {.start_to_close = 60s, .retry = {.interval_max = 5min}}};

/// How a step that waits for something to come back is tried again; Placement says how long.
inline constexpr RetryPolicy kPatientRetry{
    .initial_interval = 5s, .interval_max = 1min, .non_retryable_type = kValidationError};

inline constexpr ActivityType<DocumentIngestionInput, StageResult> kParseDocument{
    "parse_document",
    {.start_to_close = 30s, .retry = {.attempts_max = 3, .non_retryable_type = kValidationError}}};
inline constexpr ActivityType<DocumentIngestionInput, StageResult> kExtractEntities{
    "extract_entities",
    {.start_to_close = 2min, .retry = {.attempts_max = 3, .non_retryable_type = kValidationError}}};
inline constexpr ActivityType<DocumentIngestionInput, StageResult> kGenerateEmbeddings{
    "generate_embeddings",
    {.start_to_close = 3min, .retry = {.attempts_max = 5, .non_retryable_type = kValidationError}}};
/// All four stages of records in one call: how a flow's records go the direct way, without a child
/// and without activities of their own.
inline constexpr ActivityType<DocumentIngestionInput, IngestionSummary> kIngestDirectly{
    "ingest_directly",
    {.start_to_close = 5min,
     .retry = {.initial_interval = 5s,
               .interval_max = 1min,
               .attempts_max = 3,
               .non_retryable_type = kValidationError}}};
inline constexpr ActivityType<DocumentIngestionInput, IngestionSummary> kWriteToDatabases{
    "write_to_databases",
    {.start_to_close = 5min,
     .retry = {.initial_interval = 5s,
               .interval_max = 1min,
               .attempts_max = 3,
               .non_retryable_type = kValidationError}}};

}  // namespace gantry
