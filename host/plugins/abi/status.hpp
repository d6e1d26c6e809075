#pragma once

#include <gantry/abi.h>

#include <string>
#include <string_view>

#include "host/base/error.hpp"
#include "host/plugins/source.hpp"

namespace gantry::plugins::abi {

/// What a status means to the host.
struct StatusMeaning {
  std::string_view category;  ///< "AUTH"; an unknown status is "BUG".
  ErrorKind kind;
};

/// The one table from ABI status to host error. OK, and the stream-only statuses where no stream
/// is read, are for the caller to handle first: here they read as what they would mean as errors.
StatusMeaning meaning_of(gantry_status status) noexcept;

/// The status that a service returns to the plugin for a failure of ours.
gantry_status status_of(ErrorKind kind) noexcept;

/// What set_error carried, copied: texts cut, not yet escaped or masked.
struct ErrorText {
  std::string message;
  std::string detail;
  std::string code;
  std::string pointer;
  std::chrono::nanoseconds retry_after{0};
};

/// Copies a plugin's gantry_error; empty texts where it is null or malformed.
ErrorText read_error(const gantry_error* error);

}  // namespace gantry::plugins::abi
