#include "host/activities/flows.hpp"

#include <mutex>
#include <nlohmann/json.hpp>

#include "host/activities/about.hpp"
#include "host/activities/failures.hpp"

namespace gantry::activities {
namespace {

using temporal::activity::Context;

/// Ties a Try to its activity. Every heartbeat carries the last page told of, so that none takes
/// the way back from a second try; a page is written out at most every two seconds.
class Beats {
 public:
  explicit Beats(Context& context) : context_(context), try_(make()) {}
  Beats(const Beats&) = delete;
  Beats& operator=(const Beats&) = delete;

  const Try& attempt() const { return try_; }

 private:
  Try make() {
    Try made;
    made.cancelled = [this] { return context_.cancelled(); };
    made.pause = [this](std::chrono::milliseconds time) { context_.cancelled_within(time); };
    made.progress = [this](const RecordPage* page) { beat(page); };
    details_ = context_.info().heartbeat_details;
    if (auto page = context_.resume_point<RecordPage>()) made.resume = std::move(*page);
    return made;
  }

  void beat(const RecordPage* page) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);  // a connector's own threads report progress too
    if (page != nullptr && now - written_ >= std::chrono::seconds{2}) {
      details_ = {temporal::to_payload(*page)};
      written_ = now;
    }
    context_.heartbeat_payloads(details_);
  }

  Context& context_;
  std::mutex mutex_;
  std::vector<temporal::Payload> details_;
  std::chrono::steady_clock::time_point written_{};
  const Try try_;
};

template <class T>
T flow_value(plugins::PluginResult<T> result) {
  if (!result) throw to_flow_failure(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

using CountCall = std::function<void(std::string_view, std::string_view, std::size_t)>;

/// The page of a call that ended, which is counted however it did.
RecordPage counted(plugins::PluginResult<RecordPage> called, const std::string& source,
                   const CountCall& count) {
  if (count) {
    const bool whole = called && called->interruption.category.empty();
    count(source,
          whole    ? "ok"
          : called ? "interrupted"
                   : "failed",
          called ? called->records.size() : 0);
  }
  return flow_value(std::move(called));
}

/// What a page is given on its way out, whatever brought it in.
struct Desk {
  Counters counters;
  std::function<int()> percentage;

  RecordPage hand_over(const Context& context, std::string_view event, const std::string& source,
                       RecordPage page) const {
    if (percentage) page.rollout = percentage();
    if (counters.record) {
      for (int i = 0; i < page.dead_letters; ++i) counters.record(source, "dead_letter");
    }
    if (counters.decided) {
      for (const RecordRef& record : page.records) {
        counters.decided(rollout::route(record.document_id, page.rollout), record.document_id);
      }
    }
    context.log(temporal::LogLevel::kInfo, event,
                dump_json({{"source", source},
                           {"records", page.records.size()},
                           {"dead_letters", page.dead_letters},
                           {"more", page.more},
                           {"interruption", page.interruption.category}}));
    return page;
  }
};

}  // namespace

void register_flows(temporal::activity::Registry& registry, const Poller& poller,
                    StreamCollector& streams, const FileReader* files, Counters counters,
                    std::function<int()> percentage) {
  const Desk desk{std::move(counters), std::move(percentage)};
  registry.add(kFetchNewRecords, [&poller, desk](Context& context, const FetchInput& input) {
    const auto ids = about(input.source);
    const Beats beats(context);
    return desk.hand_over(
        context, "records_fetched", input.source,
        counted(poller.fetch(input, beats.attempt()), input.source, desk.counters.poll));
  });
  registry.add(kCollectStreamBatch, [&streams, desk](Context& context, const CollectInput& input) {
    const auto ids = about(input.source);
    const Beats beats(context);
    return desk.hand_over(
        context, "stream_collected", input.source,
        counted(streams.collect(input, beats.attempt()), input.source, desk.counters.collect));
  });
  registry.add(kAckStreamBatch, [&streams](Context& context, const AckInput& input) {
    const auto ids = about(input.source);
    const Beats beats(context);
    flow_value(streams.ack(input, beats.attempt()));
    return std::monostate{};
  });
  if (files == nullptr) return;
  registry.add(kFetchBatchFiles, [files](Context& context, const FetchFilesInput& input) {
    const auto ids = about(input.source);
    FetchedFiles fetched = value_or_throw(files->fetch(input));
    context.log(temporal::LogLevel::kInfo, "files_claimed",
                dump_json({{"source", input.source}, {"files", fetched.files.size()}}));
    return fetched;
  });
  registry.add(kParseBatchFile, [files, desk](Context& context, const ParseFileInput& input) {
    const auto ids = about(input.source);
    const Beats beats(context);
    return desk.hand_over(context, "file_read", input.source,
                          flow_value(files->parse(input, beats.attempt())));
  });
  registry.add(kSettleBatchFile, [files, desk](Context& context, const SettleFileInput& input) {
    const auto ids = about(input.source);
    value_or_throw(files->settle(input));
    if (desk.counters.file) {
      desk.counters.file(input.source, input.reason.empty() ? "archived" : "rejected");
    }
    context.log(
        temporal::LogLevel::kInfo, input.reason.empty() ? "file_archived" : "file_rejected",
        dump_json({{"source", input.source}, {"file", input.file.name}, {"reason", input.reason}}));
    return std::monostate{};
  });
}

}  // namespace gantry::activities
