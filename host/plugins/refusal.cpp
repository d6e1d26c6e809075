#include "host/plugins/refusal.hpp"

#include <stdexcept>

namespace gantry::plugins {

std::string_view to_string(RefusalKind kind) noexcept {
  switch (kind) {
    case RefusalKind::kMissingFile:
      return "missing_file";
    case RefusalKind::kNotRegularFile:
      return "not_regular_file";
    case RefusalKind::kUnreadable:
      return "unreadable";
    case RefusalKind::kUnsafePermissions:
      return "unsafe_permissions";
    case RefusalKind::kNotElf:
      return "not_elf";
    case RefusalKind::kWrongArchitecture:
      return "wrong_architecture";
    case RefusalKind::kSha256Mismatch:
      return "sha256_mismatch";
    case RefusalKind::kNoEntrySymbol:
      return "no_entry_symbol";
    case RefusalKind::kLoadFailed:
      return "load_failed";
    case RefusalKind::kBadMagic:
      return "bad_magic";
    case RefusalKind::kAbiMajor:
      return "abi_major";
    case RefusalKind::kAbiTag:
      return "abi_tag";
    case RefusalKind::kStructSize:
      return "struct_size";
    case RefusalKind::kHostTooOld:
      return "host_too_old";
    case RefusalKind::kManifestInvalid:
      return "manifest_invalid";
    case RefusalKind::kManifestDiffers:
      return "manifest_differs";
    case RefusalKind::kIdMismatch:
      return "id_mismatch";
    case RefusalKind::kDuplicatePlugin:
      return "duplicate_plugin";
    case RefusalKind::kDuplicateSource:
      return "duplicate_source";
    case RefusalKind::kServiceUnknown:
      return "service_unknown";
    case RefusalKind::kCapabilityMissing:
      return "capability_missing";
    case RefusalKind::kConfigInvalid:
      return "config_invalid";
    case RefusalKind::kInitFailed:
      return "init_failed";
  }
  return "load_failed";
}

void throw_exception_from_error(const Refused& refused, const boost::source_location&) {
  throw std::runtime_error(refused.reason + "; " + refused.remedy);
}

}  // namespace gantry::plugins
