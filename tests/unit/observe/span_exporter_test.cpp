#include "host/observe/span_exporter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace gantry::observe {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

SpanRecord span(const std::string& name = "s") {
  SpanRecord record;
  record.context.sampled = true;
  record.name = name;
  return record;
}

class SpanExporterTest : public testing::Test {
 protected:
  static SpanExporterOptions quick() {
    SpanExporterOptions options;
    options.period = 1ms;
    options.backoff_initial = 1ms;
    options.backoff_max = 2ms;
    return options;
  }
  LogOptions quiet() {
    LogOptions options;
    options.format = Format::kJson;
    options.sink = [this](std::string_view line) {
      const std::lock_guard lock(mutex);
      lines.emplace_back(line);
    };
    return options;
  }
  /// A collector that answers in this order and takes everything afterwards.
  SendSpans collector(std::vector<Sent> answers) {
    return [this, answers = std::move(answers)](const std::string& request, const auto&) {
      const std::lock_guard lock(mutex);
      requests.push_back(request);
      return requests.size() <= answers.size() ? answers[requests.size() - 1] : Sent{};
    };
  }

  std::mutex mutex;
  std::vector<std::string> lines;
  std::vector<std::string> requests;
  Log log{quiet()};
};

TEST_F(SpanExporterTest, SpansThatWaitAreSentWhenTheHostStops) {
  SpanExporterOptions options;
  options.period = 1h;
  SpanExporter exporter(options, collector({}), log);
  exporter.take(span("one"));
  exporter.take(span("two"));
  exporter.stop();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(requests[0], HasSubstr("one"));
  EXPECT_THAT(requests[0], HasSubstr("two"));
  EXPECT_EQ(exporter.counts().exported, 2u);
  EXPECT_EQ(exporter.counts().dropped, 0u);
}

TEST_F(SpanExporterTest, ACollectorThatIsAwayGetsTheSameRequestAgain) {
  const Sent away{Sent::Outcome::kLater, {}, "503", 0};
  SpanExporter exporter(quick(), collector({away, away}), log);
  exporter.take(span());
  while (exporter.counts().exported == 0) std::this_thread::yield();
  exporter.stop();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[0], requests[1]);
  EXPECT_EQ(requests[0], requests[2]);
  ASSERT_THAT(lines, SizeIs(2));  // one per change, not one per try
  EXPECT_THAT(lines[0], HasSubstr("spans_not_exported"));
  EXPECT_THAT(lines[1], HasSubstr("spans_exported_again"));
}

TEST_F(SpanExporterTest, ARefusedRequestIsNotSentAgainAndItsSpansAreCounted) {
  SpanExporter exporter(quick(), collector({{Sent::Outcome::kRefused, {}, "400", 0}}), log);
  exporter.take(span());
  exporter.stop();
  EXPECT_THAT(requests, SizeIs(1));
  EXPECT_EQ(exporter.counts().dropped, 1u);
}

TEST_F(SpanExporterTest, SpansThatACollectorRejectsInsideARequestAreCounted) {
  SpanExporter exporter(quick(), collector({{Sent::Outcome::kTaken, {}, "too old", 1}}), log);
  exporter.take(span());
  exporter.take(span());
  exporter.stop();
  EXPECT_EQ(exporter.counts().exported + exporter.counts().dropped, 2u);
  EXPECT_EQ(exporter.counts().dropped, 1u);
}

TEST_F(SpanExporterTest, AHangingCollectorNeitherSlowsTheHostNorKeepsItFromStopping) {
  SpanExporterOptions options = quick();
  options.queue_max = 10;
  options.batch_max = 1;
  options.stop_patience = 1ms;
  std::promise<void> sending;
  SpanExporter exporter(
      options,
      [&, told = false](const std::string&, const std::function<bool()>& cancelled) mutable {
        if (!std::exchange(told, true)) sending.set_value();
        while (!cancelled()) std::this_thread::yield();
        return Sent{Sent::Outcome::kLater, {}, "hangs", 0};
      },
      log);
  exporter.take(span());
  sending.get_future().wait();
  for (int i = 0; i < 1'000; ++i) exporter.take(span());
  EXPECT_EQ(exporter.counts().waiting, 10u);
  EXPECT_EQ(exporter.counts().dropped, 990u);
  exporter.stop();
  EXPECT_EQ(exporter.counts().dropped, 1'001u);
  EXPECT_EQ(exporter.counts().waiting, 0u);
}

TEST_F(SpanExporterTest, ABatchThatIsRefusedForTooLongIsDroppedAndTheNextIsTried) {
  SpanExporterOptions options = quick();
  options.batch_patience = 0ms;
  options.batch_max = 1;
  SpanExporter exporter(options, collector({{Sent::Outcome::kLater, 1h, "429", 0}}), log);
  exporter.take(span("first"));
  exporter.take(span("second"));
  exporter.stop();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_THAT(requests[1], HasSubstr("second"));
  EXPECT_EQ(exporter.counts().exported, 1u);
  EXPECT_EQ(exporter.counts().dropped, 1u);
}

}  // namespace
}  // namespace gantry::observe
