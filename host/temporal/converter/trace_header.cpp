#include "host/temporal/converter/trace_header.hpp"

#include <nlohmann/json.hpp>

#include "host/base/json.hpp"

namespace gantry::temporal {

Payload trace_payload(const observe::TraceContext& context) {
  Json carrier{{observe::kTraceparent, context.traceparent()}};
  if (!context.state.empty()) carrier[std::string(observe::kTracestate)] = context.state;
  return {{{"encoding", std::string(kEncodingJson)}}, dump_json(carrier)};
}

std::optional<observe::TraceContext> trace_of(const Payload& payload) {
  if (payload.encoding() != kEncodingJson) return std::nullopt;
  const auto carrier = parse_json(payload.data);
  if (!carrier) return std::nullopt;
  const auto context =
      observe::TraceContext::parse(text_at(*carrier, observe::kTraceparent).value_or(""),
                                   text_at(*carrier, observe::kTracestate).value_or(""));
  if (!context) return std::nullopt;
  return *context;
}

std::string_view word_for(const Failure& failure) noexcept {
  if (const auto* application = find_failure<ApplicationFailure>(failure)) return application->type;
  if (find_failure<TimeoutFailure>(failure) != nullptr) return "Timeout";
  if (find_failure<Cancelled>(failure) != nullptr) return "Cancelled";
  return "Failure";
}

}  // namespace gantry::temporal
