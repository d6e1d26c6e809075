#include <algorithm>
#include <chrono>
#include <thread>

#include "host/plugins/host_context.hpp"
#include "host/plugins/services/services.hpp"

namespace gantry::plugins::services {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr nanoseconds kCancelPoll = std::chrono::milliseconds{20};

std::int64_t now_ns(const gantry_host* host) noexcept {
  std::int64_t now = 0;
  at_edge(host, [&] {
    now = HostContext::of(host).ports().clock->now().time_since_epoch().count();
    return GANTRY_OK;
  });
  return now;
}

std::int64_t steady_ns(const gantry_host* host) noexcept {
  std::int64_t now = 0;
  at_edge(host, [&] {
    now = nanoseconds{HostContext::of(host).ports().clock->steady().time_since_epoch()}.count();
    return GANTRY_OK;
  });
  return now;
}

gantry_status wait(const gantry_host* host, const gantry_call* call,
                   std::int64_t duration_ns) noexcept {
  return at_edge(host, [&]() -> gantry_status {
    const auto started = steady_clock::now();
    const nanoseconds wanted{std::max<std::int64_t>(duration_ns, 0)};
    while (true) {
      if (call != nullptr && call->cancelled(call) != 0) return GANTRY_CANCELLED;
      const nanoseconds left = wanted - (steady_clock::now() - started);
      if (left <= nanoseconds{0}) return GANTRY_OK;
      std::this_thread::sleep_for(std::min(left, kCancelPoll));
    }
  });
}

}  // namespace

const gantry_clock& clock() {
  static const gantry_clock service{sizeof(gantry_clock), 0, now_ns, steady_ns, wait};
  return service;
}

}  // namespace gantry::plugins::services
