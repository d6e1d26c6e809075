#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gantry::config {

/// What is wrong with `text` as a schedule of Temporal, in words; nothing where it is fine.
///
/// Fine are 5 fields (minute, hour, day of month, month, day of week), 6 (with a year) or 7 (with
/// seconds and a year) of "*", numbers, names of months and days, ranges, steps and lists of them;
/// @yearly, @monthly, @weekly, @daily, @hourly; "@every 90m". The server's own TZ= and comments are
/// refused: the zone has a key of its own. Source: temporal.api.schedule.v1.ScheduleSpec. Pure.
/// [any-thread]
std::optional<std::string> cron_problem(std::string_view text);

/// True for the name of a time zone ("Europe/Berlin"). It is looked up in this machine's zoneinfo;
/// without one only its form counts. [any-thread] [blocking]
bool is_time_zone(std::string_view name);

}  // namespace gantry::config
