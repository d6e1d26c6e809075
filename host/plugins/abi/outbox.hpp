#pragma once

#include <gantry/batch.h>

#include <optional>
#include <string>

#include "host/plugins/source.hpp"

namespace gantry::plugins::abi {

/// Receives the files that a plugin wants written beside its records. Lives for the call.
///
/// A name is one path component of 1 to 200 printable bytes of UTF-8 that does not begin with a
/// dot; a content is at most 64 MiB. Anything else is refused with BUG.
class OutboxReceiver {
 public:
  explicit OutboxReceiver(const PutOutbox& put);
  OutboxReceiver(const OutboxReceiver&) = delete;
  OutboxReceiver& operator=(const OutboxReceiver&) = delete;

  gantry_outbox* native() noexcept { return &native_; }

  /// The rule that was broken, if one was.
  const std::optional<std::string>& broken() const noexcept { return broken_; }
  /// Why a file could not be written, whatever the plugin made of it.
  const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  gantry_status put(const gantry_span& name, const gantry_span& content);

  gantry_outbox native_{};
  const PutOutbox& put_;
  std::optional<std::string> broken_;
  std::optional<Error> failure_;
};

}  // namespace gantry::plugins::abi
