#include "series.hpp"

#include <algorithm>
#include <gantry/sdk/decimal.hpp>
#include <gantry/sdk/time.hpp>
#include <map>
#include <utility>

namespace gantry::sonar {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

constexpr std::size_t kValueMax = 32;  // A value is kept in the cursor.

/// The member under the first of several names that is there, without regard to case.
const Json& member_of(const Json& row, std::initializer_list<std::string_view> names) {
  static const Json kNull;
  for (const auto name : names) {
    for (const auto& member : row.members()) {
      if (sdk::equal_ignoring_case(member.key, name)) return member.value;
    }
  }
  return kNull;
}

Observation read_row(const Json& row) {
  const Json& time = member_of(row, {"data_Timestamp", "date", "timestamp"});
  const Json& value = member_of(row, {"data_Value", "value"});
  const auto date = sdk::read_timestamp(time.text());
  if (!date) throw Failure(Status::kData, "a row without a date that can be read");
  const auto nano = sdk::seconds_to_ns(value.text());
  if (!nano || value.text().size() > kValueMax) {
    throw Failure(Status::kData, "a row whose value is no decimal number");
  }
  constexpr std::int64_t kNsPerDay = 86'400'000'000'000;
  Observation out;
  // The observation's day is the one that is written, whatever the zone beside it.
  out.date = time.text().substr(0, 10);
  out.date_ns = sdk::read_timestamp(out.date)->ns / kNsPerDay * kNsPerDay;
  out.zone = date->zone;
  out.value = value.text();
  out.nano = *nano;
  out.raw = row.dump();
  return out;
}

}  // namespace

std::vector<Observation> read_series(const Json& answer, const OnPoison& on_poison) {
  const Json& rows = answer.is_array() ? answer : member_of(answer, {"data", "results"});
  if (!rows.is_array()) {
    throw Failure(Status::kTransient, "SONAR: the answer holds no list of values");
  }
  std::map<std::string, Observation> by_date;
  for (const Json& row : rows.items()) {
    if (row.is_object() && member_of(row, {"data_Value", "value"}).is_null() &&
        !member_of(row, {"data_Timestamp", "date", "timestamp"}).is_null()) {
      continue;
    }
    try {
      Observation one = read_row(row);
      std::string date = one.date;
      by_date.insert_or_assign(std::move(date), std::move(one));
    } catch (const Failure& failure) {
      on_poison(row.dump(), failure);
    }
  }
  std::vector<Observation> all;
  for (auto& [date, one] : by_date) all.push_back(std::move(one));
  return all;
}

std::string decimal_difference(std::int64_t left_nano, std::int64_t right_nano) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(left_nano, right_nano, &difference)) return {};
  const bool negative = difference < 0;
  // Unsigned, because the least number has no positive counterpart.
  const auto size = negative ? 0 - static_cast<std::uint64_t>(difference)
                             : static_cast<std::uint64_t>(difference);
  std::string fraction = std::to_string(size % 1'000'000'000);
  fraction.insert(0, 9 - fraction.size(), '0');
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  std::string out = negative ? "-" : "";
  out += std::to_string(size / 1'000'000'000);
  return fraction.empty() ? out : out + "." + fraction;
}

}  // namespace gantry::sonar
