#pragma once

#include <gantry/sdk/stream.hpp>
#include <memory>

#include "reader.hpp"

namespace gantry::samsara {

/// All configured feeds of a source as one: each is asked when it is due, in turn, once everything
/// that was read is handed over.
class Stream : public sdk::Feed {
 public:
  /// Throws Failure(kData), code CURSOR, for a cursor that is none. Both references outlive it.
  Stream(const sdk::Host& host, const Settings& settings, std::string_view cursor);

  void next(const sdk::StreamLimits& limits, sdk::Sink& sink) override;
  /// The host opens the stream again at its cursor; Samsara itself keeps no state.
  void nack(const sdk::Call&, std::string_view, std::string_view) override { broken_ = true; }

 private:
  void collect(const sdk::StreamLimits& limits, sdk::Sink& sink);
  bool hand_over(const sdk::StreamLimits& limits, sdk::Sink& sink);
  Reader& next_due();

  const sdk::Host& host_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::size_t turn_ = 0;
  std::uint32_t records_ = 0;
  std::uint64_t bytes_ = 0;
  bool broken_ = false;
};

}  // namespace gantry::samsara
