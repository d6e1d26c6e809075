#include "host/activities/failures.hpp"

#include "host/activities/intake.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/temporal/converter/convert.hpp"

namespace gantry::activities {
namespace {

bool final(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
    case ErrorKind::kDenied:
    case ErrorKind::kUnsupported:
    case ErrorKind::kInternal:
      return true;
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
    case ErrorKind::kCancelled:
    case ErrorKind::kExhausted:
      return false;
  }
  return false;
}

}  // namespace

temporal::ApplicationFailure elsewhere(std::string_view home) {
  temporal::ApplicationFailure failure(std::string(kElsewhere),
                                       "what this needs is on host " + std::string(home), true);
  failure.details = {temporal::to_payload(std::string(home))};
  return failure;
}

bool is_final(const plugins::PluginError& error) {
  if (error.category.empty()) return final(error.kind);
  return error.category != "TRANSIENT" && error.category != "CANCELLED" &&
         error.category != "RATE_LIMITED" && error.category != "NOT_CONNECTED";
}

temporal::ApplicationFailure to_failure(const Error& error) {
  std::string type(error.kind == ErrorKind::kInvalid ? kValidationError : to_string(error.kind));
  return {std::move(type), error.message(), final(error.kind)};
}

temporal::ApplicationFailure to_failure(const plugins::PluginError& error) {
  if (error.category.empty()) return to_failure(static_cast<const Error&>(error));
  std::string message = error.message();
  if (!error.code.empty()) message += " (code " + error.code + ")";
  temporal::ApplicationFailure failure(error.category, std::move(message), final(error.kind));
  if (error.retry_after.count() > 0) {
    failure.next_retry_delay =
        std::chrono::duration_cast<std::chrono::milliseconds>(error.retry_after);
  }
  return failure;
}

temporal::ApplicationFailure to_flow_failure(const plugins::PluginError& error) {
  Interruption why = interruption_of(error);
  temporal::ApplicationFailure failure(why.category, why.message,
                                       is_final(error) || why.category == "RATE_LIMITED");
  if (why.retry_after.count() > 0) failure.next_retry_delay = why.retry_after;
  failure.details = {temporal::to_payload(why)};
  return failure;
}

}  // namespace gantry::activities
