#pragma once

#include <gantry/check.h>

#include <string_view>

#include "gantry/sdk/call.hpp"
#include "gantry/sdk/edge.hpp"

namespace gantry::sdk {

/// Takes the findings of a check. `what` is one short line; `remedy` says what to do.
class Report {
 public:
  Report(const gantry_call* call, gantry_report* report) noexcept : call_(call), report_(report) {}

  void pass(std::string_view what) { add(GANTRY_CHECK_PASS, what, {}); }
  void warn(std::string_view what, std::string_view remedy) {
    add(GANTRY_CHECK_WARN, what, remedy);
  }
  void fail(std::string_view what, std::string_view remedy) {
    add(GANTRY_CHECK_FAIL, what, remedy);
  }
  const Call& call() const noexcept { return call_; }

 private:
  void add(std::int32_t state, std::string_view what, std::string_view remedy) {
    report_->add(report_, state, span(what), span(remedy));
  }
  Call call_;
  gantry_report* report_;
};

/// A class with this function offers gantry.check/1. It changes nothing anywhere.
template <class T>
concept CheckedSource = requires(const T& source, Report& report) { source.check(report); };

template <CheckedSource T>
struct CheckEdge {
  static gantry_status check(gantry_instance* self, const gantry_call* call,
                             gantry_report* report) noexcept {
    return guard(call, "check", [&] {
      Report out(call, report);
      reinterpret_cast<const T*>(self)->check(out);
    });
  }
  static constexpr gantry_check kTable{sizeof(gantry_check), 0, &check};
};

}  // namespace gantry::sdk
