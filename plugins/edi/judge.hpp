#pragma once

#include <string>
#include <vector>

#include "edifact_tokens.hpp"
#include "envelope.hpp"
#include "results.hpp"
#include "settings.hpp"
#include "tokens.hpp"
#include "validate.hpp"

namespace gantry::edi {

/// What is to be said of one set or message, and whether it may be relied on.
struct Judgement {
  SetResult result;
  Warnings warnings;
  std::string reason;  ///< For a person: the first thing that is wrong; empty where nothing is.
};

/// Checks ST to SE: control numbers, counts, and every segment along the set's table. Notes the
/// control number in the group. Verdict R where the set cannot be relied on, E where it can be with
/// errors; under the strict profile every error is R.
Judgement judge_set(const std::vector<Segment>& segments, const Settings& settings,
                    const Interchange& interchange, Group& group);

/// The same for UNH to UNT, in CONTRL's codes; the structure inside the message is not checked,
/// only which segments there are.
Judgement judge_message(const std::vector<EdifactSegment>& segments, const Settings& settings,
                        Group& group);

}  // namespace gantry::edi
