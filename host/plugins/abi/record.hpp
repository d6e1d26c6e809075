#pragma once

#include <gantry/abi.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/clock.hpp"
#include "host/contracts/document.hpp"
#include "host/plugins/source.hpp"

namespace gantry::plugins::abi {

/// A cursor is at most this long.
inline constexpr std::size_t kCursorMax = 64U << 10U;

/// Makes documents of one source's records and holds every rule of gantry_record: one that breaks a
/// rule becomes a Rejected that names the record, the rule and the remedy. [any-thread]
class RecordReader {
 public:
  /// `received_at` stands in for an unknown occurred_at and for version 0.
  RecordReader(std::string_view source, Instant received_at)
      : source_(source), received_at_(received_at) {}

  /// Adds what `record` is, copied, to one of the two; false where that is `rejected`. `number`
  /// names it to its author.
  bool take(const gantry_record& record, std::uint64_t number, std::vector<Document>& documents,
            std::vector<Rejected>& rejected) const;

  /// A record whose struct_size is too small to be read.
  static Rejected unreadable(std::uint64_t number);
  /// What the plugin itself gave up on.
  static Rejected given_up(const gantry_span& raw, const gantry_error* reason);

  /// All its spans together; UINT64_MAX where the sum is no number.
  static std::uint64_t size_of(const gantry_record& record);

 private:
  /// Empty where the record kept the rules; else the rule it broke.
  std::string fill(const gantry_record& record, Document& document) const;

  const std::string source_;
  const Instant received_at_;
};

}  // namespace gantry::plugins::abi
