#include "host/stores/saga/outcome.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace gantry::stores::saga {
namespace {

constexpr OutcomeKind kOutcomeKinds[] = {OutcomeKind::kSuccess, OutcomeKind::kRolledBack,
                                         OutcomeKind::kFailed, OutcomeKind::kPartial};
constexpr Kept kKepts[] = {Kept::kWritten, Kept::kUnchanged, Kept::kStale, Kept::kFenced};
constexpr ErrorKind kErrorKinds[] = {
    ErrorKind::kInvalid,     ErrorKind::kNotFound, ErrorKind::kConflict,  ErrorKind::kDenied,
    ErrorKind::kUnavailable, ErrorKind::kTimeout,  ErrorKind::kCancelled, ErrorKind::kExhausted,
    ErrorKind::kUnsupported, ErrorKind::kInternal};

template <class Value, std::size_t N>
Value named(const Value (&values)[N], const Json& name) {
  for (const Value value : values) {
    if (to_string(value) == name.get_ref<const std::string&>()) return value;
  }
  throw std::out_of_range("unknown name in an outcome");
}

}  // namespace

std::string_view to_string(OutcomeKind kind) noexcept {
  switch (kind) {
    case OutcomeKind::kSuccess:
      return "success";
    case OutcomeKind::kRolledBack:
      return "rolled_back";
    case OutcomeKind::kFailed:
      return "failed";
    case OutcomeKind::kPartial:
      return "partial";
  }
  return "unknown";
}

void to_json(Json& out, const Outcome& outcome) {
  out = {{"document_id", outcome.document_id},
         {"outcome", to_string(outcome.kind)},
         {"kept", stores::to_string(outcome.kept)},
         {"cached", outcome.cached}};
  if (outcome.error) {
    out["error"] = {{"kind", gantry::to_string(outcome.error->kind)},
                    {"what", outcome.error->what},
                    {"upstream", outcome.error->upstream}};
  }
}

void from_json(const Json& in, Outcome& outcome) {
  in.at("document_id").get_to(outcome.document_id);
  outcome.kind = named(kOutcomeKinds, in.at("outcome"));
  outcome.kept = named(kKepts, in.at("kept"));
  in.at("cached").get_to(outcome.cached);
  outcome.error.reset();
  if (const auto error = in.find("error"); error != in.end()) {
    outcome.error.emplace(named(kErrorKinds, error->at("kind")), error->at("what"),
                          error->at("upstream"));
  }
}

}  // namespace gantry::stores::saga
