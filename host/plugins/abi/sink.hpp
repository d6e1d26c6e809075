#pragma once

#include <gantry/abi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/plugins/abi/record.hpp"
#include "host/plugins/source.hpp"

namespace gantry::plugins::abi {

/// How much one call may hand over. A plugin that goes on after STOP is ignored and counted.
struct Quota {
  std::uint64_t records_max = 10'000;    ///< Records and rejected parts together.
  std::uint64_t bytes_max = 64U << 20U;  ///< All their spans together.
};

/// Receives what a call emits, checks every rule of gantry_record and copies it. Lives for the
/// call; used on its thread only.
///
/// A record that breaks a rule becomes a Rejected that names the record, the rule and the remedy.
class SinkReceiver {
 public:
  /// `received_at` stands in for an unknown occurred_at and for version 0.
  SinkReceiver(std::string_view source, Instant received_at, Quota quota);
  SinkReceiver(const SinkReceiver&) = delete;
  SinkReceiver& operator=(const SinkReceiver&) = delete;

  gantry_sink* native() noexcept { return &native_; }

  Parsed& parsed() noexcept { return parsed_; }
  /// The last checkpoint, if any.
  const std::optional<std::string>& cursor() const noexcept { return cursor_; }
  /// True where the quota ended the call: what came after is lost to us.
  bool over_quota() const noexcept { return over_quota_; }
  std::uint64_t calls_after_stop() const noexcept { return calls_after_stop_; }

 private:
  std::int32_t emit(const gantry_record* record);
  std::int32_t reject(const gantry_span& raw, const gantry_error* reason);
  std::int32_t checkpoint(const gantry_span& cursor);

  bool take_quota(std::uint64_t bytes);

  gantry_sink native_{};
  const RecordReader reader_;
  const Quota quota_;
  Parsed parsed_;
  std::optional<std::string> cursor_;
  std::uint64_t emitted_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t calls_after_stop_ = 0;
  bool over_quota_ = false;
};

}  // namespace gantry::plugins::abi
