#include "host/ingress/inbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "tests/unit/ingress/support.hpp"

namespace gantry::ingress::test {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;

std::vector<std::string> pending_ids(const Inbox& inbox) {
  std::vector<std::string> ids;
  for (const auto& waiting : inbox.pending(0, 1'000).value()) ids.push_back(waiting.id);
  return ids;
}

TEST(Inbox, GivesBackExactlyWhatWasStored) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  auto sent = delivery("front", "evt_1", std::string("\0\xff{\"a\":1}\r\n", 11));
  sent.request.target = "/webhooks/front?x=1";
  sent.request.url = "https://hooks.example.com/webhooks/front?x=1";
  ASSERT_EQ(append(*inbox, sent).value(), AppendResult::kStored);
  EXPECT_EQ(inbox->load("front", "evt_1").value(), sent);
}

TEST(Inbox, ADuplicateIsStoredOnceAndKeepsTheFirstBody) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  EXPECT_EQ(append(*inbox, delivery("front", "evt_1", "first")).value(), AppendResult::kStored);
  EXPECT_EQ(append(*inbox, delivery("front", "evt_1", "second")).value(), AppendResult::kDuplicate);
  EXPECT_EQ(inbox->load("front", "evt_1")->request.body, "first");
  EXPECT_THAT(pending_ids(*inbox), ElementsAre("evt_1"));
}

TEST(Inbox, TheSameIdOfAnotherSourceIsAnotherDelivery) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  EXPECT_EQ(append(*inbox, delivery("front", "1", "a")).value(), AppendResult::kStored);
  EXPECT_EQ(append(*inbox, delivery("turvo", "1", "b")).value(), AppendResult::kStored);
  EXPECT_EQ(inbox->load("turvo", "1")->request.body, "b");
}

TEST(Inbox, SourceAndIdCannotRunTogether) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  EXPECT_EQ(append(*inbox, delivery("ab", "c")).value(), AppendResult::kStored);
  EXPECT_EQ(append(*inbox, delivery("a", "bc")).value(), AppendResult::kStored);
}

TEST(Inbox, TellsInPagesWhereEveryStartedDeliveryStands) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  for (const char* id : {"waits", "starts", "dies", "ends"}) {
    ASSERT_TRUE(append(*inbox, delivery("front", id, "x")));
  }
  for (const char* id : {"starts", "dies", "ends"}) {
    ASSERT_TRUE(inbox->mark_started("front", id));
  }
  ASSERT_TRUE(inbox->mark_dead("front", "dies", "no JSON"));
  ASSERT_TRUE(inbox->mark_done("front", "ends"));
  const auto first = inbox->known(0, 2).value();
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].id, "starts");
  EXPECT_EQ(first[0].source, "front");
  EXPECT_EQ(first[0].status.state, DeliveryState::kStarted);
  EXPECT_EQ(first[1].status.reason, "no JSON");
  const auto rest = inbox->known(first[1].sequence, 2).value();
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].id, "ends");
  EXPECT_EQ(rest[0].status.state, DeliveryState::kDone);
}

TEST(Inbox, ManyAppendsShareOneSync) {
  const TempDir directory;
  std::mutex mutex;
  std::condition_variable changed;
  bool held = true;
  bool first = true;
  InboxOptions options;
  options.directory = directory.path();
  // The first commit waits until all others are queued behind it.
  options.probe = [&](InboxStep step) {
    if (step != InboxStep::kBeforeWrite || !std::exchange(first, false)) return;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !held; });
  };
  auto inbox = Inbox::open(std::move(options)).value();
  std::atomic<int> stored{0};
  const auto count = [&](Result<AppendResult> result) {
    if (result && *result == AppendResult::kStored) ++stored;
  };
  for (int i = 0; i < 200; ++i) inbox->append(delivery("front", std::to_string(i)), count);
  {
    const std::lock_guard lock(mutex);
    held = false;
  }
  changed.notify_all();
  ASSERT_TRUE(append(*inbox, delivery("front", "last")));
  EXPECT_EQ(stored, 200);
  // The first group, the rest in one, and `last` alone if it came late.
  EXPECT_LE(inbox->counts().syncs, 3u);
}

