#include <algorithm>

#include "host/plugins/abi/outbox.hpp"
#include "host/plugins/abi/span.hpp"
#include "host/plugins/in_process_source.hpp"

/// Polls, streams and files of an InProcessSource: calls that bring records in groups.
namespace gantry::plugins {
namespace {

constexpr std::size_t kMessageMax = 1024;
constexpr std::size_t kDetailMax = 4096;
constexpr std::size_t kHeadMax = 64U << 10U;

gantry_file_info native(const FileInfo& info) {
  return {sizeof(gantry_file_info),       0,
          abi::span_of(info.name),        abi::span_of(info.sha256),
          info.size.value_or(UINT64_MAX), info.modified_at.time_since_epoch().count()};
}

}  // namespace

TakeGroup InProcessSource::tidied(TakeGroup take) const {
  return [this, take = std::move(take)](Group&& group) {
    for (Rejected& rejected : group.rejected) {
      rejected.reason.what = plugin_->host().shown(std::move(rejected.reason.what), kMessageMax);
      rejected.reason.upstream =
          plugin_->host().shown(std::move(rejected.reason.upstream), kDetailMax);
    }
    return take(std::move(group));
  };
}

std::optional<PluginError> InProcessSource::judge(const char* doing, gantry_status status,
                                                  const abi::Call& call,
                                                  const abi::GroupSink& sink) const {
  if (const auto& ours = sink.failure()) {
    return PluginError(ours->kind, ours->what, ours->upstream);
  }
  if (sink.calls_after_stop() > 0) {
    (void)misbehaved(doing,
                     "went on after STOP, " + std::to_string(sink.calls_after_stop()) + " calls");
  }
  if (status != GANTRY_OK) return failure(doing, status, call.error());
  if (sink.stuck()) return too_much(doing);
  return std::nullopt;
}

PluginError InProcessSource::too_much(const char* doing) const {
  PluginError error(ErrorKind::kExhausted,
                    "source " + id() + ": " + doing + " gave more than " +
                        std::to_string(quota_.records_max) + " records or " +
                        std::to_string(quota_.bytes_max) +
                        " bytes without a checkpoint; raise the source's quota");
  error.category = "DATA";
  return error;
}

PluginResult<Brought> InProcessSource::poll(std::string_view cursor, const CallBudget& budget,
                                            const TakeGroup& take, const CallScope& scope) const {
  if (poller_ == nullptr) return unsupported("poll");
  const CallSpan span(*this, "plugin poll");
  const abi::Call call(scope);
  abi::GroupSink sink(id(), plugin_->host().ports().clock->now(), {budget, quota_}, tidied(take));
  std::int32_t more = 0;
  const gantry_status status =
      poller_->poll(instance_, call.native(), abi::span_of(cursor), sink.native(), &more);
  if (status == GANTRY_OK) sink.finish();
  if (auto error = judge("poll", status, call, sink)) return std::move(*error);
  return Brought{more != 0 || sink.stopped(), false};
}

class InProcessSource::FeedOf final : public Feed {
 public:
  FeedOf(const InProcessSource& source, gantry_feed* feed) : source_(source), feed_(feed) {}
  ~FeedOf() override { source_.stream_->close(feed_); }
  FeedOf(const FeedOf&) = delete;
  FeedOf& operator=(const FeedOf&) = delete;

  PluginResult<Brought> next(const CallBudget& budget, std::chrono::nanoseconds wait,
                             const TakeGroup& take, const CallScope& scope) override {
    const CallSpan span(source_, "plugin next");
    const abi::Call call(scope);
    abi::GroupSink sink(source_.id(), source_.plugin_->host().ports().clock->now(),
                        {budget, source_.quota_}, source_.tidied(take));
    const auto records_max =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(budget.records_max, UINT32_MAX));
    const gantry_status status = source_.stream_->next(
        feed_, call.native(), records_max, budget.bytes_max,
        std::max(wait, std::chrono::nanoseconds::zero()).count(), sink.native());
    const bool ended = status == GANTRY_END;
    if (ended || status == GANTRY_OK) sink.finish();
    if (auto error = source_.judge("next", ended ? GANTRY_OK : status, call, sink)) {
      return std::move(*error);
    }
    if (sink.records() > records_max) {
      (void)source_.misbehaved("next", "gave " + std::to_string(sink.records()) +
                                           " records where at most " + std::to_string(records_max) +
                                           " were asked for");
    }
    return Brought{sink.stopped() && !ended, ended};
  }

  PluginResult<void> ack(std::string_view cursor, const CallScope& scope) override {
    if (source_.stream_->ack == nullptr) return {};
    const CallSpan span(source_, "plugin ack");
    const abi::Call call(scope);
    const auto status = source_.stream_->ack(feed_, call.native(), abi::span_of(cursor));
    if (status != GANTRY_OK) return source_.failure("ack", status, call.error());
    return {};
  }

