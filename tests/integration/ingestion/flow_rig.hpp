#pragma once

#include <gmock/gmock.h>

#include "host/contracts/batch.hpp"
#include "host/contracts/polling.hpp"
#include "host/contracts/streaming.hpp"
#include "tests/integration/ingestion/rig.hpp"

namespace gantry::testing {

/// IngestionRig whose sources answer what the test says: pages in order, then the last hook.
class FlowRig : public IngestionRig {
 public:
  FlowRig() {
    activities_.add(kFetchNewRecords, [this](Context& context, const FetchInput& input) {
      act("fetch_new_records", context);
      return fetch(input);
    });
    activities_.add(kCollectStreamBatch, [this](Context& context, const CollectInput& input) {
      act("collect_stream_batch", context);
      return collect(input);
    });
    activities_.add(kAckStreamBatch, [this](Context& context, const AckInput& input) {
      act("ack_stream_batch", context);
      acked(input);
      return std::monostate{};
    });
    activities_.add(kFetchBatchFiles, [this](Context& context, const FetchFilesInput& input) {
      act("fetch_batch_files", context);
      return files(input);
    });
    activities_.add(kParseBatchFile, [this](Context& context, const ParseFileInput& input) {
      act("parse_batch_file", context);
      return parse(input);
    });
    activities_.add(kSettleBatchFile, [this](Context& context, const SettleFileInput& input) {
      act("settle_batch_file", context);
      settled(input);
      return std::monostate{};
    });
  }

  std::function<RecordPage(const FetchInput&)> fetch;
  std::function<RecordPage(const CollectInput&)> collect;
  std::function<void(const AckInput&)> acked = [](const AckInput&) {};
  std::function<FetchedFiles(const FetchFilesInput&)> files;
  std::function<RecordPage(const ParseFileInput&)> parse;
  std::function<void(const SettleFileInput&)> settled = [](const SettleFileInput&) {};

  /// Asks for the stats until they are as wanted; fails the test after kPatience.
  template <class Stats>
  Stats until(const temporal::WorkflowHandle& handle, const QueryType<Stats>& query,
              const std::function<bool(const Stats&)>& wanted) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    Stats last;
    while (std::chrono::steady_clock::now() < deadline) {
      if (auto stats = client.query({handle.id}, query)) {
        last = *stats;
        if (wanted(last)) return last;
      }
      std::this_thread::yield();
    }
    ADD_FAILURE() << "never came to it; last: " << Json(last).dump();
    return last;
  }
  FlowStats until(const temporal::WorkflowHandle& handle,
                  const std::function<bool(const FlowStats&)>& wanted) {
    return until<FlowStats>(handle, kGetStats, wanted);
  }
  template <class A>
  void tell(const temporal::WorkflowHandle& handle, const SignalType<A>& signal,
            const std::type_identity_t<A>& argument = {}) {
    ASSERT_TRUE(client.signal({handle.id}, signal, argument));
  }
};

/// A page of `count` records with ids that nobody used before.
inline RecordPage page_of(int count, std::string cursor, bool more = false) {
  RecordPage page;
  const std::string base = "vendor:item:" + TemporalServer::unique("r") + "-";
  for (int i = 0; i < count; ++i) {
    const std::string id = base + std::to_string(i);
    page.records.push_back({id, 1, "key-" + id});
  }
  page.cursor = std::move(cursor);
  page.more = more;
  return page;
}

/// What a connector's error looks like to a workflow.
inline ApplicationFailure plugin_failure(const std::string& category, const std::string& message,
                                         std::chrono::milliseconds retry_after = 0ms,
                                         const std::string& code = {}) {
  ApplicationFailure failure(category, message, category != "TRANSIENT");
  if (retry_after > 0ms) failure.next_retry_delay = retry_after;
  failure.details = {temporal::to_payload(Interruption{category, code, message, retry_after})};
  return failure;
}

}  // namespace gantry::testing
