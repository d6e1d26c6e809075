#include "host/base/encoding.hpp"

#include <gtest/gtest.h>

namespace gantry {
namespace {

TEST(Base64, WritesAndReadsTheVectorsOfTheStandard) {
  // RFC 4648 section 10.
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text).value(), bytes);
  }
}

TEST(Base64, RefusesMissingPaddingForeignCharactersAndStrayBits) {
  for (const char* text :
       {"Zg", "Zg=", "Zg= =", "Z===", "Zm9v\n", "Zm-_", "Zh==", "=g==", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Hex, WritesLowerCaseAndReadsBoth) {
  EXPECT_EQ(to_hex(std::string_view("\x00\xff\x1a", 3)), "00ff1a");
  EXPECT_EQ(from_hex("00FF1a").value(), std::string("\x00\xff\x1a", 3));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(EscapeControl, LeavesTextAloneAndDisarmsTerminals) {
  EXPECT_EQ(escape_control("Zürich 東京"), "Zürich 東京");
  EXPECT_EQ(escape_control("a\x1b[2Jb\n"), "a\\x1b[2Jb\\x0a");
  EXPECT_EQ(escape_control("\xc2\x9b"
                           "31m"),
            "\\xc2\\x9b31m");  // C1: CSI in eight bits
  EXPECT_EQ(escape_control("\xff"), "\\xff");
}

TEST(Utf8, HoldsToTheStandard) {
  // RFC 3629 section 4: over-long forms, surrogates, above U+10FFFF, cut sequences.
  for (const char* bad : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xe2\x82", "\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf \xed\x9f\xbf \xe2\x82\xac"));
}

}  // namespace
}  // namespace gantry
