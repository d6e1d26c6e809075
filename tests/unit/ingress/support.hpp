#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "host/base/clock.hpp"
#include "host/ingress/inbox.hpp"

namespace gantry::ingress::test {

/// A directory that is gone after the test.
class TempDir {
 public:
  TempDir() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "gantry-ingress-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Stands still until it is told to move.
class FakeClock final : public Clock {
 public:
  Instant now() const override { return Instant{std::chrono::nanoseconds{now_.load()}}; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point{std::chrono::nanoseconds{now_.load()}};
  }
  void advance(std::chrono::nanoseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z
};

inline Delivery delivery(std::string source, std::string id, std::string body = "{}",
                         Instant received_at = Instant{std::chrono::seconds{1'767'225'600}}) {
  Delivery made;
  made.source = std::move(source);
  made.id = std::move(id);
  made.request.method = "POST";
  made.request.target = "/webhooks/" + made.source;
  made.request.headers = {{"Content-Type", "application/json"}, {"X-Twice", "1"}, {"X-Twice", "2"}};
  made.request.body = std::move(body);
  made.request.remote = "192.0.2.7";
  made.request.received_at = received_at;
  return made;
}

/// Appends and waits for the commit.
inline Result<AppendResult> append(Inbox& inbox, Delivery made) {
  std::promise<Result<AppendResult>> told;
  auto outcome = told.get_future();
  inbox.append(std::move(made), [&told](Result<AppendResult> result) { told.set_value(result); });
  return outcome.get();
}

inline std::unique_ptr<Inbox> open_inbox(const std::filesystem::path& directory,
                                         const Clock& clock = system_clock()) {
  InboxOptions options;
  options.directory = directory;
  options.clock = &clock;
  return Inbox::open(std::move(options)).value();
}

}  // namespace gantry::ingress::test
