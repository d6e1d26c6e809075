#include <algorithm>

#include "grammar.hpp"
#include "judge.hpp"

namespace gantry::edi {
namespace {

// AK502, data element 718.
constexpr int kUnsupported = 1, kControlDiffers = 3, kCountDiffers = 4, kSegmentsInError = 5,
              kBadSetId = 6, kBadControl = 7, kDuplicateControl = 23;

// Data elements 720 and 723, as a person would say them.
constexpr std::string_view kSegmentWords[] = {"",
                                              "is no segment we know",
                                              "is unexpected here",
                                              "is missing",
                                              "begins a loop too many",
                                              "occurs too often",
                                              "does not belong into this set",
                                              "is out of sequence",
                                              "has errors"};
constexpr std::string_view kElementWords[] = {
    "",
    "is missing",
    "or its counterpart is missing",
    "comes too often",
    "is too short",
    "is too long",
    "is no number, or has a character that it may not have",
    "is none of its codes",
    "is no date",
    "is no time",
    "may not stand beside another"};

template <std::size_t N>
std::string_view words(const std::string_view (&list)[N], int code) {
  return list[code > 0 && static_cast<std::size_t>(code) < N ? static_cast<std::size_t>(code) : 0];
}

/// The first thing that is wrong.
std::string reason_of(const SetResult& result, const Findings& findings) {
  for (const int code : result.codes) {
    if (code == kUnsupported) return "this type of set is not supported";
    if (code == kBadSetId) return "ST01 is no type of set";
    if (code == kBadControl) return "ST02 is no control number";
  }
  if (!findings.errors.empty()) {
    const SegmentError& error = findings.errors.front();
    std::string out = error.tag + " at position " + std::to_string(error.position);
    if (error.elements.empty()) {
      return out + ' ' + std::string(words(kSegmentWords, error.code));
    }
    const ElementError& element = error.elements.front();
    return out + ": element " + std::to_string(element.position) + ' ' +
           std::string(words(kElementWords, element.code));
  }
  return "control number or segment count in SE differs";
}

}  // namespace

Judgement judge_set(const std::vector<Segment>& segments, const Settings& settings,
                    const Interchange& interchange, Group& group) {
  const Segment& st = segments.front();
  const Segment& se = segments.back();
  const bool strict = settings.profile == Profile::kStrict;
  Judgement out;
  SetResult& result = out.result;
  Findings findings;
  result.set = st[1];
  result.control = st[2];
  result.implementation = st[3];
  const auto code = [&](int value, std::string_view warning) {
    result.codes.push_back(value);
    if (!warning.empty()) findings.warnings.add(warning);
  };

  const SetTable* table = find_table(result.set);
  bool refuse = false;
  if (result.set.size() != 3) {
    code(kBadSetId, "");
    refuse = true;
  } else if (table == nullptr) {
    code(kUnsupported, "");
    refuse = true;
  }
  if (result.control.empty() || result.control.size() > 9) {
    code(kBadControl, "");
    refuse = true;
  } else if (group.sets_seen.seen(result.control)) {
    code(kDuplicateControl, "set_control_number_repeated");
  }
  if (se[2] != result.control) {
    if (same_number(se[2], result.control)) {
      findings.warnings.add("set_control_number_form");
    } else {
      code(kControlDiffers, "set_control_numbers_differ");
    }
  }
  if (!same_number(se[1], std::to_string(segments.size()))) code(kCountDiffers, "segment_count");

  if (table != nullptr) {
    if (group.functional_id != table->functional_id) {
      findings.warnings.add("functional_id_differs");
    }
    validate(*table, segments, interchange.delimiters, strict, findings);
    if (!findings.errors.empty()) code(kSegmentsInError, "");
    // Without its beginning segment a set says nothing; a number that is none must not become 0.
    refuse = refuse || findings.unreadable_number || segments.size() < 3 ||
             segments[1].tag != tag_of(table->rows.front().tag);
  }
  for (const Segment& segment : segments) {
    for (const auto element : segment.elements) {
      if (element.size() <= settings.element_bytes_max) continue;
      findings.warnings.add("element_too_long");
      out.reason = "an element of " + to_utf8(segment[0]) + " is longer than element_bytes_max";
      refuse = true;
    }
  }
  result.verdict = refuse || (strict && !result.codes.empty()) ? 'R'
                   : result.codes.empty()                      ? 'A'
                                                               : 'E';
  if (result.verdict == 'R' && result.codes.empty()) code(kSegmentsInError, "");
  if (!result.codes.empty() && out.reason.empty()) out.reason = reason_of(result, findings);
  result.errors = std::move(findings.errors);
  out.warnings = std::move(findings.warnings);
  return out;
}

}  // namespace gantry::edi
