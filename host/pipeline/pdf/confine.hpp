#pragma once

namespace gantry::pipeline::pdf {

/// Limits of this process; exceeding one ends it. Processor time ends it by SIGXCPU, memory by
/// exit code kNoMemory. It dies with the thread that started it. False where the kernel refuses.
struct Bounds {
  int seconds;
  int memory_mib;
  long output_bytes;
};
inline constexpr int kWrongUse = 2;
inline constexpr int kNoMemory = 3;
inline constexpr int kNoSandbox = 4;
bool set_bounds(const Bounds& bounds);

/// From here on this process can compute, read and write what is open already, and end: it opens
/// no file, no socket and no process and signals none (seccomp). False where the kernel refuses.
bool enter_sandbox();

}  // namespace gantry::pipeline::pdf
