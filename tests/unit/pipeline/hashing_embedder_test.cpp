#include "host/pipeline/hashing_embedder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace gantry::pipeline {
namespace {

Vector embed(std::string_view text) { return HashingEmbedder().embed({&text, 1}).value().front(); }

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

TEST(HashingEmbedder, EveryVectorHasLengthOne) {
  for (const std::string_view text : {"late load in Chicago", "!!!", "a", "", "世界"}) {
    const Vector vector = embed(text);
    EXPECT_EQ(vector.size(), 256u);
    EXPECT_NEAR(dot(vector, vector), 1.0, 1e-6);
  }
}

TEST(HashingEmbedder, SharedWordsAreNearerThanForeignOnes) {
  const auto query = embed("late delivery chicago");
  EXPECT_GT(dot(query, embed("The delivery to Chicago is late again")),
            dot(query, embed("Invoice for fuel surcharge attached")) + 0.2);
}

TEST(HashingEmbedder, CaseDoesNotMatterAndOrderOfTextsIsKept) {
  EXPECT_EQ(embed("Late LOAD"), embed("late load"));
  const std::string_view texts[] = {"one", "two"};
  const auto both = HashingEmbedder().embed(texts).value();
  EXPECT_EQ(both[0], embed("one"));
  EXPECT_EQ(both[1], embed("two"));
}

TEST(HashingEmbedder, SaysThatItIsNoLanguageModel) {
  EXPECT_NE(HashingEmbedder().model().find("no language model"), std::string_view::npos);
}

// 1.0f is 00 00 80 3f and -2.0f is 00 00 00 c0 in little-endian IEEE 754; base64 by RFC 4648.
TEST(Embeddings, TravelAsBase64OfLittleEndianFloats) {
  const Embeddings embeddings{"m", 2, {{1.0F, -2.0F}}};
  const Json json = embeddings;
  EXPECT_EQ(json.at("vectors"), "AACAPwAAAMA=");
  EXPECT_EQ(json.get<Embeddings>(), embeddings);
  Json broken = json;
  broken["count"] = 2;
  EXPECT_ANY_THROW(broken.get<Embeddings>());
  broken["dimension"] = 0;
  EXPECT_ANY_THROW(broken.get<Embeddings>());
}

}  // namespace
}  // namespace gantry::pipeline
