#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "host/config/option.hpp"
#include "host/config/suggest.hpp"

namespace gantry::config {

/// One offer for a setting.
struct Candidate {
  Origin origin;
  std::string value;
  bool is_json = false;  ///< JSON text from a file, else plain text.
};

/// Collects offers for the settings of one table and applies the winners.
///
/// Offers come weakest first. Only the winner's value is checked: a flag can mend what a file of
/// another machine says. Unknown keys are problems whoever offers them.
template <class Target>
class Merge {
 public:
  Merge(std::span<const Option<Target>> options, std::vector<Problem>& problems)
      : options_(options), problems_(problems) {}

  void offer(const std::string& key, Candidate candidate) {
    for (const auto& option : options_) {
      if (!matches(option.spec, key)) continue;
      offers_[key].push_back(std::move(candidate));
      return;
    }
    std::vector<std::string_view> known;
    for (const auto& option : options_) {
      known.push_back(option.spec.key);
      // An empty table that only groups known keys says nothing.
      if (candidate.is_json && candidate.value == "{}" && option.spec.key.starts_with(key + '.')) {
        return;
      }
    }
    problems_.push_back({candidate.origin, "unknown key " + key + did_you_mean(key, known)});
  }

  void apply(Target& target, const std::string& prefix, std::vector<ExplainRow>& rows) {
    for (const auto& option : options_) {
      const OptionSpec& spec = option.spec;
      if (!spec.key.ends_with('*')) {
        apply_one(option, std::string(spec.key), target, prefix, rows);
        continue;
      }
      for (const auto& [key, offers] : offers_) {
        if (matches(spec, key)) apply_one(option, key, target, prefix, rows);
      }
    }
  }

  /// Where the winner of `key` came from.
  Origin origin(const std::string& key) const {
    const auto found = offers_.find(key);
    return found == offers_.end() ? Origin{} : found->second.back().origin;
  }

 private:
  void apply_one(const Option<Target>& option, const std::string& key, Target& target,
                 const std::string& prefix, std::vector<ExplainRow>& rows) {
    const OptionSpec& spec = option.spec;
    Candidate winner{{}, std::string(spec.fallback), false};
    ExplainRow row{prefix + key, {}, {}, {}};
    if (const auto found = offers_.find(key); found != offers_.end()) {
      const std::vector<Candidate>& offers = found->second;
      winner = offers.back();
      for (auto loser = offers.rbegin() + 1; loser != offers.rend(); ++loser) {
        row.overrides += (row.overrides.empty() ? "" : ", ") + loser->origin.text();
      }
    }
    Result<OptionValue> value =
        winner.is_json ? read_json(spec, Json::parse(winner.value)) : read_text(spec, winner.value);
    row.origin = winner.origin.text();
    if (!value) {
      problems_.push_back({winner.origin, key + ": " + value.error().what});
      return;
    }
    matches(spec, key, &value->name);
    row.value = value->text;
    option.set(target, *value);
    rows.push_back(std::move(row));
  }

  std::span<const Option<Target>> options_;
  std::vector<Problem>& problems_;
  std::map<std::string, std::vector<Candidate>> offers_;
};

/// Reads one source file (it has a `[source]` table) into `config`. [blocking]
void read_source(const struct TomlDocument& document, Config& config,
                 std::vector<Problem>& problems);

}  // namespace gantry::config
