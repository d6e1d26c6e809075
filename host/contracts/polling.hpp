#pragma once

#include "host/contracts/flow.hpp"

namespace gantry {

/// Polling: `fetch_new_records(cursor)` → children → sleep, for ever.

struct PollingInput {
  std::string source;
  FlowSettings settings;
  FlowProgress progress;  ///< Empty for a new source; stats.cursor alone resumes an older one.
};

struct FetchInput {
  std::string source;
  std::string cursor;
  Budget budget;
};

#define GANTRY_JSON(Type)                 \
  void to_json(Json& out, const Type& v); \
  void from_json(const Json& in, Type& v)
GANTRY_JSON(PollingInput);
GANTRY_JSON(FetchInput);
#undef GANTRY_JSON

/// One per source and for ever: "poll:<source>".
std::string poll_workflow_id(std::string_view source);

inline constexpr WorkflowType<PollingInput, FlowStats> kPolling{"PollingWorkflow"};

inline constexpr ActivityType<FetchInput, RecordPage> kFetchNewRecords{
    "fetch_new_records",
    {.start_to_close = 15min,
     .heartbeat = 60s,
     .retry = {.interval_max = 1min, .attempts_max = 5, .non_retryable_type = kValidationError}}};

}  // namespace gantry
