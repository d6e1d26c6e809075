#include "host/pipeline/rules_extractor.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "host/base/assert.hpp"
#include "host/pipeline/normalise.hpp"

namespace gantry::pipeline {
namespace {

constexpr std::size_t kEntitiesMax = 1000;
constexpr std::size_t kGroupsMax = 5;

/// A match's groups; [0] is the part that the entity covers.
using Groups = std::array<std::string_view, kGroupsMax>;
using Value = std::optional<std::string> (*)(const Groups& groups);

struct Rule {
  std::string_view kind;
  std::string_view pattern;  ///< Group 1 is what the entity covers, the others feed `value`.
  double confidence;
  Value value;
};

std::optional<std::string> load(const Groups& g) { return reference_value("load", g[0]); }
std::optional<std::string> pro(const Groups& g) { return reference_value("pro", g[0]); }
std::optional<std::string> bol(const Groups& g) { return reference_value("bol", g[0]); }
std::optional<std::string> po(const Groups& g) { return reference_value("po", g[0]); }
std::optional<std::string> trailer(const Groups& g) { return reference_value("trailer", g[0]); }
std::optional<std::string> registration(const Groups& g) { return registration_value(g[0]); }
std::optional<std::string> phone(const Groups& g) { return phone_value(g[1], g[2], g[3]); }

/// "USD $" before an amount is USD.
std::string_view code_before(std::string_view mark) {
  return mark.size() > 3 && mark[0] != '\xE2' ? mark.substr(0, 3) : mark;
}
std::optional<std::string> iso_date(const Groups& g) { return date_value(g[1], g[2], g[3]); }
std::optional<std::string> us_date(const Groups& g) { return date_value(g[3], g[1], g[2]); }
std::optional<std::string> day_first(const Groups& g) { return date_value(g[3], g[2], g[1]); }

// "#", "No.", "number:" between a keyword and its number; kMark needs one, kGap needs none.
#define MARK R"([ \t]{0,3}(?:#|:|(?:no|num|number|id)\b\.?)[ \t]{0,3}[#:]?[ \t]{0,3})"
#define GAP R"([ \t]{0,3}(?:#|:|(?:no|num|number|id)\b\.?)?[ \t]{0,3}[#:]?[ \t]{0,3})"
#define REF R"(([A-Z0-9][A-Z0-9-]{2,24})\b)"
#define AMOUNT R"(((?:[0-9]{1,3}(?:,[0-9]{3}){1,5}|[0-9]{1,15})(?:\.[0-9]{1,4})?))"
#define MONTH                                                             \
  R"((jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|)" \
  R"(aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?)"

// Every repetition is bounded: a match dies soon after it fails, so a text is read about once.
constexpr Rule kRules[] = {
    {"load", R"((?i)\b(?:load|shipment|ld))" MARK REF, 0.95, load},
    {"load", R"((?i)\b(?:load|shipment)[ \t]{1,3})" REF, 0.6, load},
    {"load", R"((?i)\b(LD-?[0-9]{4,12})\b)", 0.7, load},
    {"pro", R"((?i)\bpro)" MARK REF, 0.95, pro},
    {"pro", R"(\bPRO[ \t]{1,3})" REF, 0.8, pro},
    {"pro", R"(\b(PRO-?[0-9]{4,12})\b)", 0.85, pro},
    {"bol", R"(\b(BOL-?[0-9]{4,12})\b)", 0.9, bol},
    {"bol", R"((?i)\b(?:bol|b/l|bill[ \t]{1,3}of[ \t]{1,3}lading))" GAP REF, 0.95, bol},
    {"po", R"((?i)\b(?:p\.?o\.?|purchase[ \t]{1,3}order))" MARK REF, 0.95, po},
    {"po", R"(\bPO[ \t]{1,3})" REF, 0.7, po},
    {"po", R"(\b(PO-?[0-9]{4,12})\b)", 0.75, po},
    {"scac", R"(\b(?i:scac)(?:[ \t]{1,3}(?i:code))?[ \t]{0,3}[:#]?[ \t]{0,3}([A-Z]{2,4})\b)", 0.95,
     [](const Groups& g) { return scac_value(g[0]); }},
    {"mc", R"((?i)\bmc)" GAP R"(-?([0-9]{4,8})\b)", 0.95, registration},
    {"dot", R"((?i)\b(?:us[ \t]?)?dot)" GAP R"(-?([0-9]{4,8})\b)", 0.95, registration},
    {"container", R"(\b([A-Z]{3}[UJZ][ -]?[0-9]{6}[ -]?[0-9])\b)", 0.99,
     [](const Groups& g) { return container_value(g[0]); }},
    {"trailer", R"((?i)\b(?:trailer|trlr?|tlr))" GAP REF, 0.85, trailer},
    {"carrier",
     R"(\b((?:[A-Z][A-Za-z0-9&'.-]{0,30}[ \t]{1,2}){1,4})"
     R"((?:Trucking|Logistics|Freight|Transport|Transportation|Transports|Carriers|Lines|Express|)"
     R"(Cartage|Drayage|Haulage|Hauling)(?:,?[ ](?:Inc|LLC|Ltd|Corp|Co|LP)\b\.?)?))",
     0.7, [](const Groups& g) { return carrier_value(g[0]); }},
    {"place",
     R"((?:^|[^\pL])((\p{Lu}[\pL.'’-]{1,30}(?:[ ]\p{Lu}[\pL.'’-]{1,30}){0,3}),[ \t]{0,2}([A-Z]{2}))\b)",
     0.9, [](const Groups& g) { return place_value(g[1], g[2]); }},
    {"money",
     R"(((US\$|CA\$|C\$|\$|€|£|\b(?:USD|CAD|MXN|EUR|GBP)[ ]?\$?)[ ]?)" AMOUNT
     R"((?:([kK]|M)\b)?(?:[ ]?(USD|CAD|MXN)\b)?))",
     0.9, [](const Groups& g) { return money_value(code_before(g[1]), g[2], g[4], g[3]); }},
    // "1.250,00": the longer find wins over the "1.250" above.
    {"money", R"(((€|\b(?:EUR|MXN|CAD|USD))[ ]?([0-9]{1,3}(?:\.[0-9]{3}){0,5},[0-9]{2})\b))", 0.9,
     [](const Groups& g) { return money_value(g[1], comma_amount(g[2]), {}); }},
    {"money", R"(\b(([0-9]{1,3}(?:\.[0-9]{3}){0,5},[0-9]{2})[ ]?(EUR|€)))", 0.9,
     [](const Groups& g) { return money_value({}, comma_amount(g[1]), g[2]); }},
    {"money", R"(\b()" AMOUNT R"([ ]?(USD|CAD|MXN|EUR|GBP|€)))", 0.9,
     [](const Groups& g) { return money_value({}, g[1], g[2]); }},
    {"date", R"(\b(([0-9]{4})-([0-9]{2})-([0-9]{2}))(?:T|\b))", 0.99, iso_date},
    {"date", R"(\b(([0-9]{4})/([0-9]{1,2})/([0-9]{1,2}))\b)", 0.95, iso_date},
    {"date", R"(\b(([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2}))\b)", 0.9, us_date},
    {"date", R"(\b(([0-9]{1,2})-([0-9]{1,2})-([0-9]{4}))\b)", 0.8, us_date},
    {"date", R"(\b(([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}))\b)", 0.7, day_first},
    {"date",
     R"((?i)\b()" MONTH R"([ \t]{1,3}([0-9]{1,2})(?:st|nd|rd|th)?,?[ \t]{1,3}([0-9]{4}))\b)", 0.95,
     us_date},
    {"date",
     R"((?i)\b(([0-9]{1,2})(?:st|nd|rd|th)?[ \t]{1,3})" MONTH R"(,?[ \t]{1,3}([0-9]{4}))\b)", 0.95,
     day_first},
    {"email",
     R"(\b([A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})\b)", 0.99,
     [](const Groups& g) { return email_value(g[0]); }},
    {"phone",
     R"((?:^|[^\w+(-])((?:\+?1[ .-]?)?\(([2-9][0-9]{2})\)[ ]?([2-9][0-9]{2})[ .-]([0-9]{4}))\b)",
     0.95, phone},
    {"phone",
     R"((?:^|[^\w+(-])((?:\+?1[ .-]?)?([2-9][0-9]{2})[ .-]([2-9][0-9]{2})[ .-]([0-9]{4}))\b)", 0.9,
     phone},
    {"phone", R"((?:^|[^\w])(\+1([2-9][0-9]{2})([2-9][0-9]{2})([0-9]{4}))\b)", 0.95, phone},
    {"phone",
     R"((?i)\b(?:phone|tel|cell|mobile|fax|ph)\b[ \t.:#]{0,4}(([2-9][0-9]{2})([2-9][0-9]{2})([0-9]{4}))\b)",
     0.9, phone},
    {"phone", R"((?:^|[^\w])(\+[2-9][0-9](?:[ .-]?\(?[0-9]{1,5}\)?){2,6})\b)", 0.85,
     [](const Groups& g) { return world_phone_value(g[0]); }},
};

#undef MARK
#undef GAP
#undef REF
#undef AMOUNT
#undef MONTH

Entity entity_of(const Rule& rule, std::string_view text, std::string_view found,
                 std::string value) {
  const auto begin = static_cast<std::size_t>(found.data() - text.data());
  return {std::string(rule.kind), std::string(found), std::move(value), begin,
          begin + found.size(),   rule.confidence};
}

/// The surest of overlapping entities, then the longest, in the order of the text.
std::vector<Entity> without_overlaps(std::vector<Entity> found) {
  std::ranges::sort(found, [](const Entity& a, const Entity& b) {
    if (a.confidence != b.confidence) return a.confidence > b.confidence;
    if (a.end - a.begin != b.end - b.begin) return a.end - a.begin > b.end - b.begin;
    return std::tie(a.begin, a.kind) < std::tie(b.begin, b.kind);
  });
  std::map<std::size_t, Entity> kept;  // by begin; never overlapping
  for (Entity& entity : found) {
    const auto after = kept.lower_bound(entity.begin);
    if (after != kept.end() && after->first < entity.end) continue;
    if (after != kept.begin() && std::prev(after)->second.end > entity.begin) continue;
    kept.emplace_hint(after, entity.begin, std::move(entity));
  }
  std::vector<Entity> out;
  for (auto& [begin, entity] : kept) {
    if (out.size() == kEntitiesMax) break;
    out.push_back(std::move(entity));
  }
  return out;
}

}  // namespace

struct RulesExtractor::Rules {
  std::vector<std::unique_ptr<const re2::RE2>> patterns;
};

RulesExtractor::RulesExtractor() {
  auto rules = std::make_unique<Rules>();
  for (const Rule& rule : kRules) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(4 << 20);
    rules->patterns.push_back(std::make_unique<re2::RE2>(
        re2::StringPiece(rule.pattern.data(), rule.pattern.size()), options));
    GANTRY_ASSERT(rules->patterns.back()->ok());
    GANTRY_ASSERT(rules->patterns.back()->NumberOfCapturingGroups() <=
                  static_cast<int>(kGroupsMax));
  }
  rules_ = std::move(rules);
}

