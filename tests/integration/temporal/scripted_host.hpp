#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/json.hpp"
#include "host/temporal/workflow/host.hpp"

namespace gantry::testing {

/// Answers activations with raw commands, so that the pump is tested without the workflow runtime.
///
/// `Run`: input {"activities": [{type, argument, local, start_to_close_ms, heartbeat_ms,
/// schedule_to_close_ms, retry: {initial_ms, attempts_max, non_retryable}}]}; schedules all, ends
/// with the list of their results, or fails with the first failure. Cancels them when cancelled.
/// `Wait`: ends with the argument of signal `finish`; query `signals` counts signals, query
/// `broken` fails; update `echo` answers its argument, update `refuse` is rejected.
/// `Again`: input n; continues as new n times, then ends with "done".
class ScriptedHost final : public temporal::workflow::Host {
 public:
  explicit ScriptedHost(std::string task_queue);
  ~ScriptedHost() override;

  std::string activate(std::string_view activation) override;

  /// How many runs it holds now. [after the worker ended]
  std::size_t runs() const;

 private:
  struct Run;
  std::string task_queue_;
  std::map<std::string, std::unique_ptr<Run>, std::less<>> runs_;
};

}  // namespace gantry::testing
