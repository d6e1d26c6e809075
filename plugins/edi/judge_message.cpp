#include <algorithm>

#include "edifact_map.hpp"
#include "judge.hpp"
#include "text.hpp"

namespace gantry::edi {
namespace {

// CONTRL's codes, list 0085.
constexpr int kMissing = 13, kNotSupportedHere = 15, kNoAgreement = 17, kDuplicate = 26,
              kReferences = 28, kCount = 29;

}  // namespace

Judgement judge_message(const std::vector<EdifactSegment>& segments, const Settings& settings,
                        Group& group) {
  const EdifactSegment& unh = segments.front();
  const EdifactSegment& unt = segments.back();
  Judgement out;
  SetResult& result = out.result;
  Warnings& warnings = out.warnings;
  result.control = unh.at(1);
  result.set = unh.at(2, 0);
  for (std::size_t part = 1; part < 4; ++part) {
    result.implementation += (part == 1 ? "" : ":") + std::string(unh.at(2, part));
  }
  group.version = result.implementation;
  const auto fault = [&](int code, std::string_view warning, std::string why) {
    if (std::find(result.codes.begin(), result.codes.end(), code) == result.codes.end()) {
      result.codes.push_back(code);
    }
    if (!warning.empty()) warnings.add(warning);
    if (out.reason.empty()) out.reason = std::move(why);
  };

  const MessageType* type = find_message(result.set);
  bool refuse = type == nullptr || result.control.empty();
  if (type == nullptr) fault(kNoAgreement, "", "this type of message is not supported");
  if (result.control.empty()) fault(kMissing, "", "UNH01, its reference, is missing");
  if (group.sets_seen.seen(result.control)) {
    fault(kDuplicate, "set_control_number_repeated",
          "its reference came before in this interchange");
  }
  if (unt.at(2) != result.control) {
    fault(kReferences, "set_control_numbers_differ", "UNT02 is not the reference of UNH01");
  }
  if (unt.at(1) != std::to_string(segments.size())) {
    fault(kCount, "segment_count",
          "UNT01 counts other than the " + std::to_string(segments.size()) + " segments there are");
  }
  if (type != nullptr) {
    std::string seen = " ";
    for (std::size_t i = 1; i + 1 < segments.size(); ++i) {
      const std::string name = ' ' + std::string(segments[i].at(0)) + ' ';
      if (type->known.find(name) == std::string_view::npos) {
        fault(kNotSupportedHere, "segment_not_in_message",
              trimmed(name).empty()
                  ? "a segment has no name"
                  : std::string(trimmed(name)) + " is no segment of this message");
      }
      if (seen.find(name) == std::string::npos) seen += name.substr(1);
    }
    std::string_view needed = trimmed(type->mandatory);
    while (!needed.empty()) {
      const std::string name(take_until(needed, ' '));
      if (seen.find(' ' + name + ' ') != std::string::npos) continue;
      fault(kMissing, "", name + " is missing");
      refuse = true;
    }
  }
  result.verdict = refuse || (settings.profile == Profile::kStrict && !result.codes.empty()) ? 'R'
                   : result.codes.empty()                                                    ? 'A'
                                                                                             : 'E';
  return out;
}

}  // namespace gantry::edi
