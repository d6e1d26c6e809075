#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/activities/activities.hpp"
#include "host/activities/stages.hpp"
#include "host/activities/webhook.hpp"
#include "host/base/clock.hpp"
#include "host/contracts/delivery.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/direct/board.hpp"
#include "host/ingress/inbox.hpp"
#include "host/ingress/log.hpp"
#include "host/rollout/router.hpp"

namespace gantry::direct {

/// The inbox's source of work that is no delivery: uploads, and dead letters that are tried again.
/// No configured source can have this name.
inline constexpr std::string_view kQueue = "@direct";

/// What the direct path works with. All outlive it; the functions are [any-thread].
struct DirectPorts {
  activities::Stages& stages;
  activities::WebhookPorts parsing;  ///< Its ledger reads; what is done is marked here, later.
  ingress::Inbox& inbox;
  /// The path of a record. `again`: it was asked about this one before.
  std::function<rollout::Path(const std::string& document_id, bool again)> path;
  /// Starts a record's DocumentIngestionWorkflow; kUnavailable while Temporal is away.
  std::function<Result<void>(const DocumentIngestionInput&)> start;
  /// True where records of a Temporal that is away go the direct way.
  std::function<bool()> divert;
  /// How deliveries of a source are read.
  std::function<WebhookIngestionInput(std::string_view source, std::string_view id)> input;
  /// Something is new at a source that is polled.
  std::function<void(const std::string& source)> poll;
  activities::Counters counters;
  std::chrono::milliseconds patience = kPatienceDefault;  ///< Zero: without end.
  ingress::LogSink log;
  const Clock& clock = system_clock();
};

/// Documents without Temporal: the same parsing, stages and saga, run in this process, from the
/// inbox alone.
///
/// A delivery stays pending in the inbox until each of its records is in the stores, with the dead
/// letters, or has a workflow: whatever ends this process before, the next one does it again, and
/// every step is idempotent. What cannot succeed (ValidationError and its kin) is a dead letter at
/// once; what may is put off, as often as it takes, until `patience` has passed since it came in.
/// How much runs at once is decided by who calls deliver(): the dispatcher. [any-thread]
class DirectPath {
 public:
  explicit DirectPath(DirectPorts ports);

  /// Does a pending delivery, or as much of it as can be done. kLater: some of it must wait.
  /// [blocking]
  Result<Start> deliver(std::string_view source, std::string_view delivery_id);

  /// Takes staged records on for the direct path; durable on return. [blocking]
  Result<void> take(const DocumentIngestionInput& input);
  /// The same for a delivery that is read again for a dead letter; its records are routed.
  Result<void> take(const WebhookIngestionInput& input);

  /// Learns which documents wait in the inbox from before. Before the first deliver(). [blocking]
  Result<void> recall();
  /// Lets calls in flight end early; what they did not end stays pending.
  void hurry() noexcept { hurried_ = true; }

  const Board& board() const noexcept { return board_; }

 private:
  /// One row of the inbox.
  struct Job {
    std::string source;
    std::string id;
    Instant received_at{};
    std::string key() const { return source + '/' + id; }
  };
  struct Ended {
    RecordOutcome outcome;
    rollout::Path path;
  };
  /// What one call got done.
  struct Round {
    std::vector<Ended> ended;
    int dead_letters = 0;
    std::optional<Error> held;  ///< Why something must wait.
  };
  /// The inbox for the parser: a delivery is not done when it is read.
  class Reader final : public DeliveryLedger {
   public:
    explicit Reader(ingress::Inbox& inbox) : inbox_(inbox) {}
    Result<Delivery> load(std::string_view source, std::string_view id) const override;
    Result<void> mark_done(std::string_view, std::string_view) override { return {}; }
    Result<void> mark_dead(std::string_view source, std::string_view id,
                           std::string_view reason) override;

   private:
    ingress::Inbox& inbox_;
  };

  Result<void> append(std::string body, const std::vector<std::string>& documents);
  Result<Start> run_queued(const Job& job);
  Result<Start> run_delivery(const Job& job, const WebhookIngestionInput& input);
  Result<Start> finish(const Job& job, const Round& round, const WebhookIngestionInput* delivery);
  Result<Start> put_off(const Job& job, const Error& reason);
  void start(const DocumentIngestionInput& input, Round& round, std::vector<RecordRef>& direct);
  void write(const Job& job, const DocumentIngestionInput& input, Round& round);
  /// `fresh`: for the first time, and so it is counted.
  void write_part(const Job& job, const DocumentIngestionInput& part, bool fresh, Round& round);
  void bury(const Job& job, const DocumentIngestionInput& input, const Error& reason, Round& round);
  bool out_of_patience(const Job& job) const;

  const DirectPorts ports_;
  Reader reader_;
  activities::WebhookParser parser_;
  Board board_;
  std::atomic<bool> hurried_ = false;
};

}  // namespace gantry::direct
