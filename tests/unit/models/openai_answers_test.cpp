#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "host/pipeline/openai.hpp"
#include "host/pipeline/rules_extractor.hpp"

namespace gantry::pipeline::openai {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The example answer of the API's reference, its vectors shortened.
constexpr std::string_view kTwo =
    R"({"object":"list","data":[
      {"object":"embedding","index":1,"embedding":[0,3,4]},
      {"object":"embedding","index":0,"embedding":[-2,0,0]}],
      "model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}})";

TEST(OpenAiEmbeddings, TheRequestHoldsTheTextsInOrder) {
  const std::string_view texts[] = {"a \"b\"", "ü"};
  EXPECT_EQ(Json::parse(embedding_request("m", texts)),
            Json::parse(R"({"model":"m","input":["a \"b\"","ü"],"encoding_format":"float"})"));
}

TEST(OpenAiEmbeddings, VectorsAreOrderedByIndexAndOfLengthOne) {
  const auto answer = read_embeddings(kTwo, 2, 3);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_THAT(answer->vectors[0], ElementsAre(-1.0F, 0.0F, 0.0F));
  EXPECT_THAT(answer->vectors[1], ElementsAre(0.0F, 0.6F, 0.8F));
  EXPECT_EQ(answer->usage, (Usage{8, 0}));
}

TEST(OpenAiEmbeddings, AnotherDimensionIsRefusedForGoodAndNamesTheSetting) {
  const auto answer = read_embeddings(kTwo, 2, 1536);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(answer.error().what, HasSubstr("gives 3 numbers"));
  EXPECT_THAT(answer.error().what, HasSubstr("embedding.dimension says 1536"));
}

TEST(OpenAiEmbeddings, AnAnswerThatIsNotOneSoundVectorPerTextMayBeAskedForAgain) {
  for (const std::string_view body :
       {R"({"data":[{"index":0,"embedding":[1,0]}]})",
        R"({"data":[{"index":0,"embedding":[1,0]},{"index":0,"embedding":[1,0]}]})",
        R"({"data":[{"index":0,"embedding":[1,0]},{"index":2,"embedding":[1,0]}]})",
        R"({"data":[{"index":0,"embedding":[1,0]},{"index":-1,"embedding":[1,0]}]})",
        R"({"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":[0,0]}]})",
        R"({"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":["a",0]}]})",
        R"({"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":[1e300,1e300]}]})",
        R"({"data":[{"index":0,"embedding":[1,0]},7]})", R"({"data":{}})", R"([])", R"("x")", "",
        "<html>"}) {
    const auto answer = read_embeddings(body, 2, 2);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().kind, ErrorKind::kUnavailable) << body;
  }
}

TEST(OpenAiEmbeddings, ACutAnswerIsNeverHalfRead) {
  for (std::size_t cut = 0; cut < kTwo.size(); ++cut) {
    EXPECT_FALSE(read_embeddings(kTwo.substr(0, cut), 2, 3)) << cut;
  }
}

/// A chat answer with this content.
std::string chat(const Json& content, const char* finish = "stop") {
  return Json{
      {"choices",
       Json::array(
           {{{"index", 0},
             {"finish_reason", finish},
             {"message",
              {{"role", "assistant"}, {"content", content.dump()}, {"refusal", nullptr}}}}})},
      {"usage", {{"prompt_tokens", 90}, {"completion_tokens", 12}}}}
      .dump();
}

Json entity(const char* kind, const char* text, double confidence = 0.9) {
  return {{"kind", kind}, {"text", text}, {"confidence", confidence}};
}

Json entities(std::initializer_list<Json> list) { return {{"entities", std::vector<Json>(list)}}; }

Result<EntityAnswer> read(std::string_view body, std::string_view text) {
  static const RulesExtractor rules;
  return read_entities(body, text, rules);
}

std::vector<std::string> found(const EntityAnswer& answer, std::string_view text) {
  std::vector<std::string> out;
  for (const Entity& e : answer.entities) {
    EXPECT_EQ(text.substr(e.begin, e.end - e.begin), e.text);
    out.push_back(e.kind + "=" + e.value + "@" + std::to_string(e.begin));
  }
  return out;
}

TEST(OpenAiEntities, TheRequestAsksForAStrictSchemaWhoseEveryObjectIsClosed) {
  const Json request = Json::parse(entity_request("m", "text of \"ours\""));
  EXPECT_EQ(request.at("messages").at(1).at("content"), "text of \"ours\"");
  const Json& format = request.at("response_format");
  EXPECT_EQ(format.at("type"), "json_schema");
  EXPECT_EQ(format.at("json_schema").at("strict"), true);
  const Json& schema = format.at("json_schema").at("schema");
  EXPECT_EQ(schema.at("additionalProperties"), false);
  EXPECT_EQ(schema.at("required"), Json::parse(R"(["entities"])"));
  const Json& item = schema.at("properties").at("entities").at("items");
  EXPECT_EQ(item.at("additionalProperties"), false);
  EXPECT_EQ(item.at("required"), Json::parse(R"(["kind","text","confidence"])"));
}

