#include "host/stores/postgres/words.hpp"

#include <gmock/gmock.h>

#include "host/stores/postgres/wire.hpp"

namespace gantry::stores::postgres {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> folded(std::string_view text) {
  std::vector<std::string> out;
  for (const Word& word : words_of(text, 100)) out.push_back(word.folded);
  return out;
}

TEST(Words, AreLettersAndDigitsWithoutCaseAndAccents) {
  EXPECT_THAT(folded("Load LD-4711, CHICÁGO!"), ElementsAre("load", "ld", "4711", "chicago"));
  EXPECT_THAT(folded("Stra\xC3\x9F"
                     "e e\xCC\x81t\xC3\xA9 \xD0\x9C\xD0\x98\xD0\xA0"),
              ElementsAre("strasse", "ete", "\xD0\xBC\xD0\xB8\xD1\x80"));
  EXPECT_THAT(folded("世界 trucks🚚two"), ElementsAre("世界", "trucks", "two"));
  EXPECT_THAT(folded(std::string("a\0b\xFF"
                                 "c",
                                 5)),
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(folded(" -- '\"\\ "), IsEmpty());
  EXPECT_THAT(folded(std::string(10'000, 'x') + " y"), ElementsAre("y"));
}

TEST(Words, EndWhereATextIsCutInsideOfACharacter) {
  const std::string text = "abc\xE4\xB8\x96";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    EXPECT_LE(words_of(std::string_view(text).substr(0, size), 100).size(), 1u);
  }
}

TEST(Words, ADocumentsVectorHasTitleWeightsAndAGapBeforeTheBody) {
  EXPECT_EQ(search_vector("Big Load", "it's late"), "'big':1A 'load':2A 'it':4 's':5 'late':6 ");
}

TEST(Words, AVectorStaysBelowWhatTheServerTakes) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "w" + std::to_string(i) + ' ';
  const std::string vector = search_vector("", text);
  EXPECT_NE(vector.find("'w59998':60000 "), std::string::npos);
  EXPECT_EQ(vector.find("'w59999'"), std::string::npos);
}

TEST(WordQuery, APieceIsATermAndAHyphenMakesAPhrase) {
  const WordQuery query("LD-4711  late' | & ! late");
  EXPECT_THAT(query.terms, ElementsAre(ElementsAre("ld", "4711"), ElementsAre("late")));
  EXPECT_EQ(query.any(), "('ld'<->'4711')|('late')");
  EXPECT_TRUE(WordQuery(" - \"\" ").empty());
}

TEST(Snippet, IsCutAroundTheDensestFindsAndMarksThem) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "w" + std::to_string(i) + ' ';
  text += "load LD-4711 is late.";
  const std::string cut = snippet(text, WordQuery("ld-4711 LATE w1"));
  EXPECT_TRUE(cut.starts_with("…w31 ")) << cut;
  EXPECT_TRUE(cut.ends_with("load \x02LD-4711\x03 is \x02late\x03.")) << cut;
  EXPECT_EQ(snippet("no find", WordQuery("other")), "");
  EXPECT_EQ(snippet("a\x02 b\x03 c", WordQuery("b")),
            "a \x02"
            "b\x03 c");
}

TEST(Column, HoldsAnyBytesAndShowsTextAsItIs) {
  EXPECT_EQ(to_column("Straße 世界\n"), "Straße 世界\n");
  const std::string escape = "\xF4\x8F\xBF\xBF";
  EXPECT_EQ(to_column(std::string("a\0b", 3)), "a" + escape + "00b");
  EXPECT_EQ(to_column("\xFF"), escape + "ff");
  EXPECT_EQ(to_column(escape), escape + "u");
  for (int i = 0; i < 256; ++i) {
    const std::string bytes = {'x', static_cast<char>(i), '0', static_cast<char>(255 - i)};
    EXPECT_EQ(from_column(to_column(bytes)), bytes);
  }
  EXPECT_EQ(from_column("cut" + escape), "cut");
  EXPECT_EQ(from_column("cut" + escape + "f"), "cutf");
}

}  // namespace
}  // namespace gantry::stores::postgres
