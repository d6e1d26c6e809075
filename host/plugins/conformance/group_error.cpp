#include "host/plugins/conformance/rig.hpp"

namespace gantry::plugins::conformance {

std::vector<Test> error_tests() { return {}; }

}  // namespace gantry::plugins::conformance
