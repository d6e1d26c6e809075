#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/json.hpp"
#include "host/contracts/delivery.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/stores/dead_letters.hpp"
#include "host/stores/saga/saga.hpp"
#include "host/stores/staging.hpp"

namespace gantry::app {

/// What dead letters are tried again with. All outlive the desk.
struct DeskPorts {
  stores::DeadLetters& letters;
  stores::Staging& staging;
  stores::saga::Saga& saga;
  const stores::saga::SagaLog& saga_log;
  std::vector<stores::Store*> stores;
  const DeliveryReader& deliveries;
  /// Both start a workflow and give its id; kUnavailable while Temporal is away.
  std::function<Result<std::string>(const DocumentIngestionInput&)> start_record;
  std::function<Result<std::string>(std::string_view source, std::string_view delivery,
                                    std::string_view letter)>
      start_delivery;
};

/// Where an operator looks at dead letters and has them tried again, in the shapes of the admin API
/// (host/cli/README.md). [any-thread] [blocking]
class DeadLetterDesk {
 public:
  explicit DeadLetterDesk(DeskPorts ports) : ports_(std::move(ports)) {}

  /// Newest first, and the counts of all by kind and source.
  Result<Json> list(const stores::DeadLetterQuery& query, Instant now) const;
  /// One with the reasons of every attempt; kNotFound.
  Result<Json> show(std::string_view id, bool payload, Instant now) const;

  /// Starts what the letter was given up on again: a record its workflow, a delivery and a part of
  /// one the delivery's, an undo the undo itself. A letter is resolved once that went well, and has
  /// one more attempt otherwise; for a workflow both come later. kUnsupported where only a person
  /// can: the message says what to do.
  Result<Json> retry(std::string_view id);
  /// Takes it off the shelf; kNotFound.
  Result<Json> resolve(std::string_view id);

 private:
  Result<stores::DeadLetter> find(std::string_view id) const;
  Result<Json> retry_record(const stores::DeadLetter& letter);
  Result<Json> retry_delivery(const stores::DeadLetter& letter);
  Result<Json> retry_undo(const stores::DeadLetter& letter);
  /// True where every store holds the same of the document.
  Result<bool> stores_agree(const std::string& document_id) const;

  const DeskPorts ports_;
};

}  // namespace gantry::app
