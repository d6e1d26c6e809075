#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/unit/stores/saga_rig.hpp"

namespace gantry::stores::saga {
namespace {

using conformance::make_item;
using conformance::make_purge;
using testing::ElementsAre;
using namespace std::chrono_literals;

constexpr Fault kLost{Fault::How::kLose, ErrorKind::kTimeout};
constexpr Fault kCommittedThenLost{Fault::How::kCommitThenLose, ErrorKind::kTimeout};
constexpr Fault kBadInput{Fault::How::kRefuse, ErrorKind::kInvalid};

TEST(Saga, WritesAllStoresAndLeavesNoTrace) {
  Rig rig;
  const auto item = make_item("a", 1, "one");
  const Outcome outcome = rig.write(item);
  EXPECT_EQ(outcome.kind, OutcomeKind::kSuccess);
  EXPECT_EQ(outcome.kept, Kept::kWritten);
  EXPECT_EQ(rig.holders(item), 3);
  EXPECT_EQ(rig.open_sagas(), 0u);
  EXPECT_TRUE(rig.unlocked("a"));
}

TEST(Saga, SuccessesAreGatheredAndMadeFinalInOneCallPerStore) {
  Rig rig({.gather = 1h});
  for (int i = 0; i < 10; ++i) rig.write(make_item("a" + std::to_string(i), 1, "one"));
  EXPECT_EQ(rig.stores->saga_log().open({}).value().size(), 10u);
  EXPECT_EQ(rig.documents.settles, 0);
  rig.saga.drain();
  for (const FaultyStore* store : {&rig.documents, &rig.vectors, &rig.graph}) {
    EXPECT_EQ(store->settles, 1) << store->name();
  }
  EXPECT_EQ(rig.open_sagas(), 0u);
}

TEST(Saga, AFullCallIsNotGatheredFurther) {
  Rig rig({.gather = 1h});
  std::vector<IngestedDocument> batch;
  for (int i = 0; i < 500; ++i) batch.push_back(make_item("a" + std::to_string(i), 1, "one"));
  rig.saga.write(batch);
  while (rig.graph.settles == 0) std::this_thread::yield();  // an hour later the test has timed out
  EXPECT_EQ(rig.graph.settles, 1);
}

TEST(Saga, WhatIsGatheredIsMadeFinalAtTheEnd) {
  Rig rig;
  const auto item = make_item("a", 1, "one");
  {
    Saga ours({{&rig.documents, &rig.vectors, &rig.graph},
               &rig.cache,
               &rig.stores->saga_log(),
               &rig.stores->dead_letters()},
              {.gather = 1h}, rig.clock);
    ASSERT_EQ(ours.write({&item, 1}).front().kind, OutcomeKind::kSuccess);
    EXPECT_EQ(rig.stores->saga_log().open({}).value().size(), 1u);
  }
  EXPECT_EQ(rig.stores->saga_log().open({}).value().size(), 0u);
}

TEST(Saga, AnIdenticalWriteIsAnsweredFromTheCacheWithoutTouchingAStore) {
  Rig rig;
  auto item = make_item("a", 1, "one");
  rig.write(item);
  item.document.received_at += 5s;  // a redelivery: the content is the same
  const Outcome again = rig.write(item);
  EXPECT_EQ(again.kind, OutcomeKind::kSuccess);
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(rig.documents.puts, 1);
  EXPECT_EQ(rig.cache.locks, 1);  // the first look needs no lock
  rig.clock.move(24h);
  EXPECT_FALSE(rig.write(item).cached);
  EXPECT_EQ(rig.documents.puts, 2);
}

TEST(Saga, LooksAgainOnceItHasTheLock) {
  // A twin finishes between our first look and our lock: without the second look we write again.
  Rig rig;
  const auto item = make_item("a", 1, "one");
  const auto held = lock_one(rig.stores->cache(), "saga:lock:a", 30s, {}).value().value();
  std::atomic<bool> waiting{false};
  Saga ours({{&rig.documents, &rig.vectors, &rig.graph},
             &rig.cache,
             &rig.stores->saga_log(),
             &rig.stores->dead_letters()},
            {}, rig.clock, [&](std::chrono::milliseconds) {
              if (waiting.exchange(true)) return;
              ASSERT_TRUE(unlock_one(rig.stores->cache(), held, {}).value());
              rig.write(item);
            });
  EXPECT_TRUE(ours.write({&item, 1}).front().cached);
  EXPECT_EQ(rig.documents.puts, 1);
}

TEST(Saga, AnOlderVersionIsSuccessfullyRefused) {
  Rig rig;
  rig.write(make_item("a", 5, "five"));
  const Outcome outcome = rig.write(make_item("a", 4, "four"));
  EXPECT_EQ(outcome.kind, OutcomeKind::kSuccess);
  EXPECT_EQ(outcome.kept, Kept::kStale);
  EXPECT_EQ(rig.holders(make_item("a", 5, "five")), 3);
}

TEST(Saga, RetriesAfterOneTwoAndFourSeconds) {
  Rig rig;
  rig.vectors.fail_puts(3);
  const auto item = make_item("a", 1, "one");
  EXPECT_EQ(rig.write(item).kind, OutcomeKind::kSuccess);
  EXPECT_THAT(rig.slept, ElementsAre(1s, 2s, 4s));
  EXPECT_EQ(rig.holders(item), 3);
}

TEST(Saga, APermanentFailureRollsTheOtherStoresBack) {
  Rig rig;
  const auto old = make_item("a", 1, "one");
  rig.write(old);
  rig.graph.fail_puts(4);
  const Outcome outcome = rig.write(make_item("a", 2, "two"));
  EXPECT_EQ(outcome.kind, OutcomeKind::kRolledBack);
  EXPECT_TRUE(outcome.retryable());
  EXPECT_NE(outcome.error->what.find("graph/embedded"), std::string::npos);
  EXPECT_EQ(rig.holders(old), 3);
  EXPECT_EQ(rig.open_sagas(), 0u);
  EXPECT_EQ(rig.letters(), 0u);
  EXPECT_TRUE(rig.unlocked("a"));
}

TEST(Saga, EachStoreFailingAloneEndsRolledBackAndSucceedsLater) {
  for (int which = 0; which < 3; ++which) {
    Rig rig;
    FaultyStore* stores[] = {&rig.documents, &rig.vectors, &rig.graph};
    stores[which]->fail_puts(4);
    const auto item = make_item("a", 1, "one");
    EXPECT_EQ(rig.write(item).kind, OutcomeKind::kRolledBack);
    EXPECT_EQ(rig.holders(item), 0);
    EXPECT_EQ(rig.write(item).kind, OutcomeKind::kSuccess);
    EXPECT_EQ(rig.holders(item), 3);
  }
}

TEST(Saga, WithNoStoreWritingNothingWasWritten) {
  Rig rig;
  for (auto* store : {&rig.documents, &rig.vectors, &rig.graph}) store->fail_puts(4);
  const Outcome outcome = rig.write(make_item("a", 1, "one"));
  EXPECT_EQ(outcome.kind, OutcomeKind::kFailed);
  EXPECT_TRUE(outcome.retryable());
  EXPECT_EQ(rig.documents.undos + rig.vectors.undos + rig.graph.undos, 0);
}

TEST(Saga, BadInputFailsAtOnceAndIsNotRetryable) {
  Rig rig;
  rig.vectors.fail_puts(1, kBadInput);
  const Outcome outcome = rig.write(make_item("a", 1, "one"));
  EXPECT_EQ(outcome.kind, OutcomeKind::kRolledBack);
  EXPECT_FALSE(outcome.retryable());
  EXPECT_TRUE(rig.slept.empty());

  auto broken = make_item("a", 1, "one");
  broken.document.metadata = "{";
  EXPECT_EQ(rig.write(broken).kind, OutcomeKind::kFailed);
  broken = make_item("", 1, "one");
  EXPECT_EQ(rig.write(broken).kind, OutcomeKind::kFailed);
}

TEST(Saga, AFailedUndoIsPartialWithADeadLetterAndResumeFinishesIt) {
  Rig rig;
  rig.graph.fail_puts(4);
  rig.documents.fail_undos(100);
  const auto item = make_item("a", 1, "one");
  const Outcome outcome = rig.write(item);
  EXPECT_EQ(outcome.kind, OutcomeKind::kPartial);
  EXPECT_EQ(rig.holders(item), 1);
  ASSERT_EQ(rig.letters(), 1u);
  const auto letter = rig.stores->dead_letters().list({}, {}).value().front();
  EXPECT_EQ(letter.kind, "undo");
  EXPECT_EQ(letter.subject, "a");
  EXPECT_EQ(rig.open_sagas(), 1u);

  rig.documents.fail_undos(0);
  const Resumed resumed = rig.saga.resume().value();
  EXPECT_EQ(resumed.undone, 1u);
  EXPECT_EQ(rig.holders(item), 0);
  EXPECT_EQ(rig.letters(), 0u);
  EXPECT_EQ(rig.open_sagas(), 0u);
}

TEST(Saga, AWriteAfterAFailedUndoMakesUpForItAndAnswersItsDeadLetter) {
  Rig rig;
  rig.graph.fail_puts(4);
  rig.documents.fail_undos(100);
  const auto item = make_item("a", 1, "one");
  ASSERT_EQ(rig.write(item).kind, OutcomeKind::kPartial);
  ASSERT_EQ(rig.letters(), 1u);
  rig.documents.fail_undos(0);
  rig.clock.move(std::chrono::minutes(2));  // the breakers let through again
  ASSERT_EQ(rig.write(item).kind, OutcomeKind::kSuccess);
  EXPECT_EQ(rig.holders(item), 3);
  EXPECT_EQ(rig.letters(), 0u);
  rig.saga.drain();
  EXPECT_EQ(rig.open_sagas(), 0u);
}

TEST(Saga, AnAnswerThatWasLostIsLookedForNotUndone) {
  Rig rig;
  rig.vectors.fail_puts(4, kLost);  // every try times out …
  int tries = 0;
  rig.vectors.before_put = [&](std::span<const Write> writes) {
    // … but the first one arrived.
    if (++tries == 1) ASSERT_TRUE(rig.stores->vectors().put(writes, {}).has_value());
  };
  const auto item = make_item("a", 1, "one");
  EXPECT_EQ(rig.write(item).kind, OutcomeKind::kSuccess);
  EXPECT_EQ(rig.vectors.undos, 0);
  EXPECT_EQ(rig.holders(item), 3);
}

TEST(Saga, ACommitThatIsCutOffIsNotWrittenTwice) {
  Rig rig;
  rig.documents.fail_puts(1, kCommittedThenLost);
  const auto item = make_item("a", 1, "one");
  const Outcome outcome = rig.write(item);
  EXPECT_EQ(outcome.kind, OutcomeKind::kSuccess);
  EXPECT_EQ(rig.holders(item), 3);
}

TEST(Saga, AWriteThatArrivesAfterItsSagaWasUndoneIsFenced) {
  Rig rig;
  std::vector<IngestedDocument> late_items;
  std::vector<Write> late;
  rig.graph.fail_puts(4, kLost);
  rig.graph.before_put = [&](std::span<const Write> writes) {
    if (late.empty()) late.assign(writes.begin(), writes.end());
  };
  const auto item = make_item("a", 1, "one");
  EXPECT_EQ(rig.write(item).kind, OutcomeKind::kRolledBack);
  EXPECT_EQ(rig.stores->graph().put(late, {}).value(), std::vector{Kept::kFenced});
  EXPECT_EQ(rig.holders(item), 0);
}

TEST(Saga, AnExpiredLockHolderIsFencedAndLeavesTheNewerWriteAlone) {
  // While we hang in the first store our lease ends and another saga writes the document.
  Rig rig;
  const auto newer = make_item("a", 1, "newer");
  bool first = true;
  rig.documents.before_put = [&](std::span<const Write>) {
    if (!std::exchange(first, false)) return;
    rig.clock.move(31s);
    Saga other({{&rig.stores->documents(), &rig.stores->vectors(), &rig.stores->graph()},
                &rig.stores->cache(),
                &rig.stores->saga_log(),
                &rig.stores->dead_letters()},
               {}, rig.clock);
    EXPECT_EQ(other.write({&newer, 1}).front().kind, OutcomeKind::kSuccess);
  };
  const Outcome outcome = rig.write(make_item("a", 1, "ours"));
  EXPECT_NE(outcome.kind, OutcomeKind::kSuccess);
  EXPECT_TRUE(outcome.retryable());
  EXPECT_EQ(rig.holders(newer), 3);
}

TEST(Saga, WhatADeadHolderLeftHalfIsNoStateToGoBackTo) {
  Rig rig;
  const auto first = make_item("a", 1, "first");
  ASSERT_EQ(rig.write(first).kind, OutcomeKind::kSuccess);
  rig.saga.drain();
  // A process died between its first store and the others, and its lease has passed.
  const auto half = make_item("a", 2, "half");
  ASSERT_TRUE(
      rig.stores->saga_log().begin({"dead", {{"a", idempotency_key(half)}}}, {}).has_value());
  const Write write = conformance::make_write(half, "dead", 1);
  ASSERT_EQ(rig.stores->documents().put({&write, 1}, {}).value(), std::vector{Kept::kWritten});

  Saga next({{&rig.documents, &rig.vectors, &rig.graph},
             &rig.cache,
             &rig.stores->saga_log(),
             &rig.stores->dead_letters()},
            {.retries = {}}, rig.clock);
  rig.graph.fail_puts(1);
  const auto newer = make_item("a", 3, "newer");
  EXPECT_EQ(next.write({&newer, 1}).front().kind, OutcomeKind::kRolledBack);
  EXPECT_EQ(rig.holders(first), 3);
  EXPECT_EQ(next.write({&newer, 1}).front().kind, OutcomeKind::kSuccess);
  EXPECT_EQ(rig.holders(newer), 3);
  next.drain();
  EXPECT_EQ(rig.open_sagas(), 0u);
}

TEST(Saga, WithoutTheCacheNothingIsWritten) {
  Rig rig;
  rig.cache.away = true;
  const Outcome outcome = rig.write(make_item("a", 1, "one"));
  EXPECT_EQ(outcome.kind, OutcomeKind::kFailed);
  EXPECT_TRUE(outcome.retryable());
  EXPECT_EQ(rig.documents.puts, 0);
  EXPECT_EQ(rig.saga.breaker("cache/embedded"), BreakerState::kOpen);
}

TEST(Saga, AResultThatCannotBeCachedIsStillASuccessAndResumeCachesIt) {
  Rig rig;
  rig.cache.puts_away = true;
  const auto item = make_item("a", 1, "one");
  EXPECT_EQ(rig.write(item).kind, OutcomeKind::kSuccess);
  EXPECT_EQ(rig.open_sagas(), 1u);
  rig.cache.puts_away = false;
  rig.clock.move(31s);
  EXPECT_EQ(rig.saga.resume().value().completed, 1u);
  EXPECT_EQ(rig.open_sagas(), 0u);
  EXPECT_TRUE(rig.write(item).cached);
}

TEST(Saga, AnOpenBreakerDelaysAndNeverDrops) {
  Rig rig;
  rig.graph.fail_puts(5);
  const auto item = make_item("a", 1, "one");
  rig.write(item);  // four failures
  EXPECT_EQ(rig.saga.breaker("graph/embedded"), BreakerState::kClosed);
  rig.write(item);  // the fifth opens it; its probes come too early
  EXPECT_EQ(rig.saga.breaker("graph/embedded"), BreakerState::kOpen);
  const int puts = rig.graph.puts;
  const Outcome delayed = rig.write(item);
  if (delayed.kind != OutcomeKind::kSuccess) {
    EXPECT_TRUE(delayed.retryable());
    EXPECT_EQ(rig.graph.puts, puts);
  }
  rig.clock.move(10s);
  EXPECT_EQ(rig.write(item).kind, OutcomeKind::kSuccess);
  EXPECT_EQ(rig.saga.breaker("graph/embedded"), BreakerState::kClosed);
  EXPECT_EQ(rig.holders(item), 3);
}

TEST(Saga, ADocumentLockedByAnotherWaitsAndThenSaysSo) {
  Rig rig;
  const auto held = lock_one(rig.stores->cache(), "saga:lock:a", 1h, {}).value();
  ASSERT_TRUE(held);
  const Outcome outcome = rig.write(make_item("a", 1, "one"));
  EXPECT_EQ(outcome.kind, OutcomeKind::kFailed);
  EXPECT_TRUE(outcome.retryable());
  EXPECT_NE(outcome.error->what.find("being written"), std::string::npos);
  EXPECT_EQ(rig.documents.puts, 0);
}

TEST(Saga, ABatchGivesOneOutcomePerItemInOrder) {
  Rig rig;
  std::vector<IngestedDocument> batch = {make_item("b", 1, "b1"), make_item("a", 1, "a1"),
                                         make_item("b", 2, "b2"), make_item("a", 1, "a1")};
  const auto outcomes = rig.saga.write(batch);
  ASSERT_EQ(outcomes.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(outcomes[i].kind, OutcomeKind::kSuccess);
    EXPECT_EQ(outcomes[i].document_id, batch[i].document.id);
  }
  EXPECT_TRUE(outcomes[3].cached);
  EXPECT_EQ(rig.holders(batch[2]), 3);
  EXPECT_EQ(rig.documents.puts, 2);  // two waves, not four calls
}

TEST(Saga, OneBadDocumentDoesNotTakeItsBatchWithIt) {
  Rig rig;
  rig.vectors.poison = "bad";
  std::vector<IngestedDocument> batch = {make_item("a", 1, "one"), make_item("bad", 1, "two"),
                                         make_item("c", 1, "three")};
  const auto outcomes = rig.saga.write(batch);
  EXPECT_EQ(outcomes[0].kind, OutcomeKind::kSuccess);
  EXPECT_EQ(outcomes[1].kind, OutcomeKind::kRolledBack);
  EXPECT_FALSE(outcomes[1].retryable());
  EXPECT_EQ(outcomes[2].kind, OutcomeKind::kSuccess);
  EXPECT_EQ(rig.holders(batch[1]), 0);
}

TEST(Saga, ACancelledOrLateCallerGetsARollbackNotAHalf) {
  Rig rig;
  const auto item = make_item("a", 1, "one");
  CallOptions options;
  options.deadline = rig.clock.steady() + 500ms;
  rig.graph.fail_puts(4);
  EXPECT_EQ(rig.write(item, options).kind, OutcomeKind::kRolledBack);
  EXPECT_TRUE(rig.slept.empty());
  EXPECT_EQ(rig.holders(item), 0);

  std::atomic<bool> cancelled{false};
  CallOptions cancelling;
  cancelling.cancelled = [&] { return cancelled.load(); };
  rig.graph.fail_puts(1);
  rig.graph.before_put = [&](std::span<const Write>) { cancelled = true; };
  EXPECT_NE(rig.write(item, cancelling).kind, OutcomeKind::kSuccess);
  EXPECT_EQ(rig.holders(item), 0);
  EXPECT_TRUE(rig.unlocked("a"));
}

TEST(Saga, AnIncompletePurgeIsNotTakenBack) {
  Rig rig;
  rig.write(make_item("a", 1, "one"));
  rig.graph.fail_puts(4);
  const Outcome outcome = rig.write(make_purge("a", 2));
  EXPECT_EQ(outcome.kind, OutcomeKind::kPartial);
  EXPECT_TRUE(outcome.retryable());
  EXPECT_TRUE(rig.stores->documents().get("a", {}).value()->document.purged);
  EXPECT_EQ(rig.write(make_purge("a", 2)).kind, OutcomeKind::kSuccess);
  EXPECT_TRUE(rig.stores->graph().mentions("a", {}).value().empty());
}

TEST(Saga, ResumeLeavesARunningSagaAlone) {
  Rig rig;
  const auto item = make_item("a", 1, "one");
  rig.graph.before_put = [&](std::span<const Write>) {
    const Resumed resumed = rig.saga.resume().value();
    EXPECT_EQ(resumed.waiting, 1u);
    EXPECT_EQ(resumed.undone, 0u);
  };
  EXPECT_EQ(rig.write(item).kind, OutcomeKind::kSuccess);
  EXPECT_EQ(rig.holders(item), 3);
}

TEST(Saga, ManyThreadsOnFewDocumentsMakeNoDuplicates) {
  Rig rig;
  const auto work = [&](std::int64_t version) {
    for (int d = 0; d < 6; ++d) {
      const auto item = make_item("d" + std::to_string(d), version, "v" + std::to_string(version));
      for (int tries = 0; tries < 50; ++tries) {
        const Outcome outcome = rig.write(item);
        if (outcome.kind == OutcomeKind::kSuccess) break;
        ASSERT_TRUE(outcome.retryable());
        ASSERT_LT(tries, 49);
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::int64_t version = 1; version <= 5; ++version) threads.emplace_back(work, version);
  }
  EXPECT_EQ(rig.stores->documents().count({}).value(), 6u);
  for (int d = 0; d < 6; ++d) {
    EXPECT_EQ(rig.holders(make_item("d" + std::to_string(d), 5, "v5")), 3);
  }
  EXPECT_EQ(rig.open_sagas(), 0u);
  EXPECT_EQ(rig.letters(), 0u);
}

TEST(Outcome, TravelsAsJson) {
  const Outcome outcome{"a", OutcomeKind::kRolledBack, Kept::kStale, true,
                        Error{ErrorKind::kTimeout, "what", "up"}};
  const auto back = Json(outcome).get<Outcome>();
  EXPECT_EQ(Json(back), Json(outcome));
  EXPECT_TRUE(back.retryable());
  EXPECT_ANY_THROW(Json({{"outcome", "nonsense"}, {"document_id", "a"}}).get<Outcome>());
}

}  // namespace
}  // namespace gantry::stores::saga
