#pragma once

#include "host/contracts/flow.hpp"

namespace gantry {

/// Streaming: `collect_stream_batch` (100 records or 30 s) → children → acknowledged → again. A
/// collection begins by acknowledging what the one before brought; where none follows,
/// `ack_stream_batch` does.

inline constexpr std::uint32_t kStreamRecordsMax = 100;

struct StreamInput {
  std::string source;
  FlowSettings settings;  ///< A batch has at most kStreamRecordsMax, whatever the budget says.
  FlowProgress progress;
};

struct CollectInput {
  std::string source;
  std::string cursor;
  std::string ack;  ///< The records up to this cursor are stored; empty: nothing to say.
  Budget budget;
  std::chrono::milliseconds wait{30'000};
};

struct AckInput {
  std::string source;
  std::string cursor;
  bool close = false;  ///< The feed is not needed any more.
};

#define GANTRY_JSON(Type)                 \
  void to_json(Json& out, const Type& v); \
  void from_json(const Json& in, Type& v)
GANTRY_JSON(StreamInput);
GANTRY_JSON(CollectInput);
GANTRY_JSON(AckInput);
#undef GANTRY_JSON

/// One per source and for ever: "stream:<source>".
std::string stream_workflow_id(std::string_view source);

inline constexpr WorkflowType<StreamInput, FlowStats> kStreamIngestion{"StreamIngestionWorkflow"};

inline constexpr ActivityType<CollectInput, RecordPage> kCollectStreamBatch{
    "collect_stream_batch",
    {.start_to_close = 3min,
     .heartbeat = 30s,
     .retry = {.interval_max = 1min, .attempts_max = 5, .non_retryable_type = kValidationError}}};
inline constexpr ActivityType<AckInput, std::monostate> kAckStreamBatch{
    "ack_stream_batch", {.start_to_close = 60s, .retry = {.attempts_max = 3}}};

}  // namespace gantry
