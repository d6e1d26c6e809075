// The real model, as tools/minilm.sh put it together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/base/encoding.hpp"
#include "host/models/minilm_embedder.hpp"
#include "host/models/openai_client.hpp"
#include "host/models/openai_embedder.hpp"
#include "tests/support/openai_server.hpp"

namespace gantry::models {
namespace {

namespace fs = std::filesystem;
using pipeline::Vector;
using testing::AllOf;
using testing::HasSubstr;

const MiniLmEmbedder& model() {
  static const auto opened = MiniLmEmbedder::open(GANTRY_MINILM_DIR);
  if (!opened) throw std::runtime_error(opened.error().message());
  return **opened;
}

Vector vector_of(std::string_view text) { return model().embed({&text, 1}).value().front(); }

double cosine(const Vector& left, const Vector& right) {
  double sum = 0, l = 0, r = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    sum += static_cast<double>(left[i]) * right.at(i);
    l += static_cast<double>(left[i]) * left[i];
    r += static_cast<double>(right[i]) * right[i];
  }
  return sum / std::sqrt(l * r);
}

struct Reference {
  std::string text;
  Vector vector;
};

/// Made by minilm_reference.py beside the file.
std::vector<Reference> references() {
  static_assert(std::endian::native == std::endian::little);
  std::ifstream file(GANTRY_MINILM_REFERENCE);
  std::vector<Reference> out;
  for (const Json& row : Json::parse(file)) {
    const std::string bytes = from_base64(row.at("vector").get<std::string>()).value();
    Vector vector(bytes.size() / sizeof(float));
    std::memcpy(vector.data(), bytes.data(), bytes.size());
    out.push_back({row.at("text"), std::move(vector)});
  }
  return out;
}

TEST(MiniLm, AgreesWithTheReferenceVectorsOfItsModel) {
  const auto expected = references();
  ASSERT_EQ(expected.size(), 8u);
  for (const Reference& reference : expected) {
    const Vector vector = vector_of(reference.text);
    ASSERT_EQ(vector.size(), 384u);
    EXPECT_GT(cosine(vector, reference.vector), 1 - 1e-3) << reference.text.substr(0, 40);
    double squares = 0;
    for (const float v : vector) squares += static_cast<double>(v) * v;
    EXPECT_NEAR(squares, 1.0, 1e-5);
  }
}

TEST(MiniLm, MeaningIsNearWithoutASharedWord) {
  const Vector query = vector_of("vehicle delayed");
  EXPECT_GT(cosine(query, vector_of("The truck is late at the gate.")),
            cosine(query, vector_of("Your invoice was paid in full.")) + 0.2);
}

TEST(MiniLm, ManyTextsKeepTheirOrderAndAnyBytesAreRead) {
  const std::string_view texts[] = {"vehicle delayed", "\xff\xfe\x80", "", "vehicle delayed"};
  const auto vectors = model().embed(texts);
  ASSERT_TRUE(vectors) << vectors.error().message();
  ASSERT_EQ(vectors->size(), 4u);
  EXPECT_EQ((*vectors)[0], (*vectors)[3]);
  EXPECT_LT(cosine((*vectors)[0], (*vectors)[1]), 0.9);
}

TEST(MiniLm, ThreadsShareIt) {
  const Vector alone = vector_of("reefer alarm");
  std::vector<Vector> seen(4);
  {
    std::vector<std::jthread> threads;
    for (Vector& to : seen) threads.emplace_back([&to] { to = vector_of("reefer alarm"); });
  }
  for (const Vector& vector : seen) EXPECT_EQ(vector, alone);
}

class MiniLmFolder : public testing::Test {
 protected:
  MiniLmFolder() {
    std::string name = (fs::temp_directory_path() / "minilm-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    for (const char* part :
         {"libgantry_minilm.so", "libonnxruntime.so", "model.onnx", "vocab.txt"}) {
      fs::create_symlink(fs::path(GANTRY_MINILM_DIR) / part, folder_ / part);
    }
  }
  ~MiniLmFolder() override { fs::remove_all(folder_); }

  std::string refusal() {
    const auto opened = MiniLmEmbedder::open(folder_);
    return opened ? std::string("opened") : opened.error().message();
  }

  fs::path folder_;
};

TEST_F(MiniLmFolder, AMissingPartIsNamedWithItsRemedy) {
  for (const char* part : {"vocab.txt", "model.onnx", "libonnxruntime.so", "libgantry_minilm.so"}) {
    fs::remove(folder_ / part);
    EXPECT_THAT(refusal(),
                AllOf(HasSubstr(folder_.string()), HasSubstr(std::string(part) + " is missing"),
                      HasSubstr("tools/setup.sh")));
  }
}

TEST_F(MiniLmFolder, ABrokenPartIsRefusedByName) {
  for (const char* part : {"vocab.txt", "model.onnx"}) {
    fs::remove(folder_ / part);
    std::ofstream(folder_ / part) << "not what it says";
    EXPECT_THAT(refusal(), HasSubstr(part));
    fs::remove(folder_ / part);
    fs::create_symlink(fs::path(GANTRY_MINILM_DIR) / part, folder_ / part);
  }
  EXPECT_EQ(refusal(), "opened");
}

TEST(MiniLm, WhatRunsItKnowsNobodyToReportTo) {
  std::ifstream file(fs::path(GANTRY_MINILM_DIR) / "libonnxruntime.so", std::ios::binary);
  const std::string library{std::istreambuf_iterator<char>(file), {}};
  ASSERT_GT(library.size(), 1'000'000u);
  // The collector of the official builds from 1.29 on.
  EXPECT_EQ(library.find("events.data.microsoft.com"), std::string::npos);
}

TEST(MiniLm, AnEndpointThatHoldsItGivesTheSameVectors) {
  const test::OpenAiServer server(model());
  OpenAiOptions options;
  options.url = server.url();
  options.model = "all-MiniLM-L6-v2";
  options.key = test::OpenAiServer::kKey;
  const auto client = OpenAiClient::make(std::move(options)).value();
  const OpenAiEmbedder embedder(*client, 384, 3);
  std::vector<std::string_view> texts;
  const auto expected = references();
  for (const Reference& reference : expected) {
    // The endpoint's API takes no empty text.
    if (!reference.text.empty()) texts.push_back(reference.text);
  }
  const auto vectors = embedder.embed(texts);
  ASSERT_TRUE(vectors) << vectors.error().message();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_GT(cosine((*vectors)[i], vector_of(texts[i])), 1 - 1e-6) << texts[i].substr(0, 40);
  }
  EXPECT_EQ(server.requests().size(), 3u);
}

}  // namespace
}  // namespace gantry::models
