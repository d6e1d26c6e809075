#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "host/activities/failures.hpp"
#include "host/activities/file_reader.hpp"
#include "host/activities/poller.hpp"
#include "host/activities/stream_collector.hpp"
#include "host/stores/embedded/embedded.hpp"
#include "host/temporal/converter/convert.hpp"

namespace gantry::activities {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

plugins::PluginError plugin_error(const std::string& category, ErrorKind kind,
                                  const std::string& what) {
  plugins::PluginError error(kind, what);
  error.category = category;
  return error;
}

/// A connector that does what the test says.
class ScriptedSource final : public plugins::Source {
 public:
  using Poll = std::function<plugins::PluginResult<plugins::Brought>(
      std::string_view cursor, const plugins::CallBudget&, const plugins::TakeGroup&,
      const plugins::CallScope&)>;
  using Next = std::function<plugins::PluginResult<plugins::Brought>(const plugins::TakeGroup&)>;

  const std::string& id() const override { return id_; }
  const std::string& plugin_id() const override { return id_; }
  bool has(std::string_view) const override { return true; }
  plugins::PluginResult<plugins::Verdict> verify(const InboundRequest&) const override {
    return plugins::Verdict{};
  }
  plugins::PluginResult<plugins::Parsed> parse(const Delivery&,
                                               const plugins::CallScope&) const override {
    return plugins::Parsed{};
  }
  plugins::PluginResult<std::vector<std::pair<std::string, std::string>>> sign(
      const InboundRequest&) const override {
    return std::vector<std::pair<std::string, std::string>>{};
  }
  plugins::PluginResult<std::vector<plugins::Finding>> check(
      const plugins::CallScope&) const override {
    return std::vector<plugins::Finding>{};
  }
  plugins::PluginResult<plugins::Brought> poll(std::string_view cursor,
                                               const plugins::CallBudget& budget,
                                               const plugins::TakeGroup& take,
                                               const plugins::CallScope& scope) const override {
    return on_poll(cursor, budget, take, scope);
  }
  plugins::PluginResult<std::unique_ptr<plugins::Feed>> open_feed(
      std::string_view cursor, const plugins::CallScope&) const override {
    events.push_back("open " + std::string(cursor));
    return std::unique_ptr<plugins::Feed>(std::make_unique<ScriptedFeed>(*this));
  }
  plugins::PluginResult<int> probe(const plugins::FileInfo&, std::string_view head) const override {
    return head.starts_with('%') ? 0 : 90;
  }
  plugins::PluginResult<std::unique_ptr<plugins::OpenFile>> open_file(
      const plugins::FileInfo& info, std::string_view cursor, const plugins::CallBudget& budget,
      plugins::TakeGroup take, const plugins::CallScope&) const override {
    events.push_back("file " + std::string(cursor));
    return std::unique_ptr<plugins::OpenFile>(
        std::make_unique<ByteFile>(*this, info, cursor, budget, std::move(take)));
  }

  static plugins::Group group(const std::vector<std::string>& keys,
                              std::optional<std::string> cursor) {
    plugins::Group made;
    for (const auto& key : keys) {
      Document document;
      document.source = "vendor";
      document.kind = "item";
      document.id = document_id("vendor", "item", key);
      document.text = key;
      document.version = 1;
      made.documents.push_back(std::move(document));
    }
    made.cursor = std::move(cursor);
    return made;
  }

  Poll on_poll;
  Next on_next;
  mutable std::vector<std::string> events;
  std::optional<plugins::PluginError> broken_at_x;  ///< What a byte 'x' of a file gives.

