#include "host/observe/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>

#include "host/base/encoding.hpp"
#include "host/ingress/dispatcher.hpp"
#include "host/ingress/inbox_rows.hpp"
#include "host/ingress/listener.hpp"
#include "tests/unit/ingress/fake_source.hpp"
#include "tests/unit/ingress/http_client.hpp"
#include "tests/unit/ingress/support.hpp"

/// A sender's trace on its way through the door, the inbox and the dispatcher.
namespace gantry::ingress::test {
namespace {

using observe::TraceContext;
using ::testing::Contains;
using ::testing::Pair;
using Value = observe::SpanRecord::Value;

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TraceContext kSender = TraceContext::parse(kParent, "rojo=1").value();

TEST(WaitingRow, OneFromBeforeTracesReadsAsWithoutOne) {
  // version 1, received_at 2 ns, five bytes of key: "a" NUL "b12"
  const auto row = decode_waiting(from_hex("01"
                                           "0000000000000002"
                                           "00000005"
                                           "6100623132")
                                      .value());
  ASSERT_TRUE(row);
  EXPECT_EQ(row->key, std::string("a\0b12", 5));
  EXPECT_EQ(row->trace, std::nullopt);
  EXPECT_EQ(to_hex(encode_waiting(*row)), "010000000000000002000000056100623132");
}

TEST(WaitingRow, KeepsATraceAndEveryCutOfItIsDamageOrARowFromBefore) {
  const WaitingRow row{Instant{std::chrono::nanoseconds{2}}, std::string("a\0b", 3), kSender};
  const std::string bytes = encode_waiting(row);
  EXPECT_EQ(decode_waiting(bytes)->trace, kSender);
  const std::size_t before = encode_waiting({row.received_at, row.key, {}}).size();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode_waiting(std::string_view(bytes).substr(0, size)).has_value(), size == before)
        << size;
  }
}

/// Keeps where in a trace each start was asked for.
class PlaceKeeper final : public DeliveryStarter {
 public:
  Result<Start> start(std::string_view, std::string_view id) override {
    started_.set_value({std::string(id), observe::current_traceparent()});
    return Start::kDone;
  }
  std::pair<std::string, std::string> first() { return started_.get_future().get(); }

 private:
  std::promise<std::pair<std::string, std::string>> started_;
};

class TracedDoor : public ::testing::Test {
 protected:
  void SetUp() override {
    sources_.add("front", accept_body);
    inbox_ = open_inbox(directory_.path());
    ListenerOptions options;
    options.tracer = &tracer_;
    listener_.emplace(std::move(options), sources_, *inbox_);
    listener_->start().value();
  }
  void TearDown() override { listener_->stop(); }

  observe::SpanRecord only_span() {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(spans_.size(), 1u);
    return spans_.at(0);
  }

  const TempDir directory_;
  FakeSources sources_;
  std::mutex mutex_;
  std::vector<observe::SpanRecord> spans_;
  observe::Tracer tracer_{1, [this](observe::SpanRecord&& span) {
                            const std::lock_guard lock(mutex_);
                            spans_.push_back(std::move(span));
                          }};
  std::unique_ptr<Inbox> inbox_;
  std::optional<WebhookListener> listener_;
};

TEST_F(TracedDoor, ADeliveryKeepsItsPlaceUntilItsStartEvenInAnotherLifeOfTheInbox) {
  const std::string headers = "TraceParent: " + std::string(kParent) + "\r\nTracestate: rojo=1\r\n";
  EXPECT_EQ(roundtrip(listener_->port(), post("/webhooks/front", "evt_1", headers)).status, 202);
  const auto door = only_span();
  EXPECT_EQ(door.name, "POST /webhooks/{source}");
  EXPECT_EQ(door.kind, observe::SpanKind::kServer);
  EXPECT_EQ(door.context.trace_id, kSender.trace_id);
  EXPECT_EQ(door.context.state, "rojo=1");
  EXPECT_EQ(door.parent, kSender.span_id);
  EXPECT_THAT(door.attributes,
              Contains(Pair("http.response.status_code", Value(std::int64_t{202}))));
  EXPECT_THAT(door.attributes, Contains(Pair("delivery", Value(std::string("evt_1")))));

  listener_->stop();
  inbox_.reset();
  inbox_ = open_inbox(directory_.path());
  PlaceKeeper engine;
  DispatcherOptions options;
  options.tracer = &tracer_;
  Dispatcher dispatcher(*inbox_, engine, std::move(options));
  dispatcher.start();
  EXPECT_EQ(engine.first(), std::pair(std::string("evt_1"), door.context.traceparent()));
  dispatcher.stop();
}

TEST_F(TracedDoor, ARefusedSignatureIsASpanWithoutADelivery) {
  sources_.add("shut", [](const InboundRequest&) -> plugins::PluginResult<plugins::Verdict> {
    return plugins::Verdict{};
  });
  EXPECT_EQ(roundtrip(listener_->port(), post("/webhooks/shut", "x")).status, 401);
  const auto door = only_span();
  EXPECT_EQ(door.parent, std::nullopt);
  EXPECT_THAT(door.attributes,
              Contains(Pair("http.response.status_code", Value(std::int64_t{401}))));
  EXPECT_FALSE(door.failure);  // the sender's mistake, not the host's
}

TEST_F(TracedDoor, TwoTraceparentsAreNone) {
  const std::string headers =
      "traceparent: " + std::string(kParent) + "\r\ntraceparent: " + std::string(kParent) + "\r\n";
  roundtrip(listener_->port(), post("/webhooks/front", "evt_2", headers));
  EXPECT_EQ(only_span().parent, std::nullopt);
}

}  // namespace
}  // namespace gantry::ingress::test
