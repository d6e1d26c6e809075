#include "host/plugins/metered_source.hpp"

#include <utility>

namespace gantry::plugins {
namespace {

struct CallNames {
  std::string_view call;
  std::string_view capability;
  std::string_view manifest;
};

constexpr std::array<CallNames, kCallKinds> kCallNames{{
    {"verify", "webhook", "gantry.webhook/1"},
    {"parse", "webhook", "gantry.webhook/1"},
    {"poll", "poller", "gantry.poller/1"},
    {"open_feed", "stream", "gantry.stream/1"},
    {"next", "stream", "gantry.stream/1"},
    {"ack", "stream", "gantry.stream/1"},
    {"nack", "stream", "gantry.stream/1"},
    {"probe", "batch", "gantry.batch/1"},
    {"open_file", "batch", "gantry.batch/1"},
    {"feed", "batch", "gantry.batch/1"},
    {"finish", "batch", "gantry.batch/1"},
}};

struct OutcomeNames {
  std::string_view outcome;
  std::string_view category;  ///< As PluginError names it.
};

constexpr std::array<OutcomeNames, kCallOutcomes> kOutcomeNames{{
    {"ok", "OK"},
    {"config", "CONFIG"},
    {"auth", "AUTH"},
    {"rate_limited", "RATE_LIMITED"},
    {"transient", "TRANSIENT"},
    {"data", "DATA"},
    {"bug", "BUG"},
    {"cancelled", "CANCELLED"},
    {"unsupported", "UNSUPPORTED"},
    {"not_connected", "NOT_CONNECTED"},
    {"host", ""},
}};

CallOutcome outcome_of(const PluginError& error) {
  for (std::size_t i = 0; i < kCallOutcomes; ++i) {
    if (kOutcomeNames[i].category == error.category) return static_cast<CallOutcome>(i);
  }
  return CallOutcome::kHost;
}

template <class Call>
auto measured(const CallMeter& meter, CallKind kind, Call call) -> decltype(call()) {
  const auto began = std::chrono::steady_clock::now();
  auto result = call();
  meter(kind, result ? CallOutcome::kOk : outcome_of(result.error()),
        std::chrono::steady_clock::now() - began);
  return result;
}

class MeteredFeed final : public Feed {
 public:
  MeteredFeed(std::unique_ptr<Feed> inner, const CallMeter& meter)
      : inner_(std::move(inner)), meter_(meter) {}
  PluginResult<Brought> next(const CallBudget& budget, std::chrono::nanoseconds wait,
                             const TakeGroup& take, const CallScope& scope) override {
    return measured(meter_, CallKind::kNext,
                    [&] { return inner_->next(budget, wait, take, scope); });
  }
  PluginResult<void> ack(std::string_view cursor, const CallScope& scope) override {
    return measured(meter_, CallKind::kAck, [&] { return inner_->ack(cursor, scope); });
  }
  PluginResult<void> nack(std::string_view cursor, const Error& reason,
                          const CallScope& scope) override {
    return measured(meter_, CallKind::kNack, [&] { return inner_->nack(cursor, reason, scope); });
  }

 private:
  const std::unique_ptr<Feed> inner_;
  const CallMeter& meter_;  // the source's, which outlives its feeds
};

class MeteredFile final : public OpenFile {
 public:
  MeteredFile(std::unique_ptr<OpenFile> inner, const CallMeter& meter)
      : inner_(std::move(inner)), meter_(meter) {}
  std::uint64_t offset() const override { return inner_->offset(); }
  PluginResult<Brought> feed(std::string_view chunk, const CallScope& scope) override {
    return measured(meter_, CallKind::kFeed, [&] { return inner_->feed(chunk, scope); });
  }
  PluginResult<void> finish(const PutOutbox& put, const CallScope& scope) override {
    return measured(meter_, CallKind::kFinish, [&] { return inner_->finish(put, scope); });
  }

 private:
  const std::unique_ptr<OpenFile> inner_;
  const CallMeter& meter_;  // likewise
};

class MeteredSource final : public Source {
 public:
  MeteredSource(std::unique_ptr<Source> inner, CallMeter meter)
      : inner_(std::move(inner)), meter_(std::move(meter)) {}

  const std::string& id() const override { return inner_->id(); }
  const std::string& plugin_id() const override { return inner_->plugin_id(); }
  bool has(std::string_view capability) const override { return inner_->has(capability); }

  PluginResult<Verdict> verify(const InboundRequest& request) const override {
    return measured(meter_, CallKind::kVerify, [&] { return inner_->verify(request); });
  }
  PluginResult<Parsed> parse(const Delivery& delivery, const CallScope& scope) const override {
    return measured(meter_, CallKind::kParse, [&] { return inner_->parse(delivery, scope); });
  }
  PluginResult<std::vector<std::pair<std::string, std::string>>> sign(
      const InboundRequest& request) const override {
    return inner_->sign(request);
  }
  PluginResult<std::vector<Finding>> check(const CallScope& scope) const override {
    return inner_->check(scope);
  }
  PluginResult<Brought> poll(std::string_view cursor, const CallBudget& budget,
                             const TakeGroup& take, const CallScope& scope) const override {
    return measured(meter_, CallKind::kPoll,
                    [&] { return inner_->poll(cursor, budget, take, scope); });
  }
  PluginResult<std::unique_ptr<Feed>> open_feed(std::string_view cursor,
                                                const CallScope& scope) const override {
    auto feed =
        measured(meter_, CallKind::kOpenFeed, [&] { return inner_->open_feed(cursor, scope); });
    if (!feed) return feed.error();
    return std::make_unique<MeteredFeed>(std::move(*feed), meter_);
  }
  PluginResult<int> probe(const FileInfo& info, std::string_view head) const override {
    return measured(meter_, CallKind::kProbe, [&] { return inner_->probe(info, head); });
  }
  PluginResult<std::unique_ptr<OpenFile>> open_file(const FileInfo& info, std::string_view cursor,
                                                    const CallBudget& budget, TakeGroup take,
                                                    const CallScope& scope) const override {
    auto file = measured(meter_, CallKind::kOpenFile, [&] {
      return inner_->open_file(info, cursor, budget, std::move(take), scope);
    });
    if (!file) return file.error();
    return std::make_unique<MeteredFile>(std::move(*file), meter_);
  }

 private:
  const std::unique_ptr<Source> inner_;
  const CallMeter meter_;
};

}  // namespace

std::string_view to_string(CallKind kind) noexcept {
  return kCallNames[static_cast<std::size_t>(kind)].call;
}
std::string_view to_string(CallOutcome outcome) noexcept {
  return kOutcomeNames[static_cast<std::size_t>(outcome)].outcome;
}
std::string_view capability_of(CallKind kind) noexcept {
  return kCallNames[static_cast<std::size_t>(kind)].capability;
}
std::string_view manifest_name_of(CallKind kind) noexcept {
  return kCallNames[static_cast<std::size_t>(kind)].manifest;
}

std::unique_ptr<Source> metered(std::unique_ptr<Source> inner, CallMeter meter) {
  return std::make_unique<MeteredSource>(std::move(inner), std::move(meter));
}

}  // namespace gantry::plugins
