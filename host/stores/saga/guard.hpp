#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "host/stores/saga/breaker.hpp"
#include "host/stores/saga/saga.hpp"

namespace gantry::stores::saga {

/// Makes one call to one store: behind its breaker, tried again after 1, 2 and 4 seconds while a
/// later try may succeed and the caller still waits.
class Guard {
 public:
  Guard(const SagaPorts& ports, const SagaPolicy& policy, const Clock& clock, Sleep sleep);

  /// `call` returns a Result. Its last error; `timed_out` is set where any try ended in kTimeout,
  /// so that the effect is unknown.  [any-thread] [blocking]
  template <class Call>
  auto run(std::string_view name, const CallOptions& options, Call call, bool* timed_out = nullptr)
      -> decltype(call()) {
    Breaker& breaker = find(name);
    for (std::size_t attempt = 0;; ++attempt) {
      if (auto stop = stopped(options, name)) return *stop;
      if (!breaker.enter()) {
        if (!pause(attempt, options)) return is_open(name);
        continue;
      }
      auto answer = call();
      if (answer) {
        breaker.succeeded();
        return answer;
      }
      const Error error = answer.error();
      note(breaker, error, timed_out);
      if (!error.retryable() || !pause(attempt, options)) return named(name, error);
    }
  }

  BreakerState state(std::string_view name) const;
  void sleep(std::chrono::milliseconds time) const { sleep_(time); }

 private:
  Breaker& find(std::string_view name) const;
  /// False where no try is left or the deadline comes first; else has slept.
  bool pause(std::size_t attempt, const CallOptions& options) const;
  std::optional<Error> stopped(const CallOptions& options, std::string_view name) const;
  static void note(Breaker& breaker, const Error& error, bool* timed_out);
  static Error named(std::string_view name, const Error& error);
  static Error is_open(std::string_view name);

  const SagaPolicy& policy_;
  const Clock& clock_;
  const Sleep sleep_;
  std::map<std::string, std::unique_ptr<Breaker>, std::less<>> breakers_;
};

}  // namespace gantry::stores::saga
