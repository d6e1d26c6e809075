#pragma once

#include <gantry/abi.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/plugins/abi/sink.hpp"
#include "host/plugins/conformance/guarded.hpp"

namespace gantry::plugins::conformance {

/// A record as the plugin gave it.
struct Record {
  std::string kind, key, title, text, content_type, raw, metadata, participants;
  std::int64_t occurred_at_ns = 0;
  std::int64_t version = 0;
  std::uint32_t flags = 0;

  /// Equal for equal records, whatever their fields hold.
  std::string fingerprint() const;
  std::string name() const { return kind + ' ' + key; }
};

/// Where a sink says STOP. Counts go on over the calls of one chain.
struct StopPlan {
  std::optional<std::size_t> at_emit;
  std::optional<std::size_t> at_checkpoint;
  bool at_every_checkpoint = false;  ///< At every one that moves on from `cursor`.
  /// So many polls in a row without a record that is new end the chain: a poller that reads the
  /// newest again each time never comes to an end by itself. 0: it must.
  std::size_t quiet_polls_max = 0;
  std::string cursor;  ///< Where the call began.
  std::function<void()> on_emit;

  std::size_t emits = 0;
  std::size_t checkpoints = 0;
};

/// What one call handed over before STOP.
struct Taken {
  std::vector<Record> records;
  std::vector<std::pair<std::string, std::string>> rejected;  ///< Raw bytes and message.
  std::vector<std::string> cursors;
  std::vector<std::string> broken;  ///< Rules that records broke, in the host's words.
  bool stopped = false;
  std::size_t after_stop = 0;  ///< Records that came after STOP.
};

/// A sink that keeps to the host's rules: what comes with and after STOP is not taken.
class BenchSink {
 public:
  BenchSink(std::string_view source, Instant received_at, StopPlan& plan, Shape shape);
  BenchSink(const BenchSink&) = delete;
  BenchSink& operator=(const BenchSink&) = delete;

  gantry_sink* native() const noexcept { return native_.get(); }
  Taken& taken() noexcept { return taken_; }

 private:
  std::int32_t emit(const gantry_record* record);
  std::int32_t reject(const gantry_span& raw, const gantry_error* reason);
  std::int32_t checkpoint(const gantry_span& cursor);

  StopPlan& plan_;
  abi::SinkReceiver rules_;
  Taken taken_;
  const Guarded<gantry_sink> native_;
};

}  // namespace gantry::plugins::conformance
