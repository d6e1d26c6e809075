// What the host reads of a plugin before it trusts it: ELF bytes, manifest, configuration.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/plugins/config_schema.hpp"
#include "host/plugins/elf_file.hpp"
#include "host/plugins/manifest.hpp"
#include "tests/unit/plugins/fixture.hpp"

namespace gantry::plugins {
namespace {

using ::testing::HasSubstr;

TEST(ReadElf, FindsTheNoteAndTheEntry) {
  std::string bytes = test::read_fixture("good");
  const auto facts = read_elf(bytes);
  ASSERT_TRUE(facts);
  ASSERT_TRUE(facts->manifest);
  EXPECT_TRUE(parse_manifest(*facts->manifest));
  EXPECT_EQ(facts->entry_majors, std::vector<unsigned>{1});
}

TEST(ReadElf, AFileCutAnywhereIsReadOrRefusedButNeverReadPastItsEnd) {
  const std::string whole = test::read_fixture("good");
  for (std::size_t size = 0; size < whole.size(); size += size < 2048 ? 7 : 509) {
    // A buffer of exactly that size, so that AddressSanitizer sees the first byte too many.
    std::string cut(whole.data(), size);
    cut.shrink_to_fit();
    const auto facts = read_elf(cut);
    if (facts && facts->manifest) (void)parse_manifest(*facts->manifest);
  }
}

TEST(ReadElf, AFlippedByteAnywhereNeverCrashesTheReader) {
  const std::string whole = test::read_fixture("good");
  for (std::size_t at = 4; at < whole.size(); at += at < 1024 ? 1 : 211) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(~bytes[at]);
    const auto facts = read_elf(bytes);
    if (facts && facts->manifest) (void)parse_manifest(*facts->manifest);
  }
}

constexpr const char* kManifest =
    R"({"id":"acme","version":"1","capabilities":["c"],"services":["s"],"config_schema":{},"new":1})";

TEST(ParseManifest, AnUnknownFieldIsLeftAlone) {
  const auto manifest = parse_manifest(kManifest);
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->id, "acme");
  EXPECT_TRUE(manifest->has("c"));
  EXPECT_FALSE(manifest->has("d"));
}

TEST(ParseManifest, TheSchemasFieldsStayInTheirOrder) {
  std::string text = kManifest;
  const std::string schema = R"({"type":"object","properties":{"secret":{},"key":{}}})";
  text.replace(text.find("{},"), 2, schema);
  const auto manifest = parse_manifest(text);
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->config_schema, schema);
}

TEST(ParseManifest, EachRequiredFieldIsMissed) {
  for (const std::string field : {"id", "version", "capabilities", "services", "config_schema"}) {
    std::string text = kManifest;
    text.replace(text.find('"' + field + '"') + 1, field.size(), "other");
    const auto manifest = parse_manifest(text);
    ASSERT_FALSE(manifest) << field;
    EXPECT_THAT(manifest.error().reason, HasSubstr('"' + field + '"'));
  }
}

TEST(ParseManifest, EveryTruncationIsRefused) {
  const std::string text = kManifest;
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_manifest(text.substr(0, size))) << size;
  }
}

constexpr const char* kSchema = R"({"type":"object","required":["url"],"additionalProperties":false,
  "properties":{"url":{"type":"string","pattern":"^https://"},
    "a/b":{"type":"object","properties":{"c~d":{"type":"integer"}}},
    "keys":{"type":"array","items":{"type":"string","x-gantry-secret":true}},
    "list":{"type":"array","items":{"type":"object","properties":{"n":{"type":"number"}}}}}})";

TEST(CheckConfig, AValidOneHasNoFault) {
  EXPECT_EQ(check_config(kSchema, R"({"url":"https://a","keys":["env:A","file:/b"]})").has_value(),
            false);
}

TEST(CheckConfig, APointerIsEscapedAsRfc6901Says) {
  const auto fault = check_config(kSchema, R"({"url":"https://a","a/b":{"c~d":"x"}})");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->pointer, "/a~1b/c~0d");
}

TEST(CheckConfig, AnArrayElementIsPointedAtByItsIndex) {
  const auto fault = check_config(kSchema, R"({"url":"https://a","list":[{"n":1},{"n":"x"}]})");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->pointer, "/list/1/n");
}

TEST(CheckConfig, AMissingFieldIsNamed) {
  const auto fault = check_config(kSchema, "{}");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->pointer, "");
  EXPECT_THAT(fault->what, HasSubstr("url"));
}

TEST(CheckConfig, AFaultNeverRepeatsTheValue) {
  const auto fault = check_config(kSchema, R"({"url":"http://s3cret-value"})");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->pointer, "/url");
  EXPECT_THAT(fault->what, ::testing::Not(HasSubstr("s3cret")));
}

TEST(CheckConfig, ASecretInAListMustBeAReferenceToo) {
  const auto fault = check_config(kSchema, R"({"url":"https://a","keys":["env:A","plain"]})");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->pointer, "/keys/1");
}

TEST(CheckConfig, AWebhookSecretMustBeAReferenceAsAnyOther) {
  constexpr const char* kWebhook =
      R"({"properties":{"key":{"type":"string","x-gantry-secret":"webhook"}}})";
  EXPECT_FALSE(check_config(kWebhook, R"({"key":"env:A"})"));
  const auto fault = check_config(kWebhook, R"({"key":"plain"})");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->pointer, "/key");
}

TEST(CheckConfig, ASchemaAtFaultIsNotTheOperators) {
  const auto fault = check_config(R"({"type":42})", "{}");
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->in_schema);
}

}  // namespace
}  // namespace gantry::plugins
