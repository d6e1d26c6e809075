#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/json.hpp"
#include "host/ingress/inbox.hpp"
#include "host/stores/saga/saga_log.hpp"
#include "host/stores/staging.hpp"
#include "host/stores/store.hpp"
#include "host/temporal/client/execution.hpp"

namespace gantry::app {

/// Something that two places do not say the same about.
struct Difference {
  std::string kind;
  std::string subject;  ///< A document, a delivery as source/id, a saga's operation.
  std::string detail;

  bool operator==(const Difference&) const = default;
};

/// What is compared. All outlive the reconciler.
struct ReconcilePorts {
  std::vector<stores::Store*> stores;
  const stores::Staging& staging;
  const stores::saga::SagaLog& sagas;
  const ingress::Inbox& inbox;
  /// One workflow, with what it waits for; nothing where nobody knows it. kUnavailable while
  /// Temporal is away.
  std::function<Result<std::optional<temporal::WorkflowDescription>>(const std::string& id)>
      workflow;
  /// How many workflows a list filter finds.
  std::function<Result<std::int64_t>(const std::string& filter)> count;
  const Clock& clock = system_clock();
  /// True where the direct path has the document in hand.
  std::function<bool(const std::string& document)> in_hand = {};
};

/// Compares what the inbox answered, what the engine runs and what each store holds, and keeps what
/// is open between them:
///
///   document_missing, document_differs   by store
///   delivery_waiting                     answered, and not started for minutes
///   delivery_without_workflow            started, and the engine knows nothing of it
///   delivery_unfinished                  its workflow has ended and its records were never staged
///   staging_orphan                       a record on its way that no workflow takes along
///   saga_open                            half written, with nobody at work on its documents
///
/// Whatever is in order a moment later is work under way and no difference: each is looked at
/// twice. Nothing is changed. One round at a time, on a thread of its own: at `rest` after the last
/// and whenever it is asked for.
class Reconciler {
 public:
  /// `pause`: between the two looks.
  explicit Reconciler(ReconcilePorts ports,
                      std::chrono::milliseconds rest = std::chrono::minutes{15},
                      std::chrono::milliseconds pause = std::chrono::seconds{5});
  ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  /// Begins a round, or the one after that which is under way; its number. [any-thread]
  std::uint64_t ask();
  /// {"round": of the last that ended, "running", "documents", "finished_at", "count",
  /// "differences", "problems"}; without a round only the first two. [any-thread]
  Json state() const;
  /// Of the last round; nothing before the first ended well. [any-thread]
  std::optional<std::size_t> differences() const;
  /// Ends a round that is under way. [main]
  void stop();

 private:
  struct Round {
    std::uint64_t number = 0;
    std::size_t documents = 0;
    Instant finished_at{};
    std::vector<Difference> differences;
    std::vector<std::string> problems;  ///< What could not be compared.
  };
  void run(const std::stop_token& stop);
  Round compare_all(const std::stop_token& stop);
  void compare_stores(Round& round, const std::stop_token& stop);
  void compare_deliveries(Round& round, const std::stop_token& stop);
  void compare_staging(Round& round, const std::vector<std::string>& before,
                       const std::stop_token& stop);
  void compare_sagas(Round& round, const std::vector<std::string>& before);
  Result<bool> somebody_works_on(const std::string& document_id);
  Result<bool> source_is_busy(const std::string& source);
  std::vector<std::string> staged_keys();
  std::vector<std::string> open_sagas();
  bool wait(const std::stop_token& stop, std::chrono::milliseconds time);

  const ReconcilePorts ports_;
  const std::chrono::milliseconds rest_;
  const std::chrono::milliseconds pause_;
  mutable std::mutex mutex_;  // guards the next
  std::condition_variable_any changed_;
  std::uint64_t asked_ = 0;
  bool running_ = false;
  std::size_t seen_ = 0;
  std::optional<Round> last_;
  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace gantry::app
