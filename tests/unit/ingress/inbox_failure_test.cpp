#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>

#include "host/ingress/inbox.hpp"
#include "tests/unit/ingress/support.hpp"

namespace gantry::ingress::test {
namespace {

enum class Fault { kNone, kNoSpace, kWriteError, kSyncError };

class FailingFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FailingFile(std::unique_ptr<rocksdb::FSWritableFile> file, const std::atomic<Fault>& fault)
      : FSWritableFileOwnerWrapper(std::move(file)), fault_(fault) {}

  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    if (fault_ == Fault::kNoSpace) return rocksdb::IOStatus::NoSpace("injected");
    if (fault_ == Fault::kWriteError) return rocksdb::IOStatus::IOError("injected");
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    if (fault_ == Fault::kSyncError) return rocksdb::IOStatus::IOError("injected");
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    if (fault_ == Fault::kSyncError) return rocksdb::IOStatus::IOError("injected");
    return FSWritableFileOwnerWrapper::Fsync(options, debug);
  }

 private:
  const std::atomic<Fault>& fault_;
};

/// A disk that fails on demand.
class FailingDisk final : public rocksdb::FileSystemWrapper {
 public:
  FailingDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FailingDisk"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    if (fault == Fault::kNoSpace) return rocksdb::IOStatus::NoSpace("injected");
    auto made = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (made.ok()) *file = std::make_unique<FailingFile>(std::move(*file), fault);
    return made;
  }

  std::atomic<Fault> fault{Fault::kNone};
};

class InboxOnABadDisk : public ::testing::TestWithParam<Fault> {
 protected:
  std::unique_ptr<Inbox> open() {
    InboxOptions options;
    options.directory = directory_.path();
    options.env = env_.get();
    options.recovery_interval = std::chrono::milliseconds{0};
    options.log = [this](LogLevel, std::string_view event, const LogFields&) {
      if (event == "inbox_write_failed") ++failures_told_;
      if (event == "inbox_writes_again") ++recoveries_told_;
    };
    return Inbox::open(std::move(options)).value();
  }

  const TempDir directory_;
  const std::shared_ptr<FailingDisk> disk_ = std::make_shared<FailingDisk>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  std::atomic<int> failures_told_{0};
  std::atomic<int> recoveries_told_{0};
};

TEST_P(InboxOnABadDisk, NothingIsPromisedAndItGoesOnOnceTheDiskDoes) {
  auto inbox = open();
  ASSERT_TRUE(append(*inbox, delivery("front", "before")));
  disk_->fault = GetParam();
  for (const char* id : {"during-1", "during-2", "during-3"}) {
    const auto stored = append(*inbox, delivery("front", id));
    ASSERT_FALSE(stored);
    EXPECT_TRUE(stored.error().retryable()) << stored.error().message();
  }
  EXPECT_EQ(failures_told_, 1);
  disk_->fault = Fault::kNone;
  EXPECT_EQ(append(*inbox, delivery("front", "after")).value(), AppendResult::kStored);
  EXPECT_EQ(append(*inbox, delivery("front", "before")).value(), AppendResult::kDuplicate);
  EXPECT_EQ(recoveries_told_, 1);
}

TEST_P(InboxOnABadDisk, WhatTurnsUpAfterAFailureIsPendingOnce) {
  auto inbox = open();
  disk_->fault = GetParam();
  ASSERT_FALSE(append(*inbox, delivery("front", "1")));
  disk_->fault = Fault::kNone;
  std::atomic<bool> from_start{false};
  inbox->on_stored([&](bool anew) { from_start = from_start || anew; });
  // The sender comes again; stored or found, it must be waiting exactly once as this id.
  ASSERT_TRUE(append(*inbox, delivery("front", "1")));
  ASSERT_TRUE(append(*inbox, delivery("front", "2")));
  inbox->on_stored({});
  EXPECT_TRUE(from_start);
  std::size_t found = 0;
  for (const auto& waiting : inbox->pending(0, 100).value()) found += waiting.id == "1";
  EXPECT_EQ(found, 1u);
  EXPECT_EQ(inbox->counts().pending, 2u);
  inbox.reset();
  auto again = open();
  EXPECT_EQ(append(*again, delivery("front", "1")).value(), AppendResult::kDuplicate);
}

INSTANTIATE_TEST_SUITE_P(Faults, InboxOnABadDisk,
                         ::testing::Values(Fault::kNoSpace, Fault::kWriteError, Fault::kSyncError),
                         [](const auto& info) {
                           switch (info.param) {
                             case Fault::kNone:
                               return "None";
                             case Fault::kNoSpace:
                               return "NoSpace";
                             case Fault::kWriteError:
                               return "WriteError";
                             case Fault::kSyncError:
                               return "SyncError";
                           }
                           return "";
                         });

}  // namespace
}  // namespace gantry::ingress::test
