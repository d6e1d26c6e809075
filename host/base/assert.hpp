#pragma once

namespace gantry::detail {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;
}

/// Stops the process on a bug of ours. On in production: a wrong state must not reach a store.
#define GANTRY_ASSERT(condition)      \
  ((condition) ? static_cast<void>(0) \
               : ::gantry::detail::assertion_failed(#condition, __FILE__, __LINE__))
