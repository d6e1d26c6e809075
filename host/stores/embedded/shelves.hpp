#pragma once

#include <atomic>

#include "host/stores/cache.hpp"
#include "host/stores/dead_letters.hpp"
#include "host/stores/embedded/file.hpp"
#include "host/stores/saga/saga_log.hpp"
#include "host/stores/staging.hpp"

namespace gantry::stores::embedded {

/// Cached values and locks in the embedded file; times by the clock given to the file.
class FileCache final : public Cache {
 public:
  explicit FileCache(File& file) : file_(file) {}
  std::string_view name() const override { return "cache/embedded"; }
  Result<std::vector<std::optional<std::string>>> get(std::span<const std::string> keys,
                                                      const CallOptions& options) const override;
  Result<void> put(std::span<const CacheEntry> entries, std::chrono::milliseconds ttl,
                   const CallOptions& options) override;
  Result<std::vector<Lease>> lock(std::span<const std::string> keys,
                                  std::chrono::milliseconds lease,
                                  const CallOptions& options) override;
  Result<std::vector<bool>> unlock(std::span<const Lease> leases,
                                   const CallOptions& options) override;
  AtomicSite* site() override { return &file_; }

 private:
  File& file_;
  std::atomic<std::size_t> puts_{0};
};

class FileDeadLetters final : public DeadLetters {
 public:
  explicit FileDeadLetters(File& file) : file_(file) {}
  Result<std::string> add(const DeadLetter& letter, const CallOptions& options) override;
  Result<std::vector<DeadLetter>> list(const DeadLetterQuery& query,
                                       const CallOptions& options) const override;
  Result<std::optional<DeadLetter>> get(std::string_view id,
                                        const CallOptions& options) const override;
  Result<bool> resolve(std::string_view id, const CallOptions& options) override;
  Result<std::size_t> count(const CallOptions& options) const override;
  Result<std::vector<DeadLetterTally>> tally(const CallOptions& options) const override;

 private:
  File& file_;
};

class FileSagaLog final : public saga::SagaLog {
 public:
  explicit FileSagaLog(File& file) : file_(file) {}
  Result<void> begin(const saga::SagaEntry& entry, const CallOptions& options) override;
  Result<void> end(std::span<const std::string> operations, const CallOptions& options) override;
  Result<std::vector<saga::SagaEntry>> open(const CallOptions& options) const override;

 private:
  File& file_;
};

class FileStaging final : public Staging {
 public:
  FileStaging(File& file, std::string home) : file_(file), home_(std::move(home)) {}
  const std::string& home() const noexcept override { return home_; }
  Result<std::vector<std::string>> put(std::span<const Document> documents,
                                       const CallOptions& options) override;
  Result<std::vector<std::optional<Document>>> get(std::span<const std::string> keys,
                                                   const CallOptions& options) const override;
  Result<void> release(std::span<const std::string> keys, const CallOptions& options) override;
  Result<std::vector<Staged>> list(std::string_view after, std::size_t limit,
                                   const CallOptions& options) const override;
  Result<std::size_t> count(const CallOptions& options) const override;

 private:
  File& file_;
  const std::string home_;
};

}  // namespace gantry::stores::embedded
