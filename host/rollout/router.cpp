#include "host/rollout/router.hpp"

#include "host/base/assert.hpp"
#include "host/base/digest.hpp"

namespace gantry::rollout {

std::string_view to_string(Path path) noexcept {
  switch (path) {
    case Path::kTemporal:
      return "temporal";
    case Path::kDirect:
      return "direct";
  }
  return "direct";
}

int bucket_of(std::string_view document_id) {
  int bucket = 0;
  for (const char byte : sha256(document_id)) {
    bucket = (bucket * 256 + static_cast<unsigned char>(byte)) % 100;
  }
  return bucket;
}

Path route(std::string_view document_id, int percentage) {
  GANTRY_ASSERT(percentage >= 0 && percentage <= 100);
  if (percentage == 100) return Path::kTemporal;  // Without hashing: the end of every rollout.
  return bucket_of(document_id) < percentage ? Path::kTemporal : Path::kDirect;
}

}  // namespace gantry::rollout