TEST(Inbox, OneGroupWithTheSameIdTwiceStoresItOnce) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  std::atomic<int> stored{0};
  std::atomic<int> duplicates{0};
  std::vector<std::thread> senders;
  for (int t = 0; t < 4; ++t) {
    senders.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        inbox->append(delivery("front", std::to_string(i)), [&](Result<AppendResult> result) {
          ++(*result == AppendResult::kStored ? stored : duplicates);
        });
      }
    });
  }
  for (auto& sender : senders) sender.join();
  ASSERT_TRUE(append(*inbox, delivery("front", "last")));
  EXPECT_EQ(stored, 50);
  EXPECT_EQ(duplicates, 150);
  EXPECT_EQ(inbox->counts().pending, 51u);
}

TEST(Inbox, PendingComesInOrderOfArrivalAndResumesAfterASequence) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  for (const char* id : {"c", "a", "b"}) ASSERT_TRUE(append(*inbox, delivery("front", id)));
  EXPECT_THAT(pending_ids(*inbox), ElementsAre("c", "a", "b"));
  const auto first = inbox->pending(0, 1).value();
  ASSERT_EQ(first.size(), 1u);
  const auto rest = inbox->pending(first[0].sequence, 10).value();
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].id, "a");
  EXPECT_EQ(rest[1].source, "front");
}

TEST(Inbox, StatusShowsEachStepWithItsTime) {
  const TempDir directory;
  FakeClock clock;
  auto inbox = open_inbox(directory.path(), clock);
  const Instant received = clock.now();
  ASSERT_TRUE(append(*inbox, delivery("front", "1", "{}", received)));
  auto status = inbox->status("front", "1").value();
  EXPECT_EQ(status.state, DeliveryState::kReceived);
  EXPECT_EQ(status.received_at, received);
  EXPECT_FALSE(status.started_at);

  clock.advance(std::chrono::seconds{2});
  ASSERT_TRUE(inbox->mark_started("front", "1"));
  clock.advance(std::chrono::seconds{3});
  ASSERT_TRUE(inbox->mark_done("front", "1"));
  status = inbox->status("front", "1").value();
  EXPECT_EQ(status.state, DeliveryState::kDone);
  EXPECT_EQ(status.received_at, received);
  EXPECT_EQ(status.started_at, received + std::chrono::seconds{2});
  EXPECT_EQ(status.finished_at, received + std::chrono::seconds{5});
  EXPECT_THAT(pending_ids(*inbox), ElementsAre());
}

TEST(Inbox, ADeadDeliveryKeepsItsReasonAndItsBody) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  ASSERT_TRUE(append(*inbox, delivery("front", "1", "broken")));
  ASSERT_TRUE(inbox->mark_dead("front", "1", "not JSON"));
  const auto status = inbox->status("front", "1").value();
  EXPECT_EQ(status.state, DeliveryState::kDead);
  EXPECT_EQ(status.reason, "not JSON");
  EXPECT_EQ(inbox->load("front", "1")->request.body, "broken");
  EXPECT_EQ(inbox->counts().pending, 0u);
}

TEST(Inbox, ALateMarkMovesNothingBack) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  ASSERT_TRUE(append(*inbox, delivery("front", "1")));
  ASSERT_TRUE(inbox->mark_done("front", "1"));
  ASSERT_TRUE(inbox->mark_started("front", "1"));
  EXPECT_EQ(inbox->status("front", "1")->state, DeliveryState::kDone);
}

