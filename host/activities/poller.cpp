#include "host/activities/poller.hpp"

#include <algorithm>

namespace gantry::activities {
namespace {

/// A vendor that gives a page a second needs longer for all of them than one call's time-out, and a
/// connector without a checkpoint among them would never come to the end. Less than the activity's.
constexpr std::chrono::milliseconds kPollTimeout = std::chrono::minutes{10};

}  // namespace

plugins::PluginResult<RecordPage> Poller::fetch(const FetchInput& input, const Try& attempt) const {
  const auto source = ports_.find_source(input.source);
  if (!source) return no_source(input.source);
  Intake intake(ports_, input.source, "poll", input.cursor, attempt);
  const plugins::CallBudget left = intake.left_of(input.budget);
  if (left.records_max == 0) {  // the try before filled the page and was lost on its way back
    intake.page().more = true;
    return std::move(intake.page());
  }
  const std::string from = intake.page().cursor;  // the page's own changes under the call
  const auto polled =
      source->poll(from, left, intake.take(),
                   attempt.scope(std::max(ports_.call_timeout(input.source), kPollTimeout)));
  if (!polled) return intake.interrupted(polled.error());
  intake.page().more = polled->more;
  return std::move(intake.page());
}

}  // namespace gantry::activities
