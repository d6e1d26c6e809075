#include <cstddef>
#include <cstdint>

#include "tests/fuzz/pipeline/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gantry::pipeline::check_parse({reinterpret_cast<const char*>(data), size}, "text/csv");
  return 0;
}
