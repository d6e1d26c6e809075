#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/stores/vector_index.hpp"

namespace gantry::stores::embedded {

/// A vector as 8-bit integers and the factor that makes it one of length 1: a quarter of the
/// bytes, and a dot product that fits SIMD registers.
struct Quantised {
  float factor = 0;
  std::vector<std::int8_t> values;
};
Quantised quantise(std::span<const float> vector);

/// All vectors of one model in memory, document by document. Not thread-safe.
class Matrix {
 public:
  explicit Matrix(std::size_t dimension) : dimension_(dimension) {}

  /// Replaces a document's vectors. `data` is `count` rows of pack().
  void replace(std::int64_t n, std::string_view id, std::string_view source, std::string_view kind,
               std::size_t count, std::string_view data);
  void remove(std::int64_t n);
  std::vector<VectorHit> nearest(const VectorQuery& query) const;
  std::size_t dimension() const noexcept { return dimension_; }

 private:
  struct Entry {
    std::int64_t n;
    std::string id;
    std::uint32_t source;
    std::uint32_t kind;
    std::size_t first;
    std::size_t count;
    bool alive;
  };
  std::uint32_t intern(std::string_view word);
  void compact();

  const std::size_t dimension_;
  std::vector<std::int8_t> values_;  // row by row
  std::vector<float> factors_;
  std::vector<Entry> entries_;
  std::unordered_map<std::int64_t, std::size_t> by_n_;
  std::map<std::string, std::uint32_t, std::less<>> words_;
  std::size_t dead_rows_ = 0;
};

/// The stored form of a document's vectors: each row a little-endian float and `dimension` bytes.
std::string pack(const pipeline::Embeddings& embeddings);

}  // namespace gantry::stores::embedded
