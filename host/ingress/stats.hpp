#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace gantry::ingress {

/// What became of one source's requests since the start.
struct SourceCounts {
  std::uint64_t accepted = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t rejected = 0;
  std::uint64_t replied = 0;
  std::uint64_t unavailable = 0;
};

/// What became of webhook requests; read by the metrics page. The server's own refusals (size,
/// time, malformed) are in HttpCounters. [any-thread]
struct IngressStats {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> duplicate{0};
  std::atomic<std::uint64_t> replied{0};         ///< Challenges: answered, nothing stored.
  std::atomic<std::uint64_t> rejected{0};        ///< 401, whatever the cause.
  std::atomic<std::uint64_t> unknown_source{0};  ///< 404.
  std::atomic<std::uint64_t> unavailable{0};     ///< 503: the inbox or the plugin could not.

  /// Counts one accepted request of a source that exists.
  void accept(std::string_view source, bool is_duplicate);
  /// Counts one challenge that was answered.
  void reply(std::string_view source);
  /// Counts one 503 of a source.
  void fail(std::string_view source);
  /// Counts one 401 of a source under its cause. The word comes from a plugin: at most 32 different
  /// ones are kept, of [a-z0-9_], 32 bytes; everything else counts as "other".
  void reject(std::string_view source, std::string_view reason);
  /// The causes so far with their counts.
  std::map<std::string, std::uint64_t> rejected_by_reason() const;
  /// Sources that had a request, by name.
  std::map<std::string, SourceCounts> by_source() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> reasons_;
  std::map<std::string, SourceCounts, std::less<>> sources_;
};

}  // namespace gantry::ingress
