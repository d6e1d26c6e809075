#include "host/plugins/conformance/guarded.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "host/base/assert.hpp"

namespace gantry::plugins::conformance {

GuardedBytes::GuardedBytes(const std::string& bytes) {
  static const auto kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t room = (bytes.size() + kPage - 1) / kPage * kPage;
  mapped_ = room + kPage;
  void* const at =
      ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  GANTRY_ASSERT(at != MAP_FAILED);
  base_ = static_cast<char*>(at);
  data_ = base_ + room - bytes.size();
  std::memcpy(data_, bytes.data(), bytes.size());
  GANTRY_ASSERT(::mprotect(base_, room, PROT_READ) == 0 || room == 0);
  GANTRY_ASSERT(::mprotect(base_ + room, kPage, PROT_NONE) == 0);
}

GuardedBytes::~GuardedBytes() { ::munmap(base_, mapped_); }

}  // namespace gantry::plugins::conformance
