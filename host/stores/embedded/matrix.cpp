#include "host/stores/embedded/matrix.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <queue>

#include "host/base/assert.hpp"

namespace gantry::stores::embedded {
namespace {

// The compiler turns this into SIMD multiply-adds of the processor that it is compiled for.
#define GANTRY_DOT                                                                      \
  std::int32_t sum = 0;                                                                 \
  for (std::size_t i = 0; i < size; ++i) sum += static_cast<std::int32_t>(a[i]) * b[i]; \
  return sum;

std::int32_t dot_anywhere(const std::int8_t* a, const std::int8_t* b, std::size_t size) {
  GANTRY_DOT
}

using Dot = std::int32_t (*)(const std::int8_t*, const std::int8_t*, std::size_t);

#ifdef __x86_64__
[[gnu::target("avx2")]] std::int32_t dot_avx2(const std::int8_t* a, const std::int8_t* b,
                                              std::size_t size){GANTRY_DOT} Dot best_dot() {
  return __builtin_cpu_supports("avx2") ? dot_avx2 : dot_anywhere;
}
#else
Dot best_dot() { return dot_anywhere; }
#endif
#undef GANTRY_DOT

}  // namespace

Quantised quantise(std::span<const float> vector) {
  Quantised out;
  out.values.resize(vector.size());
  float largest = 0;
  double squares = 0;
  for (const float value : vector) {
    largest = std::max(largest, std::fabs(value));
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  if (!(largest > 0) || !std::isfinite(squares)) return out;
  const float step = largest / 127.0F;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    out.values[i] = static_cast<std::int8_t>(std::lround(vector[i] / step));
  }
  out.factor = static_cast<float>(static_cast<double>(step) / std::sqrt(squares));
  return out;
}

std::string pack(const pipeline::Embeddings& embeddings) {
  std::string out;
  out.reserve(embeddings.vectors.size() * (sizeof(float) + embeddings.dimension));
  for (const pipeline::Vector& vector : embeddings.vectors) {
    const Quantised row = quantise(vector);
    out.append(reinterpret_cast<const char*>(&row.factor), sizeof row.factor);
    out.append(reinterpret_cast<const char*>(row.values.data()), row.values.size());
  }
  return out;
}

void Matrix::replace(std::int64_t n, std::string_view id, std::string_view source,
                     std::string_view kind, std::size_t count, std::string_view data) {
  GANTRY_ASSERT(data.size() == count * (sizeof(float) + dimension_));
  remove(n);
  by_n_[n] = entries_.size();
  entries_.push_back(
      {n, std::string(id), intern(source), intern(kind), factors_.size(), count, true});
  for (std::size_t row = 0; row < count; ++row) {
    const char* from = data.data() + row * (sizeof(float) + dimension_);
    factors_.emplace_back();
    std::memcpy(&factors_.back(), from, sizeof(float));
    const auto* values = reinterpret_cast<const std::int8_t*>(from + sizeof(float));
    values_.insert(values_.end(), values, values + dimension_);
  }
}

void Matrix::remove(std::int64_t n) {
  const auto found = by_n_.find(n);
  if (found == by_n_.end()) return;
  entries_[found->second].alive = false;
  dead_rows_ += entries_[found->second].count;
  by_n_.erase(found);
  if (dead_rows_ > 1000 && dead_rows_ > factors_.size() / 2) compact();
}

void Matrix::compact() {
  std::vector<Entry> entries;
  std::size_t to = 0;
  by_n_.clear();
  for (Entry& entry : entries_) {
    if (!entry.alive) continue;
    std::copy_n(factors_.begin() + static_cast<std::ptrdiff_t>(entry.first), entry.count,
                factors_.begin() + static_cast<std::ptrdiff_t>(to));
    std::memmove(values_.data() + to * dimension_, values_.data() + entry.first * dimension_,
                 entry.count * dimension_);
    entry.first = to;
    to += entry.count;
    by_n_[entry.n] = entries.size();
    entries.push_back(std::move(entry));
  }
  entries_ = std::move(entries);
  factors_.resize(to);
  values_.resize(to * dimension_);
  dead_rows_ = 0;
}

std::uint32_t Matrix::intern(std::string_view word) {
  const auto found = words_.find(word);
  if (found != words_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(words_.size());
  words_.emplace(word, number);
  return number;
}

std::vector<VectorHit> Matrix::nearest(const VectorQuery& query) const {
  std::vector<VectorHit> out;
  const auto number = [this](const std::string& word) {
    const auto found = words_.find(word);
    return found == words_.end() ? ~std::uint32_t{0} : found->second;
  };
  const std::uint32_t source = number(query.source), kind = number(query.kind);
  const Quantised wanted = quantise(query.vector);
  static const Dot dot = best_dot();
  struct Candidate {
    double score;
    std::size_t entry;
    std::size_t chunk;
  };
  const auto better = [this](const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    return entries_[a.entry].id < entries_[b.entry].id;
  };
  std::priority_queue<Candidate, std::vector<Candidate>, decltype(better)> best(better);
  for (std::size_t e = 0; e < entries_.size(); ++e) {
    const Entry& entry = entries_[e];
    if (!entry.alive || entry.count == 0) continue;
    if (!query.source.empty() && entry.source != source) continue;
    if (!query.kind.empty() && entry.kind != kind) continue;
    Candidate candidate{-2, e, 0};
    for (std::size_t row = 0; row < entry.count; ++row) {
      const std::int32_t sum =
          dot(wanted.values.data(), values_.data() + (entry.first + row) * dimension_, dimension_);
      const double score = static_cast<double>(sum) * static_cast<double>(wanted.factor) *
                           static_cast<double>(factors_[entry.first + row]);
      if (score > candidate.score) candidate = {score, e, row};
    }
    if (best.size() < query.limit) {
      best.push(candidate);
    } else if (!best.empty() && better(candidate, best.top())) {
      best.pop();
      best.push(candidate);
    }
  }
  out.resize(best.size());
  for (std::size_t i = out.size(); i-- > 0; best.pop()) {
    const Candidate& candidate = best.top();
    out[i] = {entries_[candidate.entry].id, candidate.score, candidate.chunk};
  }
  return out;
}

}  // namespace gantry::stores::embedded
