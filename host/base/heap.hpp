#pragma once

namespace gantry {

/// Keeps the heap of a long-lived process with many threads as small as what it uses: one malloc
/// arena, and freed memory goes back to the system. Without it glibc gives each thread an arena
/// that keeps its high-water mark. Source: mallopt(3). Before the first thread. [main]
void bound_heap() noexcept;

}  // namespace gantry
