#pragma once

#include <string>
#include <vector>

namespace gantry::plugins::conformance {

/// What a library may not change about the process that loads it. [any-thread]
struct ProcessState {
  std::vector<std::string> threads;  ///< "1234 worker"
  std::vector<std::string> files;    ///< "7 /dev/null"
  std::vector<std::string> signals;  ///< One line per signal number: handler, flags; and the mask.
  std::string locale;
  std::vector<std::string> environment;
  std::string directory;  ///< Working directory, and the umask.
};

ProcessState read_process_state();

/// What `after` has and `before` has not, or the other way round: "+x", "-y". Empty where equal.
std::string difference(const std::vector<std::string>& before,
                       const std::vector<std::string>& after);

}  // namespace gantry::plugins::conformance