 private:
  struct ScriptedFeed final : plugins::Feed {
    explicit ScriptedFeed(const ScriptedSource& source_) : source(source_) {}
    ~ScriptedFeed() override { source.events.emplace_back("close"); }
    plugins::PluginResult<plugins::Brought> next(const plugins::CallBudget&,
                                                 std::chrono::nanoseconds,
                                                 const plugins::TakeGroup& take,
                                                 const plugins::CallScope&) override {
      return source.on_next(take);
    }
    plugins::PluginResult<void> ack(std::string_view cursor, const plugins::CallScope&) override {
      source.events.push_back("ack " + std::string(cursor));
      return {};
    }
    plugins::PluginResult<void> nack(std::string_view, const Error&,
                                     const plugins::CallScope&) override {
      return {};
    }
    const ScriptedSource& source;
  };

  /// Every byte is a record and a checkpoint: the simplest file there can be.
  struct ByteFile final : plugins::OpenFile {
    ByteFile(const ScriptedSource& source_, const plugins::FileInfo&, std::string_view cursor,
             const plugins::CallBudget& budget_, plugins::TakeGroup take_)
        : source(source_),
          budget(budget_),
          take(std::move(take_)),
          at(cursor.empty() ? 0 : std::stoull(std::string(cursor))),
          begun_at(at) {}
    std::uint64_t offset() const override { return begun_at; }
    plugins::PluginResult<plugins::Brought> feed(std::string_view chunk,
                                                 const plugins::CallScope&) override {
      for (const char byte : chunk) {
        if (byte == 'x' && source.broken_at_x) return *source.broken_at_x;
        const std::string key = std::to_string(at++);
        if (auto taken = take(group({key}, std::to_string(at))); !taken) {
          return plugins::PluginError(taken.error().kind, taken.error().what);
        }
        if (at - begun_at >= budget.records_max) return plugins::Brought{true, false};
      }
      return plugins::Brought{};
    }
    plugins::PluginResult<void> finish(const plugins::PutOutbox& put,
                                       const plugins::CallScope&) override {
      if (auto done = put("report.txt", std::to_string(at)); !done) {
        return plugins::PluginError(done.error().kind, done.error().what);
      }
      return {};
    }
    const ScriptedSource& source;
    const plugins::CallBudget budget;
    const plugins::TakeGroup take;
    std::uint64_t at;
    const std::uint64_t begun_at;
  };

  const std::string id_ = "vendor";
};

/// Files in memory.
class MemoryRoom final : public FileRoom {
 public:
  Result<std::vector<BatchFile>> claim(std::string_view, std::string_view,
                                       std::size_t files_max) override {
    std::vector<BatchFile> files;
    for (const auto& [name, content] : contents) {
      if (files.size() < files_max) files.push_back({name, name, "00", content.size(), 0});
    }
    return files;
  }
  Result<std::unique_ptr<FileContent>> open(std::string_view, const BatchFile& file,
                                            std::uint64_t offset) override {
    const auto found = contents.find(file.id);
    if (found == contents.end()) return Error{ErrorKind::kNotFound, "no claim " + file.id};
    return std::unique_ptr<FileContent>(std::make_unique<Content>(found->second.substr(offset)));
  }
  Result<void> put_outbox(std::string_view, const BatchFile&, std::string_view name,
                          std::string_view content) override {
    outbox[std::string(name)] = content;
    return {};
  }
  Result<void> archive(std::string_view, const BatchFile& file) override {
    ends[file.name] = "archived";
    return {};
  }
  Result<void> reject(std::string_view, const BatchFile& file, std::string_view reason) override {
    ends[file.name] = reason;
    return {};
  }

  std::optional<std::chrono::milliseconds> next_look(std::string_view) const override {
    return next;
  }

  std::optional<std::chrono::milliseconds> next;
  std::map<std::string, std::string> contents;
  std::map<std::string, std::string> outbox;
  std::map<std::string, std::string> ends;