TEST(Inbox, UnknownDeliveriesAreNotFound) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  EXPECT_EQ(inbox->load("front", "1").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(inbox->status("front", "1").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(inbox->mark_started("front", "1").error().kind, ErrorKind::kNotFound);
}

TEST(Inbox, RefusesIdsItCannotKeep) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  EXPECT_EQ(append(*inbox, delivery("front", "")).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(append(*inbox, delivery("", "1")).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(append(*inbox, delivery("front", std::string(257, 'x'))).error().kind,
            ErrorKind::kInvalid);
  EXPECT_TRUE(append(*inbox, delivery("front", std::string(256, 'x'))));
}

TEST(Inbox, ReopeningKeepsEverythingAndGoesOnCounting) {
  const TempDir directory;
  {
    auto inbox = open_inbox(directory.path());
    ASSERT_TRUE(append(*inbox, delivery("front", "1")));
    ASSERT_TRUE(append(*inbox, delivery("front", "2")));
    ASSERT_TRUE(inbox->mark_started("front", "1"));
  }
  auto inbox = open_inbox(directory.path());
  EXPECT_EQ(append(*inbox, delivery("front", "1")).value(), AppendResult::kDuplicate);
  ASSERT_TRUE(append(*inbox, delivery("front", "3")));
  EXPECT_THAT(pending_ids(*inbox), ElementsAre("2", "3"));
  EXPECT_EQ(inbox->status("front", "1")->state, DeliveryState::kStarted);
  EXPECT_EQ(inbox->counts().pending, 2u);
}

TEST(Inbox, IsOpenInOneProcessAtATime) {
  const TempDir directory;
  auto inbox = open_inbox(directory.path());
  InboxOptions options;
  options.directory = directory.path();
  const auto second = Inbox::open(std::move(options));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
  EXPECT_NE(second.error().what.find(directory.path().string()), std::string::npos);
}

TEST(Inbox, SweepRemovesOldDoneDeliveriesAndTheirIds) {
  const TempDir directory;
  FakeClock clock;
  auto inbox = open_inbox(directory.path(), clock);
  for (const char* id : {"done", "started", "pending"}) {
    ASSERT_TRUE(append(*inbox, delivery("front", id, "{}", clock.now())));
  }
  ASSERT_TRUE(inbox->mark_done("front", "done"));
  ASSERT_TRUE(inbox->mark_started("front", "started"));

  clock.advance(hours{7 * 24 - 1});
  EXPECT_EQ(inbox->sweep().value(), 0u);
  EXPECT_EQ(append(*inbox, delivery("front", "done")).value(), AppendResult::kDuplicate);

  clock.advance(hours{2});
  EXPECT_EQ(inbox->sweep().value(), 1u);
  EXPECT_EQ(inbox->load("front", "done").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(inbox->status("front", "started")->state, DeliveryState::kStarted);

  clock.advance(hours{24 * 24});
  EXPECT_EQ(inbox->sweep().value(), 1u);
  EXPECT_EQ(inbox->status("front", "started").error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(pending_ids(*inbox), ElementsAre("pending"));
  EXPECT_TRUE(inbox->load("front", "pending"));
}

TEST(Inbox, SweepTakesMoreThanOneGroup) {
  const TempDir directory;
  FakeClock clock;
  auto inbox = open_inbox(directory.path(), clock);
  for (int i = 0; i < 600; ++i) {
    inbox->append(delivery("front", std::to_string(i), "{}", clock.now()),
                  [](Result<AppendResult>) {});
  }
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(inbox->mark_done("front", std::to_string(i)));
  clock.advance(hours{8 * 24});
  EXPECT_EQ(inbox->sweep().value(), 600u);
}

TEST(Inbox, TellsTheAgeOfTheOldestThatWaits) {
  const TempDir directory;
  FakeClock clock;
  auto inbox = open_inbox(directory.path(), clock);
  EXPECT_EQ(inbox->counts().oldest_pending_age.count(), 0);
  ASSERT_TRUE(append(*inbox, delivery("front", "1", "{}", clock.now())));
  clock.advance(std::chrono::seconds{60});
  ASSERT_TRUE(append(*inbox, delivery("front", "2", "{}", clock.now())));
  clock.advance(std::chrono::seconds{5});
  EXPECT_EQ(inbox->counts().oldest_pending_age, std::chrono::seconds{65});
  ASSERT_TRUE(inbox->mark_started("front", "1"));
  EXPECT_EQ(inbox->counts().oldest_pending_age, std::chrono::seconds{5});
}

TEST(Inbox, AFullQueueIsExhaustedAndNotStored) {
  const TempDir directory;
  std::promise<void> go;
  auto gate = go.get_future().share();
  InboxOptions options;
  options.directory = directory.path();
  options.queue_bytes_max = 4'096;
  options.probe = [gate](InboxStep step) {
    if (step == InboxStep::kBeforeWrite) gate.wait();
  };
  auto inbox = Inbox::open(std::move(options)).value();
  std::atomic<int> refused{0};
  std::atomic<int> stored{0};
  for (int i = 0; i < 10; ++i) {
    inbox->append(delivery("front", std::to_string(i), std::string(1'000, 'x')),
                  [&](Result<AppendResult> result) {
                    if (result) {
                      ++stored;
                    } else if (result.error().kind == ErrorKind::kExhausted) {
                      ++refused;
                    }
                  });
  }
  go.set_value();
  ASSERT_TRUE(append(*inbox, delivery("front", "last")));
  // Three fit, and three more while the commit thread holds the first three at the gate.
  EXPECT_GE(refused, 4);
  EXPECT_EQ(stored + refused, 10);
  EXPECT_EQ(inbox->counts().pending, static_cast<std::uint64_t>(stored) + 1);
}

}  // namespace
}  // namespace gantry::ingress::test
