#include "host/plugins/metered_source.hpp"

#include <gtest/gtest.h>

namespace gantry::plugins {
namespace {

/// A connector that answers each call as it was told to.
class Scripted final : public Source {
 public:
  /// The category of the error with which calls end; "-": they end well.
  explicit Scripted(const std::string& category) : category_(category) {}

  const std::string& id() const override { return id_; }
  const std::string& plugin_id() const override { return id_; }
  bool has(std::string_view capability) const override { return capability != "gantry.batch/1"; }

  PluginResult<Verdict> verify(const InboundRequest&) const override { return answer<Verdict>(); }
  PluginResult<Parsed> parse(const Delivery&, const CallScope&) const override {
    return answer<Parsed>();
  }
  PluginResult<std::vector<std::pair<std::string, std::string>>> sign(
      const InboundRequest&) const override {
    return answer<std::vector<std::pair<std::string, std::string>>>();
  }
  PluginResult<std::vector<Finding>> check(const CallScope&) const override {
    return answer<std::vector<Finding>>();
  }
  PluginResult<Brought> poll(std::string_view, const CallBudget&, const TakeGroup&,
                             const CallScope&) const override {
    return answer<Brought>();
  }
  PluginResult<std::unique_ptr<Feed>> open_feed(std::string_view, const CallScope&) const override;
  PluginResult<std::unique_ptr<OpenFile>> open_file(const FileInfo&, std::string_view,
                                                    const CallBudget&, TakeGroup,
                                                    const CallScope&) const override;

  template <class T>
  PluginResult<T> answer() const {
    if (category_ == "-") return T{};
    PluginError error(ErrorKind::kUnavailable, "as told");
    error.category = category_;
    return error;
  }

 private:
  const std::string id_ = "vendor";
  const std::string& category_;
};

class ScriptedFeed final : public Feed {
 public:
  explicit ScriptedFeed(const Scripted& source) : source_(source) {}
  PluginResult<Brought> next(const CallBudget&, std::chrono::nanoseconds, const TakeGroup&,
                             const CallScope&) override {
    return source_.answer<Brought>();
  }
  PluginResult<void> ack(std::string_view, const CallScope&) override { return told(); }
  PluginResult<void> nack(std::string_view, const Error&, const CallScope&) override {
    return told();
  }

 private:
  PluginResult<void> told() const {
    if (auto answer = source_.answer<int>(); !answer) return answer.error();
    return {};
  }
  const Scripted& source_;
};

class ScriptedFile final : public OpenFile {
 public:
  explicit ScriptedFile(const Scripted& source) : source_(source) {}
  std::uint64_t offset() const override { return 7; }
  PluginResult<Brought> feed(std::string_view, const CallScope&) override {
    return source_.answer<Brought>();
  }
  PluginResult<void> finish(const PutOutbox&, const CallScope&) override {
    if (auto answer = source_.answer<int>(); !answer) return answer.error();
    return {};
  }

 private:
  const Scripted& source_;
};

PluginResult<std::unique_ptr<Feed>> Scripted::open_feed(std::string_view, const CallScope&) const {
  if (auto told = answer<int>(); !told) return told.error();
  return std::make_unique<ScriptedFeed>(*this);
}
PluginResult<std::unique_ptr<OpenFile>> Scripted::open_file(const FileInfo&, std::string_view,
                                                            const CallBudget&, TakeGroup,
                                                            const CallScope&) const {
  if (auto told = answer<int>(); !told) return told.error();
  return std::make_unique<ScriptedFile>(*this);
}

class MeteredSourceTest : public ::testing::Test {
 protected:
  std::string category_ = "-";
  std::vector<std::string> seen_;
  const std::unique_ptr<Source> source_ = metered(
      std::make_unique<Scripted>(category_),
      [this](CallKind kind, CallOutcome outcome, std::chrono::nanoseconds took) {
        EXPECT_GE(took.count(), 0);
        seen_.push_back(std::string(capability_of(kind)) + '.' + std::string(to_string(kind)) +
                        ' ' + std::string(to_string(outcome)));
      });
  using Seen = std::vector<std::string>;
};

TEST_F(MeteredSourceTest, EveryCallOfEveryCapabilityIsToldOnce) {
  (void)source_->verify({});
  (void)source_->parse({}, {});
  (void)source_->poll("", {}, {}, {});
  const auto feed = source_->open_feed("", {}).value();
  (void)feed->next({}, {}, {}, {});
  (void)feed->ack("", {});
  (void)feed->nack("", Error{ErrorKind::kInvalid, ""}, {});
  (void)source_->probe({}, "");
  const auto file = source_->open_file({}, "", {}, {}, {}).value();
  EXPECT_EQ(file->offset(), 7u);
  (void)file->feed("", {});
  (void)file->finish({}, {});
  EXPECT_EQ(seen_,
            (Seen{"webhook.verify ok", "webhook.parse ok", "poller.poll ok", "stream.open_feed ok",
                  "stream.next ok", "stream.ack ok", "stream.nack ok", "batch.probe unsupported",
                  "batch.open_file ok", "batch.feed ok", "batch.finish ok"}));
}

// plugin-api/include/gantry/abi.h: the categories of an error.
TEST_F(MeteredSourceTest, AnErrorIsToldByItsCategoryAndReachesTheCaller) {
  const std::vector<std::pair<std::string, std::string>> categories{
      {"CONFIG", "config"},
      {"AUTH", "auth"},
      {"RATE_LIMITED", "rate_limited"},
      {"TRANSIENT", "transient"},
      {"DATA", "data"},
      {"BUG", "bug"},
      {"CANCELLED", "cancelled"},
      {"UNSUPPORTED", "unsupported"},
      {"NOT_CONNECTED", "not_connected"},
      {"", "host"},
      {"A_LATER_VERSION_S", "host"}};
  for (const auto& [category, outcome] : categories) {
    category_ = category;
    seen_.clear();
    const auto polled = source_->poll("", {}, {}, {});
    ASSERT_FALSE(polled);
    EXPECT_EQ(polled.error().category, category);
    EXPECT_EQ(seen_, Seen{"poller.poll " + outcome});
    EXPECT_FALSE(source_->open_feed("", {}));
    EXPECT_EQ(seen_.back(), "stream.open_feed " + outcome);
  }
}

TEST_F(MeteredSourceTest, WhatAnOperatorAsksForIsNotTold) {
  (void)source_->sign({});
  (void)source_->check({});
  EXPECT_EQ(seen_, Seen{});
}

TEST_F(MeteredSourceTest, ItIsTheSourceThatItHolds) {
  EXPECT_EQ(source_->id(), "vendor");
  EXPECT_TRUE(source_->has("gantry.webhook/1"));
  EXPECT_FALSE(source_->has("gantry.batch/1"));
}

}  // namespace
}  // namespace gantry::plugins