 private:
  struct Content final : FileContent {
    explicit Content(std::string bytes_) : bytes(std::move(bytes_)) {}
    Result<std::size_t> read(std::span<char> into) override {
      const std::size_t size = std::min({into.size(), bytes.size() - at, std::size_t{3}});
      bytes.copy(into.data(), size, at);
      at += size;
      return size;
    }
    std::string bytes;
    std::size_t at = 0;
  };
};

class FlowActivitiesTest : public ::testing::Test {
 protected:
  FlowActivitiesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "flows-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    stores_ = stores::embedded::EmbeddedStores::open({.file = folder_ / "s.db"}).value();
  }
  ~FlowActivitiesTest() override {
    stores_.reset();
    std::filesystem::remove_all(folder_);
  }

  FlowPorts ports() {
    return {[this](std::string_view id) -> std::shared_ptr<const plugins::Source> {
              return id == "vendor" ? source_ : nullptr;
            },
            [](std::string_view) { return 5'000ms; }, stores_->staging(), stores_->dead_letters()};
  }
  std::size_t staged() { return stores_->staging().count({}).value(); }
  static std::vector<std::string> ids(const RecordPage& page) {
    std::vector<std::string> out;
    for (const auto& record : page.records) out.push_back(record.document_id.substr(12));
    return out;
  }
  using S = ScriptedSource;

  std::filesystem::path folder_;
  std::unique_ptr<stores::embedded::EmbeddedStores> stores_;
  std::shared_ptr<ScriptedSource> source_ = std::make_shared<ScriptedSource>();
  MemoryRoom room_;
};

// --- fetch_new_records -----------------------------------------------------------------------

TEST_F(FlowActivitiesTest, EveryGroupIsInStagingBeforeTheNextOneIsAskedFor) {
  source_->on_poll = [this](auto, const auto&, const auto& take, const auto&) {
    EXPECT_TRUE(take(S::group({"1", "2"}, "a")));
    EXPECT_EQ(staged(), 2U);
    EXPECT_TRUE(take(S::group({"3"}, "b")));
    EXPECT_EQ(staged(), 3U);
    return plugins::Brought{true, false};
  };
  const auto page = Poller(ports()).fetch({"vendor", "", {}}, {});
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_THAT(ids(*page), ElementsAre("1", "2", "3"));
  EXPECT_EQ(page->cursor, "b");
  EXPECT_TRUE(page->more);
}

TEST_F(FlowActivitiesTest, AFailureAfterACheckpointGivesThePageAndItsReason) {
  source_->on_poll = [](auto, const auto&, const auto& take,
                        const auto&) -> plugins::PluginResult<plugins::Brought> {
    (void)take(S::group({"1"}, "a"));
    auto error = plugin_error("RATE_LIMITED", ErrorKind::kUnavailable, "429");
    error.retry_after = std::chrono::hours{1};
    return error;
  };
  const auto page = Poller(ports()).fetch({"vendor", "", {}}, {});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->cursor, "a");
  EXPECT_EQ(page->interruption.category, "RATE_LIMITED");
  EXPECT_EQ(page->interruption.retry_after, 15min);  // the cap
}

TEST_F(FlowActivitiesTest, APassingFailureAfterACheckpointIsLeftToTheNextCall) {
  source_->on_poll = [](auto, const auto&, const auto& take,
                        const auto&) -> plugins::PluginResult<plugins::Brought> {
    (void)take(S::group({"1"}, "a"));
    return plugin_error("TRANSIENT", ErrorKind::kUnavailable, "502");
  };
  const auto page = Poller(ports()).fetch({"vendor", "", {}}, {});
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->interruption.category, "");
}

TEST_F(FlowActivitiesTest, AFailureThatKeptNothingIsAFailure) {
  source_->on_poll = [](auto, const auto&, const auto&,
                        const auto&) -> plugins::PluginResult<plugins::Brought> {
    auto error = plugin_error("DATA", ErrorKind::kInvalid, "unknown cursor");
    error.code = "CURSOR";
    return error;
  };
  const auto page = Poller(ports()).fetch({"vendor", "c1", {}}, {});
  ASSERT_FALSE(page);
  const auto failure = to_flow_failure(page.error());
  EXPECT_EQ(failure.type, "DATA");
  EXPECT_TRUE(failure.non_retryable);
  ASSERT_EQ(failure.details.size(), 1U);
  EXPECT_EQ(temporal::from_payload<Interruption>(failure.details[0]).code, "CURSOR");
}

