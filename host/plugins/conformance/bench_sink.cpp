#include "host/plugins/conformance/bench_sink.hpp"

#include "host/plugins/abi/span.hpp"
#include "host/plugins/abi/status.hpp"

namespace gantry::plugins::conformance {
namespace {

std::string copy(const gantry_span& span) {
  return std::string(abi::view_of(span).value_or(std::string_view{}));
}

BenchSink& of(gantry_sink* sink) { return *static_cast<BenchSink*>(sink->impl); }

}  // namespace

std::string Record::fingerprint() const {
  std::string out;
  for (const std::string* field :
       {&kind, &key, &title, &text, &content_type, &raw, &metadata, &participants}) {
    out += std::to_string(field->size()) + ':' + *field;
  }
  return out + std::to_string(occurred_at_ns) + ',' + std::to_string(version) + ',' +
         std::to_string(flags);
}

BenchSink::BenchSink(std::string_view source, Instant received_at, StopPlan& plan, Shape shape)
    : plan_(plan),
      rules_(source, received_at, abi::Quota{UINT64_MAX, UINT64_MAX}),
      native_(
          gantry_sink{0, 0, this,
                      [](gantry_sink* self, const gantry_record* record) noexcept {
                        return of(self).emit(record);
                      },
                      [](gantry_sink* self, gantry_span raw, const gantry_error* reason) noexcept {
                        return of(self).reject(raw, reason);
                      },
                      [](gantry_sink* self, gantry_span cursor) noexcept {
                        return of(self).checkpoint(cursor);
                      }},
          shape) {}

std::int32_t BenchSink::emit(const gantry_record* record) {
  if (plan_.on_emit) plan_.on_emit();
  if (taken_.stopped) {
    ++taken_.after_stop;
    return GANTRY_SINK_STOP;
  }
  if (plan_.emits++ == plan_.at_emit) {
    taken_.stopped = true;
    return GANTRY_SINK_STOP;
  }
  const std::int32_t answer = rules_.native()->emit(rules_.native(), record);
  if (answer != GANTRY_SINK_CONTINUE) {
    taken_.broken.push_back(rules_.parsed().rejected.back().reason.what);
    rules_.parsed().rejected.clear();
    return answer;
  }
  rules_.parsed().documents.clear();
  taken_.records.push_back({copy(record->kind), copy(record->key), copy(record->title),
                            copy(record->text), copy(record->content_type), copy(record->raw),
                            copy(record->metadata), copy(record->participants),
                            record->occurred_at_ns, record->version, record->flags});
  return GANTRY_SINK_CONTINUE;
}

std::int32_t BenchSink::reject(const gantry_span& raw, const gantry_error* reason) {
  if (taken_.stopped) {
    ++taken_.after_stop;
    return GANTRY_SINK_STOP;
  }
  taken_.rejected.emplace_back(copy(raw), abi::read_error(reason).message);
  return GANTRY_SINK_CONTINUE;
}

std::int32_t BenchSink::checkpoint(const gantry_span& cursor) {
  constexpr std::size_t kCursorMax = 64U << 10U;
  if (taken_.stopped) return GANTRY_SINK_STOP;
  const auto bytes = abi::view_of(cursor);
  if (!bytes || bytes->size() > kCursorMax) {
    taken_.broken.push_back("a cursor of more than 64 KiB");
    return GANTRY_SINK_REFUSED;
  }
  taken_.cursors.emplace_back(*bytes);
  taken_.stopped = plan_.checkpoints++ == plan_.at_checkpoint ||
                   (plan_.at_every_checkpoint && *bytes != plan_.cursor);
  return taken_.stopped ? GANTRY_SINK_STOP : GANTRY_SINK_CONTINUE;
}

}  // namespace gantry::plugins::conformance
