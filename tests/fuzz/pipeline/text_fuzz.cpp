#include <cstddef>
#include <cstdint>

#include "tests/fuzz/pipeline/check.hpp"

/// Plain text and Markdown, and whatever sniffing makes of the bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  gantry::pipeline::check_parse(bytes, "text/plain");
  gantry::pipeline::check_parse(bytes, "text/markdown; charset=iso-2022-jp");
  gantry::pipeline::check_parse(bytes, "");
  return 0;
}
