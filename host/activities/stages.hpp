#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/activities/workbench.hpp"
#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/pipeline/embedder.hpp"
#include "host/pipeline/entities.hpp"
#include "host/pipeline/rules_extractor.hpp"
#include "host/stores/dead_letters.hpp"
#include "host/stores/saga/saga.hpp"
#include "host/stores/staging.hpp"

namespace gantry::activities {

/// What one call of the saga came to: as many outcomes as documents, in order.
struct SagaCall {
  std::string_view source;
  std::span<const stores::IngestedDocument> documents;
  std::span<const stores::saga::Outcome> outcomes;
  std::chrono::nanoseconds took;
};

/// What the stages work with. All outlive them.
struct StagePorts {
  stores::Staging& staging;
  stores::saga::Saga& saga;
  stores::DeadLetters& dead_letters;
  const pipeline::EntityExtractor& extractor;
  const pipeline::Embedder& embedder;
  std::function<void(const SagaCall&)> on_written = {};  ///< May be empty. [any-thread]
};

/// Hears of each record that reached an end: its outcome, and when it had come in. [any-thread]
using Told = std::function<void(std::string_view outcome, Instant received_at)>;

/// The four stages of a document, for Temporal's activities and for the direct path alike.
///
/// Each takes references and answers counts; results wait on the workbench and are computed again
/// where they are gone. A record that can never be read becomes a dead letter when the others are
/// written; where no record is left a stage fails with kInvalid, which callers do not retry but
/// give up on.
/// [any-thread] [blocking]
class Stages {
 public:
  explicit Stages(const StagePorts& ports) : ports_(ports) {}

  Result<StageResult> parse(const DocumentIngestionInput& input);
  Result<StageResult> extract(const DocumentIngestionInput& input);
  Result<StageResult> embed(const DocumentIngestionInput& input);
  /// Writes all records that can be read through the saga and releases them from staging. A
  /// retryable error means that some record is not stored yet; a repeated call is idempotent.
  /// `told` comes after everything else went well, and not again for what an earlier call ended.
  Result<IngestionSummary> write(const DocumentIngestionInput& input,
                                 const stores::CallOptions& options, const Told& told = {});

  /// Gives up on the records of `input`: each becomes a dead letter and leaves staging. `reason`
  /// is that of records that have none of their own.
  Result<void> give_up(const DocumentIngestionInput& input, std::string_view reason,
                       const Told& told = {});

 private:
  struct Item {
    Document document;
    Work work;
    bool settled = false;  // left staging already: an earlier try stored or buried it
  };

  /// What a stage adds to one record that can be read; gives how many items it made.
  using Step = std::function<Result<std::size_t>(Item&)>;

  Result<StageResult> each(const DocumentIngestionInput& input, const Step& step);
  Result<std::vector<Item>> load(const DocumentIngestionInput& input) const;
  Result<void> ensure_parsed(Item& item) const;
  Result<void> ensure_entities(Item& item) const;
  /// One call for all: a model over a network takes many texts in a request.
  Result<void> ensure_embeddings(std::span<Item> items) const;
  Result<void> release(const DocumentIngestionInput& input, const stores::CallOptions& options);
  Result<void> bury(const DocumentIngestionInput& input, std::size_t record,
                    const Document& document, const Error& reason);

  const StagePorts ports_;
  const pipeline::RulesExtractor titles_;  // a title is too short to ask a model about
  Workbench workbench_;
};

}  // namespace gantry::activities
