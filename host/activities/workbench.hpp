#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "host/base/error.hpp"
#include "host/pipeline/embedder.hpp"
#include "host/pipeline/entities.hpp"
#include "host/pipeline/parsed_text.hpp"

namespace gantry::activities {

/// What the stages made of one record so far.
struct Work {
  std::optional<pipeline::ParsedText> parsed;
  std::optional<std::vector<pipeline::Entity>> entities;
  std::optional<pipeline::Embeddings> embeddings;
  std::optional<Error> invalid;  ///< Why it can never be read.
};

/// Carries results from stage to stage beside the history: a bounded memory of recent work by
/// staging key. A miss costs time, never data: pure stages are computed again, on this host or on
/// another. [any-thread]
class Workbench {
 public:
  explicit Workbench(std::size_t bytes_max = std::size_t{32} << 20) : bytes_max_(bytes_max) {}

  /// A copy of what is known; empty parts are to be computed.
  Work find(std::string_view key) const;
  /// Remembers the parts that are set.
  void keep(std::string_view key, const Work& work);
  void forget(std::string_view key);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Work> work;  // shared with readers, who copy outside the lock
    std::size_t bytes = 0;
  };
  void drop_oldest_locked();

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // newest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace gantry::activities
