#pragma once

#include <chrono>
#include <filesystem>

#include "host/temporal/converter/payload_store.hpp"

namespace gantry::temporal {

/// Payloads as files `<root>/ab/cd/<key>`, readable by this user only (0600).
///
/// An object appears whole (fsync, then rename) or not at all. Several hosts may share `root`.
class FilePayloadStore final : public PayloadStore {
 public:
  /// Creates `root` (0700) where it is missing.
  static Result<FilePayloadStore> open(std::filesystem::path root);

  Result<std::string> put(std::string_view bytes) override;
  Result<std::string> get(std::string_view key) override;

  /// Removes objects that nobody put for `age`, and remains of broken writes; returns how many.
  /// `age` must exceed the namespace's retention plus the longest run.
  Result<std::size_t> sweep(std::chrono::seconds age);

 private:
  explicit FilePayloadStore(std::filesystem::path root) : root_(std::move(root)) {}
  std::filesystem::path path_of(std::string_view key) const;

  std::filesystem::path root_;
};

}  // namespace gantry::temporal
