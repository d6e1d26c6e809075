#include "host/temporal/workflow/run_trace.hpp"

#include <utility>

#include "host/temporal/converter/trace_header.hpp"

namespace gantry::temporal::workflow::detail {

void RunTrace::begin(const Info& info, std::optional<Payload> header) {
  inherited_ = std::move(header);
  if (tracer_ == nullptr) {
    header_ = inherited_;
    return;
  }
  const auto parent = inherited_ ? trace_of(*inherited_) : std::nullopt;
  observe::SpanRecord& span = run_.emplace();
  span.context = parent ? *parent : tracer_->root(info.run_id);
  span.context.span_id = observe::derive_span_id(info.run_id);
  if (parent) span.parent = parent->span_id;
  span.name = "RunWorkflow:" + info.workflow_type;
  span.kind = observe::SpanKind::kServer;
  span.begun_at = info.started_at;
  // Named as the interceptors of other SDKs name them.
  span.set({"temporalWorkflowID", info.workflow_id});
  span.set({"temporalRunID", info.run_id});
  if (info.attempt > 1) span.set({"attempt", info.attempt});
  stand_at(span.context);
}

void RunTrace::begin_own(std::string_view name, const Info& info, Instant now) {
  if (!run_) return;
  const std::string seed = info.run_id + '#' + std::to_string(++own_count_);
  observe::SpanRecord& span = own_.emplace();
  span.context = tracer_->root(seed);
  span.link = run_->context;
  span.name = name;
  span.begun_at = now;
  span.set({"temporalWorkflowID", info.workflow_id});
  span.set({"temporalRunID", info.run_id});
  stand_at(span.context);
}

void RunTrace::end_own(bool replaying) {
  close(own_, replaying);
  if (run_) stand_at(run_->context);
}

void RunTrace::end(std::string_view outcome, std::string_view failure, bool replaying) {
  close(own_, replaying);
  if (run_) run_->set({"outcome", outcome});
  if (run_ && !failure.empty()) run_->failure = failure;
  close(run_, replaying);
}

void RunTrace::settle(bool taken) noexcept {
  for (observe::SpanRecord& span : std::exchange(ended_, {})) {
    if (taken) tracer_->record(std::move(span));
  }
}

void RunTrace::stand_at(const observe::TraceContext& context) {
  here_ = context;
  header_ = trace_payload(context);
}

void RunTrace::close(std::optional<observe::SpanRecord>& span, bool replaying) {
  if (span && !replaying) {
    span->ended_at = tracer_->now();
    ended_.push_back(std::move(*span));
  }
  span.reset();
}

}  // namespace gantry::temporal::workflow::detail
