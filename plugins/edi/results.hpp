#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validate.hpp"

namespace gantry::edi {

/// What an acknowledgement says of one set.
struct SetResult {
  std::string set;             ///< ST01.
  std::string control;         ///< ST02, leading zeros kept.
  std::string implementation;  ///< ST03, or the message version in EDIFACT.
  char verdict = 'A';          ///< A, E or R.
  std::vector<int> codes;      ///< AK502.
  std::vector<SegmentError> errors;
};

/// The results of a group's sets, kept as text so that a cursor can carry them. A run of accepted
/// sets with consecutive numbers is one line: 100,000 good sets take as much room as one.
class SetResults {
 public:
  void add(const SetResult& result);
  void each(const std::function<void(const SetResult&)>& visit) const;

  /// The text, and the results of such a text. `written`: bytes of it that were taken out before.
  std::string text() const;
  static SetResults of(std::string text, std::uint64_t written = 0);

  /// Bytes of finished lines; they may be taken out and kept elsewhere, in order.
  std::size_t size() const { return lines_.size(); }
  std::string take_lines() {
    written_ += lines_.size();
    return std::exchange(lines_, {});
  }

 private:
  /// Past this no segment is reported any more, only each set's verdict.
  static constexpr std::size_t kDetailMax = 1 << 20;

  void close_run();

  std::string lines_;
  std::uint64_t written_ = 0;  ///< Bytes of lines that were taken out.
  SetResult run_first_;
  std::string run_last_;
  std::uint64_t run_ = 0;
};

/// `control` plus `step`, in at least the same number of digits; empty where it is no number.
std::string control_plus(std::string_view control, std::uint64_t step);

/// Control numbers seen in one group or interchange, as ranges; equal numbers of different width
/// are equal. Past the limit of ranges it no longer knows, and says "not seen".
class NumbersSeen {
 public:
  /// True where `control` was added before; adds it.
  bool seen(std::string_view control);

  std::string text() const;
  static NumbersSeen of(std::string_view text);

 private:
  static constexpr std::size_t kRangesMax = 400;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
};

}  // namespace gantry::edi
