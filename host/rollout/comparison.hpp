#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gantry::rollout {

/// What became of the documents of one path: counters since a start, or their increase over a
/// window. Not whole where Prometheus extrapolated them.
struct PathStats {
  double ended = 0;   ///< All that reached an end.
  double errors = 0;  ///< Of those, the dead letters.
  /// Prometheus' cumulative buckets of the time that one took: upper bound in seconds, rising, the
  /// last +Inf; and how many took no longer.
  std::vector<std::pair<double, double>> buckets;

  double error_rate() const { return ended > 0 ? errors / ended : 0; }
  /// As PromQL's histogram_quantile: linear inside a bucket, and the highest finite bound where the
  /// quantile lies beyond it. Nothing without samples. 0 < q < 1.
  std::optional<double> quantile(double q) const;
};

/// From when on the Temporal path counts as worse than the direct one.
struct Limits {
  double error_ratio = 2;    ///< Its error rate is at least so many times the direct one's.
  double latency_ratio = 5;  ///< Its P99 likewise.
  double samples_min = 100;  ///< Ends on each path that a comparison needs.
  double errors_min = 3;     ///< Fewer dead letters than this are no rate.
  double p99_floor = 0;      ///< Seconds below which a P99 is never too slow.
};

enum class Verdict {
  kGood,
  kTooFew,  ///< Not enough documents ended on one of the paths.
  kBad,     ///< Stop the rollout.
};

struct Judgement {
  Verdict verdict = Verdict::kGood;
  std::vector<std::string> reasons;  ///< Of kTooFew and kBad, one sentence each.
};

/// Pure; a direct path without errors makes any rate of `errors_min` and more a bad one.
/// [any-thread]
Judgement judge(const PathStats& temporal, const PathStats& direct, const Limits& limits);

/// "good", "too_few" or "bad". [any-thread]
std::string_view to_string(Verdict verdict) noexcept;

}  // namespace gantry::rollout
