#include <cstddef>
#include <cstdint>
#include <string_view>

#include "host/base/assert.hpp"
#include "host/base/encoding.hpp"
#include "host/pipeline/pdf/extract.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto found = gantry::pipeline::pdf::extract(bytes, 20, 1 << 20);
  GANTRY_ASSERT(found.refusal.empty() == !found.text.empty());
  GANTRY_ASSERT(gantry::is_utf8(found.text) && gantry::is_utf8(found.title));
  return 0;
}
