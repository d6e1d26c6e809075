#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/contracts/batch.hpp"
#include "host/temporal/client/client.hpp"

namespace gantry::app {

/// When a source's folder is read, and with which settings.
struct FileSchedule {
  std::string times;  ///< Temporal's cron.
  std::string zone;
  FlowSettings settings;

  bool operator==(const FileSchedule&) const = default;
};

/// Temporal's schedules as the keeper of schedules sees them, one for each source; tests have an
/// engine of their own. [any-thread] [blocking]
class ScheduleEngine {
 public:
  struct Seen {
    bool foreign = false;   ///< Another task queue's: not ours to touch.
    FileSchedule in_force;  ///< Empty times where somebody else has changed it.
    bool paused = false;
    std::string note;  ///< Why it is paused.
    bool running = false;
    std::optional<Instant> next;
    std::vector<temporal::ScheduledStart> recent;
  };
  using Outcome = temporal::OutcomeOf<BatchSummary>;

  virtual ~ScheduleEngine() = default;
  /// Nothing where the source has no schedule.
  virtual Result<std::optional<Seen>> look(const std::string& source) = 0;
  virtual Result<void> create(const std::string& source, const FileSchedule& schedule) = 0;
  virtual Result<void> update(const std::string& source, const FileSchedule& schedule) = 0;
  /// A run under way ends by itself.
  virtual Result<void> remove(const std::string& source) = 0;
  virtual Result<void> trigger(const std::string& source) = 0;
  /// How a run ended; nothing while it has not.
  virtual Result<std::optional<Outcome>> outcome(const temporal::WorkflowHandle& run) = 0;
};

/// The real one: the schedule `batch:<source>` starts `batch:<source>:schedule-<time>`, and that
/// the folder's run as its child.
class TemporalSchedules final : public ScheduleEngine {
 public:
  /// `client` outlives it.
  TemporalSchedules(temporal::Client& client, std::string task_queue)
      : client_(client), task_queue_(std::move(task_queue)) {}

  Result<std::optional<Seen>> look(const std::string& source) override;
  Result<void> create(const std::string& source, const FileSchedule& schedule) override;
  Result<void> update(const std::string& source, const FileSchedule& schedule) override;
  Result<void> remove(const std::string& source) override;
  Result<void> trigger(const std::string& source) override;
  Result<std::optional<Outcome>> outcome(const temporal::WorkflowHandle& run) override;

 private:
  temporal::ScheduleOptions options(const std::string& source, const FileSchedule& schedule) const;

  temporal::Client& client_;
  const std::string task_queue_;
};

}  // namespace gantry::app
