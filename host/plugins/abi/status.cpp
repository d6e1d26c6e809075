#include "host/plugins/abi/status.hpp"

#include <algorithm>

#include "host/plugins/abi/span.hpp"

namespace gantry::plugins::abi {
namespace {

// Copied longer than shown: whoever shows a text masks secrets first and cuts then, so that no half
// of a secret survives at the end.
constexpr std::size_t kMessageMax = 16U << 10U;
constexpr std::size_t kDetailMax = 16U << 10U;
constexpr std::size_t kCodeMax = 128;
constexpr std::size_t kPointerMax = 512;
constexpr std::int64_t kRetryAfterMaxNs = std::int64_t{24} * 3600 * 1'000'000'000;

}  // namespace

StatusMeaning meaning_of(gantry_status status) noexcept {
  switch (status) {
    case GANTRY_OK:
      return {"OK", ErrorKind::kInternal};
    case GANTRY_CONFIG:
      return {"CONFIG", ErrorKind::kInvalid};
    case GANTRY_AUTH:
      return {"AUTH", ErrorKind::kDenied};
    case GANTRY_RATE_LIMITED:
      return {"RATE_LIMITED", ErrorKind::kUnavailable};
    case GANTRY_TRANSIENT:
      return {"TRANSIENT", ErrorKind::kUnavailable};
    case GANTRY_DATA:
      return {"DATA", ErrorKind::kInvalid};
    case GANTRY_BUG:
      return {"BUG", ErrorKind::kInternal};
    case GANTRY_CANCELLED:
      return {"CANCELLED", ErrorKind::kCancelled};
    case GANTRY_UNSUPPORTED:
      return {"UNSUPPORTED", ErrorKind::kUnsupported};
    case GANTRY_END:
      return {"END", ErrorKind::kNotFound};
    case GANTRY_NOT_CONNECTED:
      return {"NOT_CONNECTED", ErrorKind::kUnavailable};
    default:
      return {"BUG", ErrorKind::kInternal};
  }
}

gantry_status status_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::kInvalid:
      return GANTRY_CONFIG;
    case ErrorKind::kNotFound:
      return GANTRY_DATA;
    case ErrorKind::kConflict:
      return GANTRY_DATA;
    case ErrorKind::kDenied:
      return GANTRY_CONFIG;
    case ErrorKind::kUnavailable:
      return GANTRY_TRANSIENT;
    case ErrorKind::kTimeout:
      return GANTRY_TRANSIENT;
    case ErrorKind::kCancelled:
      return GANTRY_CANCELLED;
    case ErrorKind::kExhausted:
      return GANTRY_DATA;
    case ErrorKind::kUnsupported:
      return GANTRY_UNSUPPORTED;
    case ErrorKind::kInternal:
      return GANTRY_BUG;
  }
  return GANTRY_BUG;
}

ErrorText read_error(const gantry_error* error) {
  const auto read = read_struct(error, sizeof(gantry_error));
  if (!read) return {};
  ErrorText text;
  text.message = view_or_empty(read->message, kMessageMax);
  text.detail = view_or_empty(read->detail, kDetailMax);
  text.code = view_or_empty(read->code, kCodeMax);
  text.pointer = view_or_empty(read->pointer, kPointerMax);
  text.retry_after =
      std::chrono::nanoseconds{std::clamp<std::int64_t>(read->retry_after_ns, 0, kRetryAfterMaxNs)};
  return text;
}

}  // namespace gantry::plugins::abi
