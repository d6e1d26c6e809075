#pragma once

#include <cstdint>
#include <functional>
#include <gantry/sdk/failure.hpp>
#include <gantry/sdk/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::sonar {

/// One value of a series.
struct Observation {
  std::string date;          ///< "2026-01-15"
  std::int64_t date_ns = 0;  ///< Its midnight, UTC.
  std::string zone;          ///< As sent; usually none.
  std::string value;         ///< The digits that were sent.
  std::int64_t nano = 0;     ///< The value in 1e-9 units, for comparing.
  std::string raw;
};

using OnPoison = std::function<void(std::string_view raw, const sdk::Failure& reason)>;

/// The observations of an answer, oldest first, the last of one date. Three shapes are known, and
/// their mixtures are read: an array of {data_Timestamp, data_Value}, an array of {date|timestamp,
/// value}, either of them under "data". A row that is none goes to `on_poison`; one whose value is
/// null is no observation. Throws Failure(kTransient) where the answer holds no list.
std::vector<Observation> read_series(const sdk::Json& answer, const OnPoison& on_poison);

/// left - right as decimal text without trailing zeros, from 1e-9 units: "-0.31".
std::string decimal_difference(std::int64_t left_nano, std::int64_t right_nano);

}  // namespace gantry::sonar
