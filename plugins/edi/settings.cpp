#include "settings.hpp"

#include <gantry/sdk/settings.hpp>

namespace gantry::edi {
namespace {

void check_ids(std::string_view key, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    const auto colon = id.find(':');
    const std::size_t bare = colon == 2 ? id.size() - 3 : id.size();
    if (bare == 0 || bare > 35 || (colon != std::string::npos && colon != 2)) {
      sdk::Settings::refuse(key, "holds something that is no interchange id such as \"ZZ:QLHT\"");
    }
  }
}

}  // namespace

Settings read_settings(std::string_view text) {
  const sdk::Settings config(text);
  Settings settings;
  settings.profile = config.choose<Profile>(
      "profile", {{"tolerant", Profile::kTolerant}, {"strict", Profile::kStrict}});
  settings.acknowledge = config.choose<Acknowledge>("acknowledge", {{"auto", Acknowledge::kAuto},
                                                                    {"997", Acknowledge::k997},
                                                                    {"999", Acknowledge::k999},
                                                                    {"none", Acknowledge::kNone}});
  settings.ta1 = config.choose<Ta1>(
      "ta1", {{"auto", Ta1::kAuto}, {"always", Ta1::kAlways}, {"never", Ta1::kNever}});
  settings.ids = config.texts("ids");
  check_ids("ids", settings.ids);
  settings.partners = config.texts("partners");
  check_ids("partners", settings.partners);
  settings.element_bytes_max =
      static_cast<std::size_t>(config.integer("element_bytes_max", 80, 1 << 20, 4096));
  settings.segment_bytes_max =
      static_cast<std::size_t>(config.integer("segment_bytes_max", 512, 4 << 20, 64 * 1024));
  settings.set_bytes_max =
      static_cast<std::size_t>(config.integer("set_bytes_max", 4096, 64 << 20, 8 * 1024 * 1024));
  settings.checkpoint_sets =
      static_cast<std::uint32_t>(config.integer("checkpoint_sets", 1, 5000, 1000));
  if (settings.segment_bytes_max < settings.element_bytes_max) {
    sdk::Settings::refuse("segment_bytes_max", "is smaller than element_bytes_max");
  }
  return settings;
}

bool is_listed(const std::vector<std::string>& list, std::string_view qualifier,
               std::string_view id) {
  if (list.empty()) return true;
  for (const std::string& entry : list) {
    if (entry == id) return true;
    if (entry.size() > 3 && entry[2] == ':' && entry.substr(0, 2) == qualifier &&
        entry.substr(3) == id) {
      return true;
    }
  }
  return false;
}

}  // namespace gantry::edi
