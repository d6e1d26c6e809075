#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/base/clock.hpp"
#include "host/observe/here.hpp"
#include "host/observe/log.hpp"
#include "host/observe/trace_context.hpp"

/// Traces: who did what for which delivery, and how long it took.
///
///     observe::ScopedSpan span("store put");        // child of the current span; nothing without
///     span.set({"store", name});
///     if (!written) span.fail(to_string(error.kind));
///
/// Off, a span is one look at a thread-local. A name is one of few; an attribute is an id, a count
/// or a word, never a payload: text is cut at 256 bytes, and one named like a secret is masked.
namespace gantry::observe {

/// Numbered as OTLP's Span.SpanKind.
enum class SpanKind { kInternal = 1, kServer = 2, kClient = 3, kProducer = 4, kConsumer = 5 };

/// A span that has ended.
struct SpanRecord {
  using Value = std::variant<std::string, std::int64_t, double, bool>;

  TraceContext context;
  std::optional<SpanId> parent = {};
  std::optional<TraceContext> link = {};  ///< Of another trace.
  std::string name;
  SpanKind kind = SpanKind::kInternal;
  Instant begun_at{};
  Instant ended_at{};
  std::vector<std::pair<std::string, Value>> attributes = {};
  std::optional<std::string> failure = {};  ///< One word: what kind of failure.

  /// As Span::set().
  void set(const Field& field);
};

/// Something that is under way. Ends when it is destroyed or told to, on any thread, and may move
/// to another one; one thread at a time. The empty span does nothing.
class Span {
 public:
  Span() noexcept;
  Span(Span&& other) noexcept;
  Span& operator=(Span&& other) noexcept;
  ~Span();

  explicit operator bool() const noexcept { return state_ != nullptr; }
  /// Only of one that is not empty.
  const TraceContext& context() const noexcept;
  Tracer* tracer() const noexcept;

  /// At most 32 per span.
  void set(const Field& field);
  /// `kind` is one word, e.g. to_string(ErrorKind) or a failure's type.
  void fail(std::string_view kind);
  void end() noexcept;

 private:
  friend class Tracer;
  friend class ScopedSpan;
  struct State;
  explicit Span(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// Makes spans and decides which are kept: as the parent says; without one, a share of all traces.
/// Outlives its spans. [any-thread]
class Tracer {
 public:
  using Take = std::function<void(SpanRecord&&)>;

  /// `sample`: 0 to 1, the share of traces that begin here. `take` gets what is kept, must not
  /// block and must not throw.
  Tracer(double sample, Take take, const Clock& clock = system_clock());

  /// A span under `parent`, or the first of a trace.
  Span start(std::string name, SpanKind kind, const std::optional<TraceContext>& parent = {},
             std::optional<SpanId> id = {});
  /// Where a trace begins whose ids follow from `seed`.
  TraceContext root(std::string_view seed) const;
  /// A span that somebody else timed; dropped where it is not sampled.
  void record(SpanRecord&& record) noexcept;
  Instant now() const { return clock_.now(); }

 private:
  bool samples(const TraceId& id) const noexcept;

  const double sample_;
  const Take take_;
  const Clock& clock_;
};

/// A span that is the current one of this thread while it lives.
class ScopedSpan {
 public:
  /// A child of the current span; empty where there is none.
  explicit ScopedSpan(std::string_view name, SpanKind kind = SpanKind::kInternal)
      : before_(here()) {
    if (before_.tracer != nullptr) begin(name, kind);
  }
  /// Makes a span current that was begun elsewhere.
  explicit ScopedSpan(Span span);
  ScopedSpan(const ScopedSpan&) = delete;
  ScopedSpan& operator=(const ScopedSpan&) = delete;
  ~ScopedSpan();

  void set(const Field& field) {
    if (span_) span_.set(field);
  }
  void fail(std::string_view kind) {
    if (span_) span_.fail(kind);
  }
  const Span& span() const noexcept { return span_; }

 private:
  void begin(std::string_view name, SpanKind kind);

  const Here before_;
  Span span_;
};

/// On the current span of this thread, where it is this thread's own; else nothing.
void note(const Field& field);
void note_failure(std::string_view kind);

/// The value of traceparent for a call that this thread is about to make; empty without a span.
std::string current_traceparent();

}  // namespace gantry::observe