TEST_F(FlowActivitiesTest, WhichFailuresOfAFlowAreTriedAgainByTheActivityItself) {
  const auto again = [](const char* category, ErrorKind kind) {
    return !to_flow_failure(plugin_error(category, kind, "x")).non_retryable;
  };
  EXPECT_TRUE(again("TRANSIENT", ErrorKind::kUnavailable));
  EXPECT_TRUE(again("CANCELLED", ErrorKind::kCancelled));
  EXPECT_TRUE(again("", ErrorKind::kUnavailable));               // a store of ours
  EXPECT_FALSE(again("RATE_LIMITED", ErrorKind::kUnavailable));  // the workflow waits, visibly
  EXPECT_FALSE(again("AUTH", ErrorKind::kDenied));
  EXPECT_FALSE(again("CONFIG", ErrorKind::kInvalid));
  EXPECT_FALSE(again("DATA", ErrorKind::kExhausted));
  EXPECT_FALSE(again("BUG", ErrorKind::kInternal));
}

TEST_F(FlowActivitiesTest, ASecondTryGoesOnFromTheLastHeartbeat) {
  std::vector<RecordPage> told;
  Try first;
  first.progress = [&](const RecordPage* page) {
    if (page != nullptr) told.push_back(*page);
  };
  source_->on_poll = [](auto, const auto&, const auto& take, const auto&) {
    (void)take(S::group({"1", "2"}, "a"));
    return plugins::Brought{};
  };
  ASSERT_TRUE(Poller(ports()).fetch({"vendor", "", {10, 1 << 20}}, first));
  ASSERT_EQ(told.size(), 1U);
  Try second;
  second.resume = told.back();
  source_->on_poll = [](auto cursor, const auto& budget, const auto& take, const auto&) {
    EXPECT_EQ(cursor, "a");
    EXPECT_EQ(budget.records_max, 8U);
    (void)take(S::group({"3"}, "b"));
    return plugins::Brought{};
  };
  const auto page = Poller(ports()).fetch({"vendor", "", {10, 1 << 20}}, second);
  ASSERT_TRUE(page);
  EXPECT_THAT(ids(*page), ElementsAre("1", "2", "3"));
  EXPECT_EQ(page->cursor, "b");
}

TEST_F(FlowActivitiesTest, ARejectedPartIsADeadLetterOnceHoweverOftenItComes) {
  source_->on_poll = [](auto, const auto&, const auto& take, const auto&) {
    plugins::Group group = S::group({"1"}, "a");
    group.rejected.push_back({"poison", Error{ErrorKind::kInvalid, "no id"}});
    (void)take(std::move(group));
    return plugins::Brought{};
  };
  for (int i = 0; i < 2; ++i) {
    const auto page = Poller(ports()).fetch({"vendor", "", {}}, {});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->dead_letters, 1);
  }
  const auto letters = stores_->dead_letters().list({}, {}).value();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].reason, "no id");
  EXPECT_EQ(stores_->dead_letters().get(letters[0].id, {}).value()->payload, "poison");
}

TEST_F(FlowActivitiesTest, ASourceThatThisHostLacksIsNamedAndTriedAgain) {
  const auto page = Poller(ports()).fetch({"nobody", "", {}}, {});
  ASSERT_FALSE(page);
  EXPECT_THAT(page.error().what, HasSubstr("source nobody is not configured"));
  EXPECT_FALSE(to_flow_failure(page.error()).non_retryable);
}

