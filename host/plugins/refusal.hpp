#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace gantry::plugins {

/// Why a source was not loaded; the label of a counter.
enum class RefusalKind {
  kMissingFile,
  kNotRegularFile,
  kUnreadable,
  kUnsafePermissions,
  kNotElf,
  kWrongArchitecture,
  kSha256Mismatch,
  kNoEntrySymbol,
  kLoadFailed,
  kBadMagic,
  kAbiMajor,
  kAbiTag,
  kStructSize,
  kHostTooOld,
  kManifestInvalid,
  kManifestDiffers,
  kIdMismatch,
  kDuplicatePlugin,
  kDuplicateSource,
  kServiceUnknown,
  kCapabilityMissing,
  kConfigInvalid,
  kInitFailed,
};

/// The kind as one lower-case word with underscores. [any-thread]
std::string_view to_string(RefusalKind kind) noexcept;

/// A reason and what to do about it; the loader adds the file and the source.
struct [[nodiscard]] Refused {
  RefusalKind kind = RefusalKind::kLoadFailed;
  std::string reason;
  std::string remedy;
};

/// Lets Checked<T>::value() throw on a refusal, for tests and tools.
[[noreturn]] void throw_exception_from_error(const Refused& refused, const boost::source_location&);

/// A value, or why the plugin is refused.
template <class T>
using Checked = boost::system::result<T, Refused>;

}  // namespace gantry::plugins
