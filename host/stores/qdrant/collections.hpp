#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/stores/qdrant/rest.hpp"

namespace gantry::stores::qdrant {

/// The collections of one prefix: the ledger, and one per model with the length of its vectors.
/// What the server said once is remembered. [any-thread] [blocking]
class Collections {
 public:
  struct Model {
    std::string collection;
    std::size_t dimension = 0;
  };

  /// Without `make` collections are looked for only.
  Collections(const Rest& rest, std::string prefix, bool make);

  /// Checks the server's version and makes the ledger, or sees that it is there. Cheap once it has
  /// succeeded.
  Result<void> prepare(const CallOptions& options);
  const std::string& ledger() const noexcept { return ledger_; }

  /// The collection that vectors of that model are in, or would be.
  std::string name_of(std::string_view model) const;
  /// Empty where nobody wrote vectors of that model yet.
  Result<std::optional<Model>> find(std::string_view model, const CallOptions& options);
  /// find(), made where it is absent. The dimension may then still be another.
  Result<Model> ensure(std::string_view model, std::size_t dimension, const CallOptions& options);
  /// Names of all model collections that the server has.
  Result<std::vector<std::string>> all(const CallOptions& options) const;
  /// Forgets what was said, since a collection turned out to be gone.
  void forget();

 private:
  Result<void> create(const std::string& name, std::size_t size, const char* distance,
                      const CallOptions& options) const;

  const Rest& rest_;
  const std::string prefix_;
  const std::string ledger_;
  const bool make_;
  std::atomic<bool> prepared_{false};
  std::mutex mutex_;
  std::map<std::string, Model, std::less<>> known_;  // by model
};

}  // namespace gantry::stores::qdrant
