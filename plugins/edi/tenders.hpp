#pragma once

#include <gantry/sdk/host.hpp>
#include <gantry/sdk/record.hpp>
#include <string_view>

#include "envelope.hpp"
#include "memory.hpp"

namespace gantry::edi {

/// The documents of each tender, so that a cancellation reaches all of them, whichever comes first.
class Tenders {
 public:
  explicit Tenders(const sdk::Host& host) : host_(host), memory_(host, "tender") {}

  /// Notes `record`, a tender under `business_key`. Where it cancels, a tombstone goes to every
  /// earlier document of the tender; where the cancellation came first and is newer, the record
  /// becomes one itself. False: the host wants no more.
  bool follow(sdk::Record& record, std::string_view business_key, bool cancels,
              const Interchange& interchange, sdk::Sink& sink);
  void flush() { memory_.flush(); }

 private:
  const sdk::Host host_;
  Memory memory_;
};

}  // namespace gantry::edi
