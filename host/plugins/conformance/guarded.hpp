#pragma once

#include <cstddef>
#include <cstring>
#include <string>

namespace gantry::plugins::conformance {

/// How large the structs are that the host shows: as in ABI 1.0, or as a later minor would.
enum class Shape { kExact, kLong };

/// Bytes that the plugin may read and nothing else: read-only, and behind the last one no memory. A
/// write, or a read past struct_size, ends the process at once instead of going unseen.
class GuardedBytes {
 public:
  explicit GuardedBytes(const std::string& bytes);
  ~GuardedBytes();
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  char* data() const noexcept { return data_; }

 private:
  char* base_ = nullptr;
  std::size_t mapped_ = 0;
  char* data_ = nullptr;
};

/// A struct of ABI 1 in such memory; struct_size is set. kLong adds 64 bytes of a later minor.
template <class T>
class Guarded {
 public:
  Guarded(T value, Shape shape) : bytes_(grown(value, shape)) {}
  T* get() const noexcept { return reinterpret_cast<T*>(bytes_.data()); }

 private:
  static std::string grown(T value, Shape shape) {
    constexpr std::size_t kMore = 64;
    const std::size_t size = sizeof(T) + (shape == Shape::kLong ? kMore : 0);
    value.struct_size = static_cast<std::uint32_t>(size);
    std::string out(size, '\xA5');
    std::memcpy(out.data(), &value, sizeof value);
    return out;
  }
  const GuardedBytes bytes_;
};

}  // namespace gantry::plugins::conformance
