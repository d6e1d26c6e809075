#include "host/rollout/comparison.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "host/base/assert.hpp"

namespace gantry::rollout {
namespace {

std::string decimal(double value, int digits) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string per_cent(double rate) { return decimal(rate * 100, 2) + " %"; }

void count_samples(const char* path, const PathStats& stats, const Limits& limits,
                   Judgement& judgement) {
  if (stats.ended >= limits.samples_min) return;
  judgement.verdict = Verdict::kTooFew;
  judgement.reasons.push_back("only " + decimal(stats.ended, 0) + " documents ended on the " +
                              path + " path; " + decimal(limits.samples_min, 0) + " are needed");
}

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kGood:
      return "good";
    case Verdict::kTooFew:
      return "too_few";
    case Verdict::kBad:
      return "bad";
  }
  return "bad";
}

std::optional<double> PathStats::quantile(double q) const {
  GANTRY_ASSERT(q > 0 && q < 1);
  if (buckets.empty() || buckets.back().second <= 0) return std::nullopt;
  const double rank = q * buckets.back().second;
  double lower = 0;
  double below = 0;
  for (const auto& [upper, count] : buckets) {
    if (count >= rank) {
      if (std::isinf(upper)) return lower;
      if (count <= below) return upper;
      return lower + (upper - lower) * (rank - below) / (count - below);
    }
    lower = upper;
    below = count;
  }
  return lower;
}

Judgement judge(const PathStats& temporal, const PathStats& direct, const Limits& limits) {
  Judgement judgement;
  count_samples("temporal", temporal, limits, judgement);
  count_samples("direct", direct, limits, judgement);
  if (judgement.verdict == Verdict::kTooFew) return judgement;

  const double rate = temporal.error_rate();
  if (temporal.errors >= limits.errors_min && rate >= limits.error_ratio * direct.error_rate()) {
    judgement.reasons.push_back("error rate " + per_cent(rate) + " through Temporal, " +
                                per_cent(direct.error_rate()) + " on the direct path: at least " +
                                decimal(limits.error_ratio, 1) + " times as high");
  }
  const auto slow = temporal.quantile(0.99);
  const auto quick = direct.quantile(0.99);
  if (slow && quick && *slow >= limits.p99_floor && *slow >= limits.latency_ratio * *quick) {
    judgement.reasons.push_back("P99 " + decimal(*slow, 3) + " s through Temporal, " +
                                decimal(*quick, 3) + " s on the direct path: at least " +
                                decimal(limits.latency_ratio, 1) + " times as long");
  }
  if (!judgement.reasons.empty()) judgement.verdict = Verdict::kBad;
  return judgement;
}

}  // namespace gantry::rollout
