#include "host/observe/trace.hpp"

#include <limits>

#include "host/base/assert.hpp"
#include "host/base/redact.hpp"

namespace gantry::observe {
namespace {

constexpr std::size_t kAttributesMax = 32;
constexpr std::size_t kTextMax = 256;

/// Never cut inside a UTF-8 sequence.
std::string cut(std::string_view text) {
  if (text.size() <= kTextMax) return std::string(text);
  std::size_t end = kTextMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end));
}

SpanRecord::Value value_of(const Field& field) {
  if (names_secret(field.name)) return std::string(kMasked);
  struct Taker {
    SpanRecord::Value operator()(std::string_view text) const { return cut(text); }
    SpanRecord::Value operator()(std::int64_t number) const { return number; }
    SpanRecord::Value operator()(std::uint64_t number) const {
      constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
      return static_cast<std::int64_t>(std::min(number, kMax));
    }
    SpanRecord::Value operator()(double number) const { return number; }
    SpanRecord::Value operator()(bool flag) const { return flag; }
  };
  return std::visit(Taker{}, field.value);
}

}  // namespace

void SpanRecord::set(const Field& field) {
  for (auto& [name, value] : attributes) {
    if (name != field.name) continue;
    value = value_of(field);
    return;
  }
  if (attributes.size() < kAttributesMax) attributes.emplace_back(field.name, value_of(field));
}

struct Span::State {
  Tracer& tracer;
  SpanRecord record;  // of one that is not sampled: the context alone
};

Span::Span() noexcept = default;
Span::Span(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Span::Span(Span&& other) noexcept = default;

Span& Span::operator=(Span&& other) noexcept {
  if (this != &other) {
    end();
    state_ = std::move(other.state_);
  }
  return *this;
}

Span::~Span() { end(); }

const TraceContext& Span::context() const noexcept {
  GANTRY_ASSERT(state_ != nullptr);
  return state_->record.context;
}

Tracer* Span::tracer() const noexcept { return state_ ? &state_->tracer : nullptr; }

void Span::set(const Field& field) {
  if (state_ && state_->record.context.sampled) state_->record.set(field);
}

void Span::fail(std::string_view kind) {
  if (state_ && state_->record.context.sampled) state_->record.failure = cut(kind);
}

void Span::end() noexcept {
  if (!state_) return;
  const std::unique_ptr<State> state = std::move(state_);
  if (!state->record.context.sampled) return;
  state->record.ended_at = state->tracer.now();
  state->tracer.record(std::move(state->record));
}

Tracer::Tracer(double sample, Take take, const Clock& clock)
    : sample_(sample), take_(std::move(take)), clock_(clock) {
  GANTRY_ASSERT(sample >= 0 && sample <= 1);
}

/// By the last seven bytes of the id, as OpenTelemetry's TraceIdRatioBased does, so that every host
/// with the same share decides alike.
bool Tracer::samples(const TraceId& id) const noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 9; i < id.size(); ++i) number = number << 8U | id[i];
  return static_cast<double>(number) < sample_ * static_cast<double>(1ULL << 56U);
}

TraceContext Tracer::root(std::string_view seed) const {
  TraceContext context;
  context.trace_id = derive_trace_id(seed);
  context.span_id = derive_span_id(seed);
  context.sampled = samples(context.trace_id);
  return context;
}

Span Tracer::start(std::string name, SpanKind kind, const std::optional<TraceContext>& parent,
                   std::optional<SpanId> id) {
  auto state = std::make_unique<Span::State>(Span::State{*this, {}});
  SpanRecord& record = state->record;
  if (parent) {
    record.context = *parent;
    record.parent = parent->span_id;
  } else {
    record.context.trace_id = random_trace_id();
    record.context.sampled = samples(record.context.trace_id);
  }
  record.context.span_id = id ? *id : random_span_id();
  record.kind = kind;
  if (record.context.sampled) {
    record.name = std::move(name);
    record.begun_at = now();
  }
  return Span(std::move(state));
}

void Tracer::record(SpanRecord&& record) noexcept {
  if (record.context.sampled) take_(std::move(record));
}

ScopedSpan::ScopedSpan(Span span) : before_(here()), span_(std::move(span)) {
  if (!span_) return;
  detail::current.tracer = span_.tracer();
  detail::current.trace = &span_.context();
  detail::current.span = &span_;
}

void ScopedSpan::begin(std::string_view name, SpanKind kind) {
  span_ = before_.tracer->start(std::string(name), kind, *before_.trace);
  detail::current.trace = &span_.context();
  detail::current.span = &span_;
}

ScopedSpan::~ScopedSpan() {
  if (!span_) return;
  detail::current.tracer = before_.tracer;
  detail::current.trace = before_.trace;
  detail::current.span = before_.span;
}

void note(const Field& field) {
  if (here().span != nullptr) here().span->set(field);
}

void note_failure(std::string_view kind) {
  if (here().span != nullptr) here().span->fail(kind);
}

std::string current_traceparent() {
  return here().tracer == nullptr ? std::string() : here().trace->traceparent();
}

}  // namespace gantry::observe
