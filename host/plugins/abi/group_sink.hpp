#pragma once

#include <gantry/abi.h>

#include <cstdint>
#include <optional>
#include <string>

#include "host/plugins/abi/record.hpp"
#include "host/plugins/abi/sink.hpp"
#include "host/plugins/source.hpp"

namespace gantry::plugins::abi {

/// Receives the output of polls, streams and files: records between two checkpoints go on as one
/// group, whole, as soon as the second one comes. For one thread; lives for a poll, for one `next`,
/// or as long as a file is open.
///
/// STOP comes at the first checkpoint that reaches the budget, so that no group is cut; within a
/// group only the quota stops a plugin. What follows a STOP is ignored and counted: no cursor
/// covers it, so it comes again.
class GroupSink {
 public:
  struct Limits {
    CallBudget budget;
    Quota quota;             ///< Of one group.
    bool in_pieces = false;  ///< Hands on parts of a large group before its checkpoint.
  };

  GroupSink(std::string_view source, Instant received_at, const Limits& limits, TakeGroup take);
  GroupSink(const GroupSink&) = delete;
  GroupSink& operator=(const GroupSink&) = delete;

  gantry_sink* native() noexcept { return &native_; }

  /// Hands on what no checkpoint covers: the call ended well and none will come.
  void finish();

  /// From here on only the quota stops it: the call cannot be taken up again where it stopped.
  void ignore_budget() noexcept { limits_.budget = {UINT64_MAX, UINT64_MAX}; }

  bool stopped() const noexcept { return stopped_; }
  /// True where a group was larger than the quota and no cursor came before it: no way on.
  bool stuck() const noexcept { return over_quota_ && !checkpointed_; }
  bool over_quota() const noexcept { return over_quota_; }
  std::uint64_t records() const noexcept { return records_; }
  std::uint64_t calls_after_stop() const noexcept { return calls_after_stop_; }
  /// Why a group could not be handed on.
  const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  std::int32_t emit(const gantry_record* record);
  std::int32_t reject(const gantry_span& raw, const gantry_error* reason);
  std::int32_t checkpoint(const gantry_span& cursor);
  /// False where the call has been stopped.
  bool admit(std::uint64_t bytes);
  std::int32_t answer(std::int32_t unless_stopped);
  void hand_on(std::optional<std::string> cursor);

  gantry_sink native_{};
  const RecordReader reader_;
  Limits limits_;
  const TakeGroup take_;
  Group group_;
  std::uint64_t piece_bytes_ = 0;
  std::uint64_t group_records_ = 0;
  std::uint64_t group_bytes_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t calls_after_stop_ = 0;
  bool stopped_ = false;
  bool over_quota_ = false;
  bool checkpointed_ = false;
  std::optional<Error> failure_;
};

}  // namespace gantry::plugins::abi
