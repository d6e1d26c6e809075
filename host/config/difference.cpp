#include "host/config/difference.hpp"

#include <algorithm>

#include "host/config/option.hpp"

namespace gantry::config {
namespace {

const SourceConfig* enabled(const Config& config, std::string_view id) {
  const auto found = std::ranges::find(config.sources, id, &SourceConfig::id);
  return found == config.sources.end() || !found->enabled ? nullptr : &*found;
}

bool same(SourceConfig before, SourceConfig after) {
  for (SourceConfig* one : {&before, &after}) {  // where it stands is not what it says
    one->file.clear();
    one->line = 0;
    one->setting_lines.clear();
  }
  return before == after;
}

bool is_host_key(const std::string& key) {
  return std::ranges::any_of(host_options(),
                             [&key](const auto& option) { return matches(option.spec, key); });
}

std::map<std::string, std::string> host_values(const Config& config) {
  std::map<std::string, std::string> values;
  for (const ExplainRow& row : config.explain) {
    if (is_host_key(row.key)) values[row.key] = row.value;
  }
  return values;
}

}  // namespace

Difference compare(const Config& before, const Config& after) {
  Difference difference;
  for (const SourceConfig& source : after.sources) {
    if (!source.enabled) continue;
    const SourceConfig* old = enabled(before, source.id);
    auto& list = old == nullptr       ? difference.added
                 : same(*old, source) ? difference.unchanged
                                      : difference.changed;
    list.push_back(source.id);
  }
  for (const SourceConfig& source : before.sources) {
    if (source.enabled && enabled(after, source.id) == nullptr) {
      difference.removed.push_back(source.id);
    }
  }
  const auto old_values = host_values(before);
  auto new_values = host_values(after);
  for (const auto& [key, value] : old_values) {
    const auto now = new_values.find(key);
    if (now == new_values.end() || now->second != value) difference.host.push_back(key);
    if (now != new_values.end()) new_values.erase(now);
  }
  for (const auto& [key, value] : new_values) difference.host.push_back(key);
  std::ranges::sort(difference.host);
  return difference;
}

}  // namespace gantry::config