TEST(OpenAiEntities, ValuesAreThoseOfTheRulesAndOffsetsThoseOfTheText) {
  constexpr std::string_view kText = "the usual one, ld-88231 to Newark, NJ for $1,250";
  const auto answer = read(chat(entities({entity("money", "$1,250"), entity("load", "ld-88231"),
                                          entity("place", "Newark, NJ")})),
                           kText);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_THAT(found(*answer, kText),
              ElementsAre("load=LD-88231@15", "place=NEWARK, NJ@27", "money=1250.00 USD@42"));
  EXPECT_EQ(answer->dropped, 0u);
  EXPECT_EQ(answer->usage, (Usage{90, 12}));
}

TEST(OpenAiEntities, WhatTheTextDoesNotHoldIsDropped) {
  constexpr std::string_view kText = "load 14711 in box CSQU3054384";
  const auto answer =
      read(chat(entities({entity("load", "99999"), entity("load", "4711"), entity("load", ""),
                          entity("container", "CSQU3054384"), entity("ship", "14711")})),
           kText);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->entities, IsEmpty());
  EXPECT_EQ(answer->dropped, 5u);
}

TEST(OpenAiEntities, TheSameWordsTwiceAreTwoPlacesAndAThirdTimeIsNone) {
  constexpr std::string_view kText = "L-4711 and L-4711";
  const Json one = entity("load", "L-4711", 7.0);
  const auto answer = read(chat(entities({one, one, one})), kText);
  ASSERT_TRUE(answer);
  EXPECT_THAT(found(*answer, kText), ElementsAre("load=L-4711@0", "load=L-4711@11"));
  EXPECT_EQ(answer->dropped, 1u);
  EXPECT_LE(answer->entities[0].confidence, 1.0);
}

TEST(OpenAiEntities, ARefusalIsAnAnswerAndACutAnswerIsNone) {
  const auto refused = read(
      R"({"choices":[{"finish_reason":"stop","message":{"content":null,"refusal":"I cannot"}}]})",
      "x");
  ASSERT_TRUE(refused) << refused.error().message();
  EXPECT_TRUE(refused->refused);
  EXPECT_THAT(refused->entities, IsEmpty());
  const auto cut = read(chat(entities({}), "length"), "x");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, ErrorKind::kUnavailable);
}

TEST(OpenAiEntities, AnAnswerOfAnotherFormIsRefusedAtEveryCut) {
  const std::string whole = chat(entities({entity("load", "L-4711")}));
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_FALSE(read(whole.substr(0, cut), "L-4711")) << cut;
  }
  for (const auto& content : {Json("x"), Json::array(), Json{{"entities", 7}}, Json(nullptr)}) {
    EXPECT_FALSE(read(chat(content), "x")) << content;
  }
  for (const std::string_view body : {R"({"choices":[]})", R"({"choices":[7]})", R"({})", "[1]"}) {
    EXPECT_FALSE(read(body, "x")) << body;
  }
  // One item of another form loses itself only.
  const auto mixed = read(chat(entities({Json(7), entity("load", "L-4711")})), "L-4711");
  ASSERT_TRUE(mixed);
  EXPECT_EQ(mixed->entities.size(), 1u);
}

TEST(OpenAiStatus, SaysWhetherAnotherTryMayHelp) {
  const auto kind = [](unsigned status, std::string_view body = "") {
    return status_error(status, body).kind;
  };
  EXPECT_EQ(kind(401), ErrorKind::kDenied);
  EXPECT_EQ(kind(404), ErrorKind::kDenied);
  EXPECT_EQ(kind(400), ErrorKind::kInvalid);
  EXPECT_EQ(kind(413), ErrorKind::kInvalid);
  EXPECT_EQ(kind(429), ErrorKind::kUnavailable);
  EXPECT_EQ(kind(500), ErrorKind::kUnavailable);
  EXPECT_EQ(kind(503, "<html>"), ErrorKind::kUnavailable);
  const auto quota =
      status_error(429, R"({"error":{"code":"insufficient_quota","message":"pay"}})");
  EXPECT_EQ(quota.kind, ErrorKind::kDenied);
  EXPECT_EQ(quota.upstream, "pay");
}

}  // namespace
}  // namespace gantry::pipeline::openai
