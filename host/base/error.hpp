#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace gantry {

/// Why an expected failure happened. Three switches without `default` turn a kind into an HTTP
/// status, a Temporal retry decision and a plugin ABI category.
enum class ErrorKind {
  kInvalid,      ///< The input is wrong; the same input fails again.
  kNotFound,     ///< The named thing does not exist.
  kConflict,     ///< It exists already, or somebody else holds it.
  kDenied,       ///< Not authenticated or not allowed.
  kUnavailable,  ///< The other side is away or overloaded; a later try may succeed.
  kTimeout,      ///< No answer in time; the effect is unknown.
  kCancelled,    ///< The caller gave up.
  kExhausted,    ///< A limit of ours: size, count, rate, disk.
  kUnsupported,  ///< Nobody built this.
  kInternal,     ///< A bug of ours or of a plugin.
};

/// The kind as one lower-case word for logs and JSON. [any-thread]
std::string_view to_string(ErrorKind kind) noexcept;

/// An expected failure: network, input, conflict. Bugs are GANTRY_ASSERT, not errors.
struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string what;  ///< For operators: the operation, the id, the remedy. No secret, no payload.
  std::string upstream;  ///< The other side's words. Untrusted: shown escaped, never matched.

  Error() = default;  ///< What Result<T>::error() gives where there is none.
  Error(ErrorKind kind_, std::string what_, std::string upstream_ = {})
      : kind(kind_), what(std::move(what_)), upstream(std::move(upstream_)) {}

  /// True where the same call may succeed later without anybody changing anything.
  bool retryable() const noexcept;

  /// One line: `what`, then the upstream words in quotes, control characters escaped.
  std::string message() const;
};

/// Lets Result<T>::value() throw on an error, for tests and tools.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

/// Either a value or an Error.
template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace gantry
