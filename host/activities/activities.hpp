#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "host/activities/stages.hpp"
#include "host/activities/webhook.hpp"
#include "host/rollout/router.hpp"
#include "host/temporal/activity/registry.hpp"

namespace gantry::activities {

/// Counts what became of records, for metrics. Each may be empty. [any-thread]
struct Counters {
  /// outcome: "stored", "stale", "dead_letter".
  std::function<void(std::string_view source, std::string_view outcome)> record;
  /// A write failed for now: a store is away, and the records wait.
  std::function<void(std::string_view source)> delayed;
  /// A call of a poll or of a stream ended: "ok", "interrupted" (after it had brought something) or
  /// "failed".
  std::function<void(std::string_view source, std::string_view outcome, std::size_t records)> poll;
  std::function<void(std::string_view source, std::string_view outcome, std::size_t records)>
      collect;
  /// A file left the folder of claims: "archived" or "rejected".
  std::function<void(std::string_view source, std::string_view outcome)> file;
  /// A record reached an end on a path: "stored", "stale", "dead_letter". From when it came in.
  std::function<void(rollout::Path path, std::string_view outcome, Instant received_at)> ended;
  /// A record's path was chosen.
  std::function<void(rollout::Path path, std::string_view document_id)> decided;

  Told told(rollout::Path path) const {
    if (!ended) return {};
    return [ended = ended, path](std::string_view outcome, Instant received_at) {
      ended(path, outcome, received_at);
    };
  }
};

/// Registers every activity under its contract; those that need what lies on the disk of a host
/// that is not `home` fail as kElsewhere. `stages` and `webhooks` outlive the registry. [main]
void register_all(temporal::activity::Registry& registry, Stages& stages, WebhookParser& webhooks,
                  Counters counters, const std::string& home = {});

}  // namespace gantry::activities
