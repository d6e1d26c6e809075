// The models that are asked over a network, against an endpoint on this machine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "host/models/open.hpp"
#include "host/models/openai_client.hpp"
#include "host/models/openai_embedder.hpp"
#include "host/models/openai_extractor.hpp"
#include "host/models/probe.hpp"
#include "host/pipeline/hashing_embedder.hpp"
#include "tests/support/openai_server.hpp"

namespace gantry::models {
namespace {

using pipeline::openai::Usage;
using std::chrono::milliseconds;
using test::LoopbackResponse;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class OpenAiModels : public testing::Test {
 protected:
  std::unique_ptr<OpenAiClient> client(const std::string& key = test::OpenAiServer::kKey) {
    OpenAiOptions options;
    options.url = server_.url();
    options.model = "held-model";
    options.key = key;
    options.backoff_initial = milliseconds(1);
    options.patience = patience_;
    options.meter = [this](std::string_view outcome, const Usage& usage) {
      outcomes_.emplace_back(outcome);
      tokens_ += usage.input_tokens + usage.output_tokens;
    };
    return OpenAiClient::make(std::move(options)).value();
  }

  pipeline::HashingEmbedder held_;
  test::OpenAiServer server_{held_};
  milliseconds patience_{60'000};
  std::vector<std::string> outcomes_;
  std::uint64_t tokens_ = 0;
};

TEST_F(OpenAiModels, VectorsOfManyTextsComeInBatchesAndInOrder) {
  const auto http = client();
  const OpenAiEmbedder embedder(*http, 256, 2);
  const std::string_view texts[] = {"joliet gate", "newark dock", "reefer alarm", "late", "pod"};
  const auto vectors = embedder.embed(texts);
  ASSERT_TRUE(vectors) << vectors.error().message();
  const auto expected = held_.embed(texts).value();
  ASSERT_EQ(vectors->size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t k = 0; k < 256; ++k) {
      ASSERT_NEAR((*vectors)[i][k], expected[i][k], 1e-6) << i << ' ' << k;
    }
  }
  EXPECT_THAT(server_.requests(), SizeIs(3));
  EXPECT_THAT(outcomes_, ElementsAre("ok", "ok", "ok"));
  EXPECT_GT(tokens_, 0u);
  EXPECT_EQ(embedder.model(), "openai:held-model/256");
}

TEST_F(OpenAiModels, ABusyEndpointIsTriedFiveTimes) {
  const auto http = client();
  const OpenAiEmbedder embedder(*http, 256, 8);
  const std::string_view text = "late";
  for (int i = 0; i < 4; ++i) server_.next({i % 2 == 0 ? 500U : 503U, {}, "", {}});
  EXPECT_TRUE(embedder.embed({&text, 1}));
  EXPECT_THAT(server_.requests(), SizeIs(5));
  for (int i = 0; i < 5; ++i) server_.next({500, {}, "", {}});
  const auto given_up = embedder.embed({&text, 1});
  ASSERT_FALSE(given_up);
  EXPECT_EQ(given_up.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(server_.requests(), SizeIs(10));
}

TEST_F(OpenAiModels, AConnectionThatBreaksIsTriedAgain) {
  const auto http = client();
  const OpenAiEmbedder embedder(*http, 256, 8);
  LoopbackResponse broken;
  broken.raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":";
  server_.next(broken);
  const std::string_view text = "late";
  EXPECT_TRUE(embedder.embed({&text, 1}));
}

TEST_F(OpenAiModels, RetryAfterIsWaitedFor) {
  const auto http = client();
  const OpenAiEmbedder embedder(*http, 256, 8);
  const std::string_view text = "late";
  server_.next({429, {{"Retry-After", "1"}}, R"({"error":{"code":"rate_limit_exceeded"}})", {}});
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(embedder.embed({&text, 1}));
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(1000));
  EXPECT_THAT(server_.requests(), SizeIs(2));
}

TEST_F(OpenAiModels, AWaitBeyondTheDeadlineEndsAtOnce) {
  patience_ = milliseconds(20'000);
  const auto http = client();
  const OpenAiEmbedder embedder(*http, 256, 8);
  server_.next({429, {{"Retry-After", "600"}}, "", {}});
  const std::string_view text = "late";
  const auto refused = embedder.embed({&text, 1});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().retryable());
  EXPECT_THAT(server_.requests(), SizeIs(1));
  // And the vendor's wait holds for the next call, too.
  EXPECT_FALSE(embedder.embed({&text, 1}));
  EXPECT_THAT(server_.requests(), SizeIs(1));
}

TEST_F(OpenAiModels, WhatCannotBeServedIsNotTriedAgain) {
  const auto http = client();
  const OpenAiEmbedder embedder(*http, 256, 8);
  const std::string long_text(test::OpenAiServer::kInputMax + 1, 'a');
  const std::string_view text = long_text;
  const auto refused = embedder.embed({&text, 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(server_.requests(), SizeIs(1));
  const OpenAiEmbedder wrong(*http, 384, 8);
  const std::string_view small = "late";
  const auto dimension = wrong.embed({&small, 1});
  ASSERT_FALSE(dimension);
  EXPECT_THAT(dimension.error().what, HasSubstr("embedding.dimension"));
  EXPECT_THAT(server_.requests(), SizeIs(2));
}

TEST_F(OpenAiModels, AWrongKeyIsDeniedAndShownNowhere) {
  const auto http = client("sk-very-secret");
  const OpenAiEmbedder embedder(*http, 256, 8);
  const std::string_view text = "late";
  const auto denied = embedder.embed({&text, 1});
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::kDenied);
  EXPECT_THAT(denied.error().message(), Not(HasSubstr("very-secret")));
  EXPECT_THAT(server_.requests(), SizeIs(1));
}

TEST_F(OpenAiModels, AStoppedClientAsksNobody) {
  const auto http = client();
  const OpenAiEmbedder embedder(*http, 256, 8);
  http->stop();
  const std::string_view text = "late";
  EXPECT_FALSE(embedder.embed({&text, 1}));
  EXPECT_THAT(server_.requests(), SizeIs(0));
}

TEST_F(OpenAiModels, AHostThatIsNotThisMachineNeedsTls) {
  OpenAiOptions options;
  options.url = "http://models.example/v1";
  EXPECT_FALSE(OpenAiClient::make(options));
  options.url = "https://models.example/v1";
  EXPECT_TRUE(OpenAiClient::make(options));
}

TEST_F(OpenAiModels, ALongTextIsAskedAboutInPiecesAndItsOffsetsAreTheTexts) {
  server_.chat([](const std::string& text) {
    Json found = Json::array();
    for (const char* load : {"L-1001", "L-2002"}) {
      if (text.find(load) == std::string::npos) continue;
      found.push_back({{"kind", "load"}, {"text", load}, {"confidence", 0.9}});
    }
    found.push_back({{"kind", "load"}, {"text", "L-9999"}, {"confidence", 1.0}});  // invented
    return Json{{"entities", found}}.dump();
  });
  const auto http = client();
  const OpenAiExtractor extractor(*http);
  std::string text = "L-1001 is late. ";
  while (text.size() < 20'000) text += "Nothing happened on this day. ";
  const std::size_t second = text.size();
  text += "L-2002 is on time.";
  const auto found = extractor.extract(text);
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_THAT(*found, SizeIs(2));
  EXPECT_EQ((*found)[0].begin, 0u);
  EXPECT_EQ((*found)[1].begin, second);
  EXPECT_EQ((*found)[1].value, "L-2002");
  EXPECT_THAT(server_.requests(), SizeIs(2));
  EXPECT_EQ(tokens_, 2u * 107u);
}

TEST_F(OpenAiModels, BehindThirtyTwoPiecesTheRulesReadOn) {
  server_.chat([](const std::string&) { return R"({"entities":[]})"; });
  const auto http = client();
  const OpenAiExtractor extractor(*http);
  std::string text;
  while (text.size() < 33 * 12'000) text += "Nothing happened on this day. ";
  const std::size_t at = text.size() + 5;
  text += "Load LD-88231 is on time.";
  const auto found = extractor.extract(text);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_THAT(server_.requests(), SizeIs(32));
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ((*found)[0].value, "LD-88231");
  EXPECT_EQ((*found)[0].begin, at);
}

TEST_F(OpenAiModels, APieceThatTheModelRefusesIsReadByTheRules) {
  server_.next({200,
                {},
                R"({"choices":[{"message":{"content":null,"refusal":"I cannot"}}],)"
                R"("usage":{"prompt_tokens":9,"completion_tokens":2}})",
                {}});
  const auto http = client();
  const OpenAiExtractor extractor(*http);
  const auto found = extractor.extract("Load LD-88231 is late.");
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ((*found)[0].value, "LD-88231");
  EXPECT_EQ(tokens_, 11u);
}

TEST_F(OpenAiModels, AnAnswerThatCannotBeUsedIsAskedForFiveTimesInAll) {
  const auto http = client();
  const OpenAiEmbedder embedder(*http, 256, 8);
  for (int i = 0; i < 10; ++i) server_.next({i % 2 == 0 ? 200U : 503U, {}, "{}", {}});
  const std::string_view text = "late";
  EXPECT_FALSE(embedder.embed({&text, 1}));
  EXPECT_THAT(server_.requests(), SizeIs(5));
  EXPECT_THAT(outcomes_, SizeIs(5));
}

/// What `gantry check` says of the embedding model.
class ModelProbe : public OpenAiModels {
 protected:
  ModelProbe() {
    config_.environment["K"] = test::OpenAiServer::kKey;
    config_.host.entities.extractor = "rules";
    config_.host.embedding.embedder = "openai";
    config_.host.embedding.endpoint = {.url = server_.url(), .model = "m", .key = "env:K"};
    config_.host.embedding.dimension = 256;
    config_.host.embedding.batch = 8;
  }
  ModelState embedding(bool ask = true) {
    return probe(config_, ask, std::chrono::seconds(2)).at(1);
  }

  config::Config config_;
};

TEST_F(ModelProbe, AnEndpointThatServesPassesAndIsNamed) {
  const ModelState state = embedding();
  EXPECT_FALSE(state.error) << state.error->message();
  EXPECT_EQ(state.detail, "m at " + server_.url());
  EXPECT_TRUE(state.remote);
  EXPECT_EQ(probe(config_, true, std::chrono::seconds(2)).at(0).detail, "rules, local");
}

TEST_F(ModelProbe, WithoutAskingNobodyIsCalled) {
  EXPECT_FALSE(embedding(false).error);
  EXPECT_THAT(server_.requests(), SizeIs(0));
}

TEST_F(ModelProbe, AWrongKeyIsALineWithItsRemedyAndWithoutTheKey) {
  config_.environment["K"] = "sk-very-secret";
  const ModelState state = embedding();
  ASSERT_TRUE(state.error);
  EXPECT_THAT(state.error->message(), HasSubstr("401: check its key"));
  EXPECT_THAT(state.error->message(), Not(HasSubstr("very-secret")));
  EXPECT_EQ(state.remedy, "mend [embedding] in 30-models.toml");
}

TEST_F(ModelProbe, AKeyThatIsNotSetNamesTheSettingAndTheVariable) {
  config_.environment.clear();
  const ModelState state = embedding();
  ASSERT_TRUE(state.error);
  EXPECT_THAT(state.error->what, AllOf(HasSubstr("embedding.key"), HasSubstr("variable K")));
  EXPECT_THAT(server_.requests(), SizeIs(0));
}

TEST_F(ModelProbe, AnEndpointThatIsAwayIsALineThatNamesIt) {
  std::string url;
  {
    const test::OpenAiServer gone(held_);
    url = gone.url();
  }
  config_.host.embedding.endpoint.url = url;
  const ModelState state = embedding();
  ASSERT_TRUE(state.error);
  EXPECT_THAT(state.error->message(), HasSubstr(url));
  EXPECT_EQ(state.remedy, "start the endpoint, or correct embedding.url");
}

TEST_F(ModelProbe, AnotherDimensionSaysBothNumbers) {
  config_.host.embedding.dimension = 1536;
  const ModelState state = embedding();
  ASSERT_TRUE(state.error);
  EXPECT_THAT(state.error->what,
              AllOf(HasSubstr("256"), HasSubstr("embedding.dimension says 1536")));
}

TEST_F(OpenAiModels, ConfigurationChoosesThemAndMetersTheirUse) {
  config::Config config;
  config.environment["K"] = test::OpenAiServer::kKey;
  config.host.entities.extractor = "rules";
  config.host.embedding.embedder = "openai";
  config.host.embedding.endpoint = {.url = server_.url(), .model = "m", .key = "env:K"};
  config.host.embedding.dimension = 256;
  config.host.embedding.batch = 8;
  std::vector<std::string> used;
  const auto models =
      Models::open(config, [&](std::string_view use, std::string_view outcome, const Usage&) {
        used.push_back(std::string(use) + " " + std::string(outcome));
      });
  ASSERT_TRUE(models) << models.error().message();
  EXPECT_EQ((*models)->extractor().name(), "rules");
  EXPECT_FALSE((*models)->entities_remote());
  EXPECT_TRUE((*models)->embedding_remote());
  const std::string_view text = "late";
  EXPECT_TRUE((*models)->embedder().embed({&text, 1}));
  EXPECT_THAT(used, ElementsAre("embedding ok"));

  config.environment.clear();
  const auto no_key = Models::open(config, {});
  ASSERT_FALSE(no_key);
  EXPECT_THAT(no_key.error().what, HasSubstr("embedding.key"));
}

}  // namespace
}  // namespace gantry::models
