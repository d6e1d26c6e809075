#include "host/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace gantry::detail {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "gantry: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace gantry::detail
