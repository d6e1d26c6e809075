#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

namespace gantry::plugins::conformance {

/// How the structs are shown that the plugin reads.
enum class Shape {
  kPlain,  ///< As in ABI 1.0, in ordinary memory.
  kExact,  ///< As in ABI 1.0, guarded: touching a byte too much ends the process.
  kLong,   ///< Guarded, and longer, as a later minor would have them.
};

/// Bytes that the plugin may read and nothing else: read-only, and behind the last one no memory. A
/// write, or a read past the end, ends the process at once instead of going unseen.
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

/// A struct of ABI 1 as `shape` says; struct_size is set.
template <class T>
class Guarded {
 public:
  Guarded(T value, Shape shape) {
    // Room for who reads or writes too much: that is for the guarded shapes to find, alone.
    constexpr std::size_t kRoom = 4096;
    constexpr std::size_t kMore = 64;
    const std::size_t size = sizeof(T) + (shape == Shape::kLong ? kMore : 0);
    value.struct_size = static_cast<std::uint32_t>(size);
    std::string bytes(size, '\xA5');
    std::memcpy(bytes.data(), &value, sizeof value);
    if (shape == Shape::kPlain) {
      plain_ = std::make_unique<char[]>(size + kRoom);
      std::memcpy(plain_.get(), bytes.data(), size);
    } else {
      guarded_ = std::make_unique<GuardedBytes>(bytes);
    }
  }
  T* get() const noexcept {
    return reinterpret_cast<T*>(guarded_ ? guarded_->data() : plain_.get());
  }

 private:
  std::unique_ptr<char[]> plain_;
  std::unique_ptr<GuardedBytes> guarded_;
};

}  // namespace gantry::plugins::conformance
