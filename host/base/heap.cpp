#include "host/base/heap.hpp"

#include <malloc.h>

namespace gantry {

void bound_heap() noexcept {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, 128 << 10);
}

}  // namespace gantry
