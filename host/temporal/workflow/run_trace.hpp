#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/observe/trace.hpp"
#include "host/temporal/converter/payload.hpp"
#include "host/temporal/workflow/options.hpp"

namespace gantry::temporal::workflow::detail {

/// A run's place in its trace, the same on every worker and in every replay: the trace is the one
/// of the start's header, or else one that follows from the run's id, and so does the run's span.
/// Activities and children can refer to it long before it has ended.
///
/// The span is recorded once: where the run ends outside of replay, and only after the server took
/// the task that ended it. Without a tracer a header is carried on as it came. [workflow]
class RunTrace {
 public:
  explicit RunTrace(observe::Tracer* tracer) noexcept : tracer_(tracer) {}

  /// `header`: the start's, if it has one.
  void begin(const Info& info, std::optional<Payload> header);
  /// A trace of its own for what the run does next, a round of many; linked to the run's.
  void begin_own(std::string_view name, const Info& info, Instant now);
  void end_own(bool replaying);
  /// How the run ended; `failure` is one word, empty where it ended well.
  void end(std::string_view outcome, std::string_view failure, bool replaying);
  /// Whether the server took what was done since the last call.
  void settle(bool taken) noexcept;

  observe::Tracer* tracer() const noexcept { return tracer_; }
  /// Where the run stands at the moment; meaningless without a tracer. Stays at its address.
  const observe::TraceContext& here() const noexcept { return here_; }
  /// What goes on commands for activities and children; null: nothing.
  const Payload* header() const noexcept { return header_ ? &*header_ : nullptr; }
  /// What the next run is started with; null: nothing.
  const Payload* inherited() const noexcept { return inherited_ ? &*inherited_ : nullptr; }

 private:
  void stand_at(const observe::TraceContext& context);
  void close(std::optional<observe::SpanRecord>& span, bool replaying);

  observe::Tracer* const tracer_;
  observe::TraceContext here_;
  std::optional<Payload> header_;
  std::optional<Payload> inherited_;
  std::optional<observe::SpanRecord> run_;
  std::optional<observe::SpanRecord> own_;
  std::uint64_t own_count_ = 0;
  std::vector<observe::SpanRecord> ended_;  // The server has not taken them yet.
};

}  // namespace gantry::temporal::workflow::detail