TEST_F(FlowActivitiesTest, AnUnsupportedSourceIsRefusedForGood) {
  source_->on_poll = [this](auto cursor, const auto& budget, const auto& take, const auto& scope) {
    return source_->plugins::Source::poll(cursor, budget, take, scope);
  };
  const auto page = Poller(ports()).fetch({"vendor", "", {}}, {});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().category, "UNSUPPORTED");
  EXPECT_TRUE(to_flow_failure(page.error()).non_retryable);
}

// --- collect_stream_batch --------------------------------------------------------------------

TEST_F(FlowActivitiesTest, TheFeedStaysOpenBetweenCollections) {
  StreamCollector collector(ports());
  int n = 0;
  source_->on_next = [&n](const auto& take) {
    ++n;
    (void)take(S::group({std::to_string(n)}, "c" + std::to_string(n)));
    return plugins::Brought{};
  };
  CollectInput input{"vendor", "", "", {1, 1 << 20}, 10s};
  auto page = collector.collect(input, {});
  ASSERT_TRUE(page) << page.error().message();
  input.cursor = input.ack = page->cursor;
  page = collector.collect(input, {});
  ASSERT_TRUE(page);
  EXPECT_THAT(ids(*page), ElementsAre("2"));
  EXPECT_THAT(source_->events, ElementsAre("open ", "ack c1"));
}

TEST_F(FlowActivitiesTest, ACollectionEndsAtItsRecordsOrItsTime) {
  StreamCollector collector(ports());
  int calls = 0;
  source_->on_next = [&calls](const auto& take) {
    ++calls;
    if (calls <= 3) (void)take(S::group({std::to_string(calls)}, std::to_string(calls)));
    return plugins::Brought{};
  };
  const auto full = collector.collect({"vendor", "", "", {3, 1 << 20}, 10s}, {});
  ASSERT_TRUE(full);
  EXPECT_EQ(full->records.size(), 3U);
  EXPECT_EQ(calls, 3);
  const auto begun = std::chrono::steady_clock::now();
  const auto idle = collector.collect({"vendor", "3", "", {3, 1 << 20}, 30ms}, {});
  ASSERT_TRUE(idle);
  EXPECT_TRUE(idle->records.empty());
  EXPECT_EQ(idle->cursor, "3");
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 30ms);
}

TEST_F(FlowActivitiesTest, TheNewestRecordOfABatchTellsHowFarTheStreamIs) {
  std::vector<Instant> told;
  FlowPorts with = ports();
  with.on_newest = [&told](std::string_view source, Instant at) {
    EXPECT_EQ(source, "vendor");
    told.push_back(at);
  };
  StreamCollector collector(with);
  source_->on_next = [](const auto& take) {
    auto group = S::group({"1", "2", "3"}, "c1");
    group.documents[0].occurred_at = Instant{100s};
    group.documents[1].occurred_at = Instant{300s};
    group.documents[2].occurred_at = Instant{200s};
    (void)take(std::move(group));
    return plugins::Brought{};
  };
  ASSERT_TRUE(collector.collect({"vendor", "", "", {3, 1 << 20}, 10s}, {}));
  EXPECT_THAT(told, ElementsAre(Instant{300s}));
  source_->on_next = [](const auto&) { return plugins::Brought{}; };
  ASSERT_TRUE(collector.collect({"vendor", "c1", "", {3, 1 << 20}, 10ms}, {}));
  EXPECT_EQ(told.size(), 1U);  // nothing came: nothing new is known
}

TEST_F(FlowActivitiesTest, AFeedThatStandsElsewhereIsOpenedAnew) {
  StreamCollector collector(ports());
  source_->on_next = [](const auto& take) {
    (void)take(S::group({"1"}, "c1"));
    return plugins::Brought{};
  };
  ASSERT_TRUE(collector.collect({"vendor", "", "", {1, 1 << 20}, 1s}, {}));
  // Another process collected meanwhile: the workflow's cursor is ahead of our feed.
  ASSERT_TRUE(collector.collect({"vendor", "c9", "", {1, 1 << 20}, 1s}, {}));
  EXPECT_THAT(source_->events, ElementsAre("open ", "close", "open c9"));
}

