#include "host/pipeline/chunking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "host/base/encoding.hpp"

namespace gantry::pipeline {
namespace {

std::size_t points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string repeat(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

void expect_sound(std::string_view text, const ChunkOptions& options) {
  const auto chunks = chunk_text(text, options);
  ASSERT_FALSE(chunks.empty());
  EXPECT_EQ(chunks.front().begin, 0u);
  EXPECT_EQ(chunks.back().end, text.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const auto piece = text.substr(chunks[i].begin, chunks[i].end - chunks[i].begin);
    EXPECT_TRUE(is_utf8(piece));
    EXPECT_LE(points(piece), options.size);
    if (i == 0) continue;
    EXPECT_LE(chunks[i].begin, chunks[i - 1].end);  // no gap
    EXPECT_GT(chunks[i].begin, chunks[i - 1].begin);
    EXPECT_LE(points(text.substr(chunks[i].begin, chunks[i - 1].end - chunks[i].begin)),
              options.overlap);
  }
}

TEST(Chunking, EveryByteIsCoveredInAnyScript) {
  for (const std::string& text :
       {repeat("The load 4711 is late. Call 1.50 now! ", 60), repeat("荷物は遅れています。", 90),
        repeat("الشحنة متأخرة؟ ", 90), repeat("माल देर से है। ", 90), std::string(5000, 'x'),
        repeat("é", 3000), std::string("a")}) {
    expect_sound(text, {});
    expect_sound(text, {.size = 50, .overlap = 10});
    expect_sound(text, {.size = 2, .overlap = 0});
  }
}

TEST(Chunking, ChunksEndAtSentencesAndBeginAtWords) {
  const std::string text = repeat("Ten letters it is not. ", 20);
  const auto chunks = chunk_text(text, {.size = 60, .overlap = 12});
  ASSERT_GT(chunks.size(), 3u);
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) {
    EXPECT_EQ(text[chunks[i].end - 1], '.');
    const auto begin = chunks[i + 1].begin;
    EXPECT_EQ(text[begin - 1], ' ');
  }
}

TEST(Chunking, ADecimalPointEndsNoSentence) {
  const std::string text = repeat("rate 1.50 and 2.75 or 3.25 ", 8);
  for (const Chunk& chunk : chunk_text(text, {.size = 40, .overlap = 5})) {
    if (chunk.end < text.size()) {
      EXPECT_EQ(text[chunk.end - 1], ' ');
    }
  }
}

// UAX 29, rule SB8: no sentence ends where the text goes on in lower case.
TEST(Chunking, AnAbbreviationBeforeLowerCaseEndsNoSentence) {
  const std::string text = repeat("about approx. 5 pallets of grade no. 4 stock ", 8);
  for (const Chunk& chunk : chunk_text(text, {.size = 40, .overlap = 5})) {
    if (chunk.end < text.size()) {
      EXPECT_EQ(text[chunk.end - 1], ' ');
    }
  }
}

// UAX 29, rule SB9: closing marks belong to the sentence before.
TEST(Chunking, AClosingQuoteStaysWithItsSentence) {
  const std::string text = repeat("He told us \"wait here.\" Then he went. ", 10);
  for (const Chunk& chunk : chunk_text(text, {.size = 50, .overlap = 5})) {
    if (chunk.end == text.size()) continue;
    const std::string_view piece =
        std::string_view(text).substr(chunk.begin, chunk.end - chunk.begin);
    EXPECT_TRUE(piece.ends_with(".\"") || piece.ends_with("went.")) << piece;
  }
}

TEST(Chunking, SentencesEndInScriptsThatHaveMarksOfTheirOwn) {
  for (const std::string_view sentence : {"ጭነቱ ዘግይቷል።", "Բեռը ուշանում է։", "ကုန်နောက်ကျသည်။"}) {
    const std::string_view mark = sentence.substr(sentence.size() - 3);
    const std::string text = repeat(std::string(sentence) + " ", 20);
    const auto chunks = chunk_text(text, {.size = 60, .overlap = 5});
    ASSERT_GT(chunks.size(), 2u);
    for (std::size_t i = 0; i + 1 < chunks.size(); ++i) {
      EXPECT_TRUE(std::string_view(text).substr(0, chunks[i].end).ends_with(mark.substr(1)))
          << sentence;
    }
  }
}

TEST(Chunking, ShortTextIsOneChunk) {
  EXPECT_EQ(chunk_text("short"), (std::vector<Chunk>{{0, 5}}));
  EXPECT_TRUE(chunk_text("").empty());
}

}  // namespace
}  // namespace gantry::pipeline