  PluginResult<void> nack(std::string_view cursor, const Error& reason,
                          const CallScope& scope) override {
    if (source_.stream_->nack == nullptr) return {};
    const abi::Call call(scope);
    gantry_error why{};
    why.struct_size = sizeof why;
    why.message = abi::span_of(reason.what);
    const auto status = source_.stream_->nack(feed_, call.native(), abi::span_of(cursor), &why);
    if (status != GANTRY_OK) return source_.failure("nack", status, call.error());
    return {};
  }

 private:
  const InProcessSource& source_;
  gantry_feed* const feed_;
};

PluginResult<std::unique_ptr<Feed>> InProcessSource::open_feed(std::string_view cursor,
                                                               const CallScope& scope) const {
  if (stream_ == nullptr) return unsupported("stream");
  const CallSpan span(*this, "plugin open");
  const abi::Call call(scope);
  gantry_feed* feed = nullptr;
  const gantry_status status = stream_->open(instance_, call.native(), abi::span_of(cursor), &feed);
  if (status != GANTRY_OK) return failure("open", status, call.error());
  if (feed == nullptr) return misbehaved("open", "said OK and opened no feed");
  return std::unique_ptr<Feed>(std::make_unique<FeedOf>(*this, feed));
}

PluginResult<int> InProcessSource::probe(const FileInfo& info, std::string_view head) const {
  if (batch_ == nullptr) return unsupported("batch");
  const gantry_file_info file = native(info);
  const std::int32_t score =
      batch_->probe(instance_, &file, abi::span_of(head.substr(0, kHeadMax)));
  if (score < 0 || score > 100) {
    return misbehaved("probe", "scored " + std::to_string(score) + ", not 0 to 100");
  }
  return int{score};
}

class InProcessSource::FileOf final : public OpenFile {
 public:
  FileOf(const InProcessSource& source, Instant received_at, const CallBudget& budget,
         TakeGroup take)
      : source_(source),
        sink_(source.id(), received_at, {budget, source.quota_, true},
              source.tidied(std::move(take))) {}
  ~FileOf() override {
    if (file_ != nullptr) source_.batch_->close(file_);
  }
  FileOf(const FileOf&) = delete;
  FileOf& operator=(const FileOf&) = delete;

  std::optional<PluginError> open(const FileInfo& info, std::string_view cursor,
                                  const CallScope& scope) {
    const CallSpan span(source_, "plugin open");
    const abi::Call call(scope);
    const gantry_file_info file = native(info);
    const gantry_status status = source_.batch_->open(source_.instance_, call.native(), &file,
                                                      abi::span_of(cursor), &offset_, &file_);
    if (status != GANTRY_OK) {
      file_ = nullptr;  // written only on OK
      return source_.failure("open", status, call.error());
    }
    if (file_ == nullptr) return source_.misbehaved("open", "said OK and opened no file");
    if (info.size && offset_ > *info.size) {
      return source_.misbehaved("open", "asked for byte " + std::to_string(offset_) + " of " +
                                            std::to_string(*info.size));
    }
    return std::nullopt;
  }

  std::uint64_t offset() const override { return offset_; }

  PluginResult<Brought> feed(std::string_view chunk, const CallScope& scope) override {
    const abi::Call call(scope);
    const gantry_status status =
        source_.batch_->feed(file_, call.native(), abi::span_of(chunk), sink_.native());
    if (status == GANTRY_DATA) sink_.finish();
    if (auto error = source_.judge("feed", status, call, sink_)) return std::move(*error);
    return Brought{sink_.stopped(), false};
  }

  PluginResult<void> finish(const PutOutbox& put, const CallScope& scope) override {
    const CallSpan span(source_, "plugin finish");
    const abi::Call call(scope);
    abi::OutboxReceiver outbox(put);
    sink_.ignore_budget();
    const gantry_status status =
        source_.batch_->finish(file_, call.native(), sink_.native(), outbox.native());
    // A file that is wrong as a whole was still right in what it handed over: nobody reads it
    // again.
    if (status == GANTRY_OK || status == GANTRY_DATA) sink_.finish();
    if (const auto& ours = outbox.failure()) {
      return PluginError(ours->kind, ours->what, ours->upstream);
    }
    if (outbox.broken()) return source_.misbehaved("finish", *outbox.broken());
    if (auto error = source_.judge("finish", status, call, sink_)) return std::move(*error);
    if (sink_.over_quota()) return source_.too_much("finish");
    return {};
  }

 private:
  const InProcessSource& source_;
  abi::GroupSink sink_;
  gantry_file* file_ = nullptr;
  std::uint64_t offset_ = 0;
};

PluginResult<std::unique_ptr<OpenFile>> InProcessSource::open_file(const FileInfo& info,
                                                                   std::string_view cursor,
                                                                   const CallBudget& budget,
                                                                   TakeGroup take,
                                                                   const CallScope& scope) const {
  if (batch_ == nullptr) return unsupported("batch");
  // The file's own time, not ours: a second try gives the same versions and so the same records.
  auto file = std::make_unique<FileOf>(*this, info.modified_at, budget, std::move(take));
  if (auto error = file->open(info, cursor, scope)) return std::move(*error);
  return std::unique_ptr<OpenFile>(std::move(file));
}

}  // namespace gantry::plugins