TEST_F(FlowActivitiesTest, AReloadedSourceGetsAFeedOfItsOwnAndTheOldOneCloses) {
  StreamCollector collector(ports());
  source_->on_next = [](const auto& take) {
    (void)take(S::group({"1"}, "c1"));
    return plugins::Brought{};
  };
  const auto old = source_;
  ASSERT_TRUE(collector.collect({"vendor", "", "", {1, 1 << 20}, 1s}, {}));
  source_ = std::make_shared<ScriptedSource>();
  source_->on_next = old->on_next;
  ASSERT_TRUE(collector.collect({"vendor", "c1", "", {1, 1 << 20}, 1s}, {}));
  EXPECT_THAT(old->events, ElementsAre("open ", "close"));
  EXPECT_THAT(source_->events, ElementsAre("open c1"));
}

TEST_F(FlowActivitiesTest, ALostConnectionClosesTheFeedAndKeepsWhatCame) {
  StreamCollector collector(ports());
  int calls = 0;
  source_->on_next = [&calls](const auto& take) -> plugins::PluginResult<plugins::Brought> {
    if (++calls == 2) {
      return plugin_error("NOT_CONNECTED", ErrorKind::kUnavailable, "reset by peer");
    }
    (void)take(S::group({"1"}, "c1"));
    return plugins::Brought{};
  };
  const auto page = collector.collect({"vendor", "", "", {5, 1 << 20}, 1s}, {});
  ASSERT_TRUE(page);
  EXPECT_THAT(ids(*page), ElementsAre("1"));
  EXPECT_EQ(page->interruption.category, "NOT_CONNECTED");
  EXPECT_THAT(source_->events, ElementsAre("open ", "close"));
}

TEST_F(FlowActivitiesTest, EveryReturnOfTheFeedIsAHeartbeat) {
  StreamCollector collector(ports());
  source_->on_next = [](const auto&) { return plugins::Brought{}; };
  int beats = 0;
  Try attempt;
  attempt.progress = [&beats](const RecordPage*) { ++beats; };
  attempt.pause = [](std::chrono::milliseconds) { std::this_thread::yield(); };
  ASSERT_TRUE(collector.collect({"vendor", "", "", {5, 1 << 20}, 5ms}, attempt));
  EXPECT_GT(beats, 1);
}

TEST_F(FlowActivitiesTest, TheLastWordClosesTheFeed) {
  StreamCollector collector(ports());
  source_->on_next = [](const auto& take) {
    (void)take(S::group({"1"}, "c1"));
    return plugins::Brought{};
  };
  ASSERT_TRUE(collector.collect({"vendor", "", "", {1, 1 << 20}, 1s}, {}));
  ASSERT_TRUE(collector.ack({"vendor", "c1", true}, {}));
  EXPECT_THAT(source_->events, ElementsAre("open ", "ack c1", "close"));
  ASSERT_TRUE(collector.ack({"vendor", "c1", true}, {}));  // again is fine
}

TEST_F(FlowActivitiesTest, ASecondCallForABusyFeedWaitsAndIsToldSo) {
  StreamCollector collector(ports());
  const auto slot = collector.feeds().slot("vendor");
  const std::lock_guard busy(slot->mutex);
  std::thread other([&] {
    const auto page = collector.collect({"vendor", "", "", {1, 1 << 20}, 1s}, {});
    EXPECT_FALSE(page);
    EXPECT_FALSE(to_flow_failure(page.error()).non_retryable);
  });
  other.join();
}

// --- parse_batch_file ------------------------------------------------------------------------

