#pragma once

#include <new>
#include <string_view>

#include "gantry/sdk/failure.hpp"

namespace gantry::sdk {

/// Tells the host why the call fails. Allocates nothing, so it works out of memory too.
inline void report_failure(const gantry_call* call, std::string_view message,
                           std::string_view detail) noexcept {
  if (call == nullptr) return;
  const gantry_error error{sizeof(gantry_error), 0, 0, span(message), span(detail), {}, {}};
  call->set_error(call, &error);
}

/// Runs `body` and turns whatever it throws into a status: the one place where exceptions stop.
///
/// It must be inside the plugin. An exception that leaves a shared object with a hidden or static
/// C++ runtime ends the host, whatever the host catches. `name` is the capability's function.
template <class Body>
gantry_status guard(const gantry_call* call, std::string_view name, Body&& body) noexcept {
  try {
    body();
    return GANTRY_OK;
  } catch (const Failure& failure) {
    const gantry_error error = failure.abi();
    if (call != nullptr) call->set_error(call, &error);
    return static_cast<gantry_status>(failure.status());
  } catch (const std::bad_alloc&) {
    report_failure(call, "out of memory in the plugin", name);
    return GANTRY_TRANSIENT;
  } catch (const std::exception& error) {
    // Not the message: a library's text may quote the payload.
    report_failure(call, "unexpected exception in the plugin; report it to its author",
                   error.what());
    return GANTRY_BUG;
  } catch (...) {
    report_failure(call, "unknown exception in the plugin; report it to its author", name);
    return GANTRY_BUG;
  }
}

}  // namespace gantry::sdk