RulesExtractor::~RulesExtractor() = default;

Result<std::vector<Entity>> RulesExtractor::extract(std::string_view text) const {
  std::vector<Entity> found;
  const re2::StringPiece whole(text.data(), text.size());
  for (std::size_t r = 0; r < std::size(kRules); ++r) {
    const Rule& rule = kRules[r];
    std::array<re2::StringPiece, kGroupsMax + 1> groups;
    const int wanted = 1 + rules_->patterns[r]->NumberOfCapturingGroups();
    std::size_t at = 0;
    std::size_t of_rule = 0;
    while (at <= text.size() && of_rule < kEntitiesMax &&
           rules_->patterns[r]->Match(whole, at, whole.size(), re2::RE2::UNANCHORED, groups.data(),
                                      wanted)) {
      Groups values;
      for (std::size_t g = 0; g < kGroupsMax; ++g) {
        values[g] = {groups[g + 1].data(), groups[g + 1].size()};
      }
      at = static_cast<std::size_t>(groups[0].data() - whole.data()) + groups[0].size();
      if (rule.kind == "carrier" || rule.kind == "place") {
        const std::size_t stops = leading_stop_words(values[0]);
        values[0].remove_prefix(stops);
        values[1].remove_prefix(std::min(stops, values[1].size()));  // of a place: its city
      }
      if (auto value = rule.value(values)) {
        found.push_back(entity_of(rule, text, values[0], std::move(*value)));
        ++of_rule;
      }
    }
  }
  return without_overlaps(std::move(found));
}

}  // namespace gantry::pipeline