TEST_F(FlowActivitiesTest, WhereNothingIsCompleteFetchSaysWhenToLookAgain) {
  const FileReader reader(ports(), room_);
  EXPECT_EQ(reader.fetch({"vendor", "run"}).value().again_in.count(), 0);
  room_.next = std::chrono::seconds{30};
  EXPECT_EQ(reader.fetch({"vendor", "run"}).value().again_in, std::chrono::seconds{30});
  room_.contents["a"] = "0123456789";
  const auto fetched = reader.fetch({"vendor", "run"}).value();
  EXPECT_EQ(fetched.files.size(), 1U);
  EXPECT_EQ(fetched.again_in.count(), 0);
}

TEST_F(FlowActivitiesTest, AFileIsReadUpToTheBudgetAndThenFromTheCursor) {
  room_.contents["a"] = "0123456789";
  const FileReader reader(ports(), room_);
  ParseFileInput input{"vendor", {"a", "a", "00", 10, 0}, "", {4, 1 << 20}};
  std::vector<std::string> all;
  int calls = 0;
  while (true) {
    const auto page = reader.parse(input, {});
    ASSERT_TRUE(page) << page.error().message();
    ++calls;
    for (const auto& id : ids(*page)) all.push_back(id);
    input.cursor = page->cursor;
    if (page->ended) break;
    EXPECT_TRUE(page->more);
  }
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(all, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  EXPECT_EQ(room_.outbox["report.txt"], "10");
  EXPECT_EQ(staged(), 10U);
}

TEST_F(FlowActivitiesTest, AReadThatDiedIsTakenUpAtItsLastHeartbeat) {
  room_.contents["a"] = "0123456789";
  const FileReader reader(ports(), room_);
  const ParseFileInput input{"vendor", {"a", "a", "00", 10, 0}, "", {100, 1 << 20}};
  std::vector<RecordPage> told;
  Try first;
  first.progress = [&](const RecordPage* page) {
    if (page != nullptr) told.push_back(*page);
  };
  ASSERT_TRUE(reader.parse(input, first));
  Try second;
  second.resume = told.at(5);
  const auto page = reader.parse(input, second);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->records.size(), 10U);
  EXPECT_EQ(source_->events.back(), "file 6");
  EXPECT_EQ(staged(), 10U);
}

TEST_F(FlowActivitiesTest, AFileOfAnotherKindIsRefusedWithTheRemedy) {
  room_.contents["a"] = "%PDF";
  const auto page =
      FileReader(ports(), room_).parse({"vendor", {"a", "a", "00", 4, 0}, "", {}}, {});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().category, "DATA");
  EXPECT_THAT(page.error().what, HasSubstr("does not know this kind of file"));
}

TEST_F(FlowActivitiesTest, AFileThatIsWrongGivesWhatItHeldAndTheReason) {
  room_.contents["a"] = "01x3";
  source_->broken_at_x = plugin_error("DATA", ErrorKind::kInvalid, "byte 2 is an x");
  const auto page =
      FileReader(ports(), room_).parse({"vendor", {"a", "a", "00", 4, 0}, "", {}}, {});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->records.size(), 2U);
  EXPECT_EQ(page->interruption.message, "byte 2 is an x");
  EXPECT_FALSE(page->ended);
}

TEST_F(FlowActivitiesTest, AClaimThatIsNotHereIsTriedAgain) {
  const auto page =
      FileReader(ports(), room_).parse({"vendor", {"b", "b", "00", 4, 0}, "", {}}, {});
  ASSERT_FALSE(page);
  EXPECT_FALSE(to_flow_failure(page.error()).non_retryable);
}

TEST_F(FlowActivitiesTest, ASettledFileIsArchivedOrRejectedWithItsReason) {
  const FileReader reader(ports(), room_);
  ASSERT_TRUE(reader.settle({"vendor", {"a", "a", "", 0, 0}, ""}));
  ASSERT_TRUE(reader.settle({"vendor", {"b", "b", "", 0, 0}, "line 3: truncated"}));
  EXPECT_EQ(room_.ends["a"], "archived");
  EXPECT_EQ(room_.ends["b"], "line 3: truncated");
}

}  // namespace
}  // namespace gantry::activities
