#include "host/pipeline/hashing_embedder.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace gantry::pipeline {
namespace {

constexpr std::size_t kDimension = 256;
constexpr int kWordWeight = 3;
constexpr int kTrigramWeight = 1;

/// FNV-1a, 64 bits (its published offset basis and prime), then mixed,
/// because its low bits alone are weak.
std::uint64_t hash(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t h = 14695981039346656037ull ^ seed;
  for (const char c : bytes) {
    h ^= static_cast<unsigned char>(c);
    h *= 1099511628211ull;
  }
  h ^= h >> 32;
  h *= 0x9E3779B97F4A7C15ull;
  return h ^ h >> 29;
}

bool in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

/// The features of `text`; the lowest bit tells words (1) from trigrams (0).
std::vector<std::uint64_t> features(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  std::vector<std::uint64_t> out;
  out.reserve(folded.size() + folded.size() / 4);
  std::string padded;
  for (std::size_t at = 0; at < folded.size();) {
    if (!in_word(folded[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < folded.size() && in_word(folded[end])) ++end;
    const std::string_view word = std::string_view(folded).substr(at, end - at);
    out.push_back(hash(word, 1) | 1);
    padded.assign(1, '^').append(word).append(1, '$');
    for (std::size_t i = 0; i + 3 <= padded.size(); ++i) {
      out.push_back(hash(std::string_view(padded).substr(i, 3), 2) & ~std::uint64_t{1});
    }
    at = end;
  }
  if (out.empty()) out.push_back(hash(folded, 3) | 1);  // no words: signs still differ
  std::ranges::sort(out);
  return out;
}

Vector embed_one(std::string_view text) {
  const auto found = features(text);
  std::array<std::int32_t, kDimension> sums{};
  for (std::size_t i = 0; i < found.size();) {
    std::size_t end = i;
    while (end < found.size() && found[end] == found[i]) ++end;
    // A repeated word counts by the logarithm: long texts stay comparable with short queries.
    const int weight = ((found[i] & 1) != 0 ? kWordWeight : kTrigramWeight) *
                       static_cast<int>(std::bit_width(end - i));
    const std::size_t slot = found[i] >> 8 & (kDimension - 1);
    sums[slot] += (found[i] >> 63) != 0 ? weight : -weight;
    i = end;
  }
  std::int64_t squares = 0;
  for (const std::int32_t sum : sums) squares += std::int64_t{sum} * sum;
  Vector out(kDimension, 0.0F);
  if (squares == 0) {
    out[0] = 1.0F;  // everything cancelled out: still of length 1
    return out;
  }
  // sqrt and division are exactly rounded (IEEE 754), so every machine gives these bytes.
  const double length = std::sqrt(static_cast<double>(squares));
  for (std::size_t i = 0; i < kDimension; ++i) {
    out[i] = static_cast<float>(static_cast<double>(sums[i]) / length);
  }
  return out;
}

}  // namespace

Result<std::vector<Vector>> HashingEmbedder::embed(std::span<const std::string_view> texts) const {
  std::vector<Vector> out;
  out.reserve(texts.size());
  for (const std::string_view text : texts) out.push_back(embed_one(text));
  return out;
}

}  // namespace gantry::pipeline
