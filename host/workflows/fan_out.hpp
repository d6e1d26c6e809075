#pragma once

#include <string>
#include <vector>

#include "host/workflows/definitions.hpp"

/// From staged records to finished ones, for every workflow that brings records in.
namespace gantry::workflows {

/// Some records and the id of the child that takes them.
struct Part {
  std::string id;
  DocumentIngestionInput input;
  bool direct = false;  ///< By one activity instead of a child.
};

/// What the parts of one page have in common.
struct FanOut {
  Fanout fanout = Fanout::kRecord;  ///< Not kAuto.
  std::string prefix;               ///< Of a batch's id; its number follows.
  std::string source;
  Placement placement;
  std::string priority;
  int rollout = 100;  ///< Of a page: per cent of its documents that have a child.
};

/// One part per record, or per kBatchRecordsMax records, in order; records of the direct path
/// together, in parts of their own behind the others.
std::vector<Part> parts_of(const FanOut& how, std::vector<RecordRef> records);

/// One part: in a child, or with `fanout` kInline in this workflow. A part that fails is buried and
/// does not throw; only the cancellation of the caller does.
Task<std::vector<RecordOutcome>> ingest_part(Context ctx, Fanout fanout, Part part);

/// What became of a page.
struct Tally {
  std::int64_t processed = 0;  ///< In the stores: stored now, before, or newer there.
  std::int64_t dead_letters = 0;
};

/// All records of a page, `in_flight` children at a time. A version that another child brings or
/// brought is seen to here, so that nothing stays in staging. Out of reach of cancellation: records
/// that were staged get their child even where the workflow is told to end.
Task<Tally> ingest_page(Context ctx, FanOut how, std::vector<RecordRef> records,
                        std::size_t in_flight);

/// kAuto for a page of a file or a stream, and of a poll.
Fanout resolve_bulk(Fanout wanted);
Fanout resolve_poll(Fanout wanted, std::size_t records);

}  // namespace gantry::workflows
