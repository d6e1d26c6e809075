#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::edi {

enum class Profile { kTolerant, kStrict };
enum class Acknowledge { kAuto, k997, k999, kNone };
enum class Ta1 { kAuto, kAlways, kNever };

/// The configuration of one source; schema.json documents each field.
struct Settings {
  Profile profile = Profile::kTolerant;
  Acknowledge acknowledge = Acknowledge::kAuto;
  Ta1 ta1 = Ta1::kAuto;
  std::vector<std::string> ids;       ///< Ours, as "ZZ:QLHT" or "QLHT"; empty: any receiver.
  std::vector<std::string> partners;  ///< Senders, likewise; empty: any sender.
  std::size_t element_bytes_max = 4096;
  std::size_t segment_bytes_max = 64 * 1024;
  std::size_t set_bytes_max = 8 * 1024 * 1024;
  std::uint32_t checkpoint_sets = 1000;
};

/// Reads the configuration. Throws Failure(kConfig) naming the field.
Settings read_settings(std::string_view config);

/// True where `list` is empty or names the id, with its qualifier or without.
bool is_listed(const std::vector<std::string>& list, std::string_view qualifier,
               std::string_view id);

}  // namespace gantry::edi
