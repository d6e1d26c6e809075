#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/clock.hpp"
#include "host/base/error.hpp"
#include "host/contracts/batch.hpp"

namespace gantry::stores::embedded {
class Connection;
}

namespace gantry::files {

/// The file by whose content a later one is a duplicate.
struct FinishedFile {
  std::string id;
  std::string name;
  Instant at{};
};

/// A file that was put into the out directory.
struct SentFile {
  std::string sha256;
  std::string id;  ///< The claim on whose behalf.
};

/// A file in processing/.
struct Claim {
  BatchFile file;
  std::string archive;  ///< The archive's name, where the file came out of one.
  std::string run;      ///< Whose it is; empty: free.
};

/// What every source has read, by SHA-256 of the content, and what it is reading: one SQLite file,
/// durable on return (WAL, synchronous=FULL). Some 200 bytes for each file ever read, kept for
/// good: a partner may send last year's file again. [any-thread] [blocking]
class Ledger {
 public:
  /// Makes the file, mode 0600, where it is missing.
  static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& file);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  Result<std::optional<FinishedFile>> finished(std::string_view source,
                                               std::string_view sha256) const;
  /// Remembers the content; the first file that had it stays the one that is named.
  Result<void> mark_finished(std::string_view source, const BatchFile& file, Instant at);

  /// Claims of `source`, by id.
  Result<std::vector<Claim>> claims(std::string_view source) const;
  Result<std::optional<Claim>> claim(std::string_view source, std::string_view id) const;
  /// A claim other than `id` with that content.
  Result<std::optional<Claim>> claim_with(std::string_view source, std::string_view sha256,
                                          std::string_view id) const;
  Result<void> put_claim(std::string_view source, const Claim& claim);
  Result<void> drop_claim(std::string_view source, std::string_view id);

  /// What was put into the out directory under `name`, if anything was.
  Result<std::optional<SentFile>> sent(std::string_view source, std::string_view name) const;
  Result<void> mark_sent(std::string_view source, std::string_view name, const SentFile& file);

 private:
  using Body = std::function<void(stores::embedded::Connection&)>;
  explicit Ledger(std::filesystem::path file);
  Result<void> run(const Body& body) const;

  const std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::unique_ptr<stores::embedded::Connection> connection_;
};

}  // namespace gantry::files
