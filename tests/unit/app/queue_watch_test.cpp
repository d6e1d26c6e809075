#include "host/app/queue_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace gantry::app {
namespace {

using temporal::Backlog;
using temporal::TaskKind;
using ::testing::HasSubstr;
using ::testing::Not;

class QueueWatchTest : public ::testing::Test {
 protected:
  /// Waits until the page has this, or a minute.
  std::string page_with(const std::string& line) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    std::string text;
    do {
      text = metrics_.render();
    } while (text.find(line) == std::string::npos && std::chrono::steady_clock::now() < until);
    return text;
  }

  observe::Metrics metrics_;
  std::atomic<std::int64_t> workflow_tasks_{7};
  std::atomic<bool> away_{false};
  std::atomic<int> asked_{0};
  const QueueWatch::Ask ask_ = [this](TaskKind kind) -> Result<Backlog> {
    ++asked_;
    if (away_) return Error{ErrorKind::kUnavailable, "away"};
    if (kind == TaskKind::kActivity) return Backlog{0, {}};
    return Backlog{workflow_tasks_, std::chrono::milliseconds{2'500}};
  };
};

TEST_F(QueueWatchTest, TheDepthAndAgeOfBothQueuesAreServed) {
  const QueueWatch watch(metrics_, ask_, std::chrono::milliseconds{1});
  const std::string page = page_with("gantry_task_queue_backlog{task_type=\"activity\"} 0\n");
  EXPECT_THAT(page, HasSubstr("gantry_task_queue_backlog{task_type=\"workflow\"} 7\n"));
  EXPECT_THAT(page,
              HasSubstr("gantry_task_queue_backlog_age_seconds{task_type=\"workflow\"} 2.5\n"));
  workflow_tasks_ = 3;
  EXPECT_THAT(page_with("{task_type=\"workflow\"} 3\n"), HasSubstr("{task_type=\"workflow\"} 3\n"));
}

TEST_F(QueueWatchTest, WhatTheServerNeverSaidIsNotServed) {
  away_ = true;
  const QueueWatch watch(metrics_, ask_, std::chrono::milliseconds{1});
  while (asked_ < 3) std::this_thread::yield();
  EXPECT_THAT(metrics_.render(), Not(HasSubstr("gantry_task_queue_backlog")));
}

TEST_F(QueueWatchTest, AServerThatGoesLeavesTheLastValues) {
  const QueueWatch watch(metrics_, ask_, std::chrono::milliseconds{1});
  page_with("gantry_task_queue_backlog{task_type=\"workflow\"} 7\n");
  away_ = true;
  const int asked = asked_;
  while (asked_ < asked + 3) std::this_thread::yield();
  EXPECT_THAT(metrics_.render(), HasSubstr("{task_type=\"workflow\"} 7\n"));
}

TEST_F(QueueWatchTest, StoppingDoesNotWaitForTheInterval) {
  QueueWatch watch(metrics_, ask_, std::chrono::hours{1});
  while (asked_ < 2) std::this_thread::yield();
  watch.stop();
  EXPECT_EQ(asked_, 2);
}

}  // namespace
}  // namespace gantry::app
