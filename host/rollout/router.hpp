#pragma once

#include <string_view>

/// Which path serves a document while Temporal takes over step by step (design section 8).
namespace gantry::rollout {

enum class Path {
  kTemporal,  ///< Its own or its flow's workflow.
  kDirect,    ///< The same stages and saga, run without one.
};

/// "temporal" or "direct". [any-thread]
std::string_view to_string(Path path) noexcept;

/// 0 to 99: the SHA-256 of the id, read as one big-endian number of 256 bits, modulo 100. All its
/// bits count, so the buckets are equally likely, and every host and tool computes the same:
/// `int(hashlib.sha256(id).hexdigest(), 16) % 100` in Python. [any-thread]
int bucket_of(std::string_view document_id);

/// kTemporal where the bucket is below `percentage`. So one document always takes one path, and
/// raising the percentage moves none back. A percentage outside 0 to 100 is a bug: configuration
/// and the admin API check it. [any-thread]
Path route(std::string_view document_id, int percentage);

}  // namespace gantry::rollout
