#include "host/plugins/abi/outbox.hpp"

#include <algorithm>

#include "host/base/encoding.hpp"
#include "host/plugins/abi/span.hpp"
#include "host/plugins/abi/status.hpp"

namespace gantry::plugins::abi {
namespace {

constexpr std::size_t kNameMax = 200;  // leaves room for what a file system adds below its 255
constexpr std::size_t kContentMax = 64U << 20U;

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax && name.front() != '.' && is_utf8(name) &&
         std::ranges::none_of(
             name, [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '/' || c == '\\'; });
}

}  // namespace

OutboxReceiver::OutboxReceiver(const PutOutbox& put) : put_(put) {
  native_.struct_size = sizeof native_;
  native_.impl = this;
  native_.put = [](gantry_outbox* self, gantry_span name, gantry_span content) noexcept {
    return static_cast<OutboxReceiver*>(self->impl)->put(name, content);
  };
}

gantry_status OutboxReceiver::put(const gantry_span& name, const gantry_span& content) {
  const auto as = view_of(name);
  const auto bytes = view_of(content);
  if (!as || !is_file_name(*as)) {
    broken_ = "named a file that is not one plain name of up to 200 bytes";
    return GANTRY_BUG;
  }
  if (!bytes || bytes->size() > kContentMax) {
    broken_ = "gave a file of more than 64 MiB, or no bytes at all";
    return GANTRY_BUG;
  }
  if (auto written = put_(*as, *bytes); !written) {
    failure_ = written.error();
    return status_of(written.error().kind);
  }
  return GANTRY_OK;
}

}  // namespace gantry::plugins::abi
