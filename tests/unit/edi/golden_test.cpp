// Files and exactly what becomes of them: fixtures/NAME.edi, the documents and answers in
// NAME.json.

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/edi/edi_host.hpp"

namespace gantry::edi_test {
namespace {

using nlohmann::json;

/// The sets of a file, ST to SE and UNH to UNT with their terminators.
std::vector<std::string> sets_of(const std::string& text) {
  std::vector<std::string> out;
  const bool x12 = text.find("ISA") != std::string::npos;
  const std::string begin = x12 ? "ST*" : "UNH";
  const std::string end = x12 ? "SE*" : "UNT";
  const char terminator = x12 || text.starts_with("UNA=") ? '~' : '\'';
  std::size_t at = 0;
  while ((at = text.find(begin, at)) != std::string::npos) {
    if (at > 0 && text[at - 1] != terminator && text[at - 1] != '\n') {
      ++at;
      continue;
    }
    std::size_t last = at;
    do {
      last = text.find(end, last + 1);
    } while (text[last - 1] != terminator && text[last - 1] != '\n');
    last = text.find(terminator, last) + 1;
    out.push_back(text.substr(at, last - at));
    at = last;
  }
  return out;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, TheFileGivesExactlyTheseDocumentsAndAnswers) {
  const std::string bytes = fixture(GetParam() + ".edi");
  const json expected = json::parse(fixture(GetParam() + ".json"));
  const Read result = read(bytes);
  ASSERT_EQ(result.status, GANTRY_OK) << result.error.message;
  const std::vector<std::string> sets = sets_of(bytes);
  ASSERT_EQ(result.records.size(), expected["records"].size());
  ASSERT_EQ(sets.size(), result.records.size());
  for (std::size_t i = 0; i < result.records.size(); ++i) {
    const test::Record& record = result.records[i];
    const json& wanted = expected["records"][i];
    EXPECT_EQ(record.kind, wanted["kind"].get<std::string>());
    EXPECT_EQ(record.key,
              wanted["key"].get<std::string>() + ':' + to_hex(sha256(sets[i])).substr(0, 16));
    EXPECT_EQ(record.title, wanted["title"].get<std::string>());
    EXPECT_EQ(record.text, wanted["text"].get<std::string>());
    EXPECT_EQ(record.occurred_at_ns, wanted["occurred_at"].get<std::int64_t>() * 1'000'000'000);
    EXPECT_EQ(record.flags, wanted["tombstone"].get<bool>() ? GANTRY_RECORD_TOMBSTONE : 0u);
    EXPECT_EQ(json::parse(record.metadata), wanted["metadata"]);
    EXPECT_EQ(json::parse(record.participants), wanted["participants"]);
    EXPECT_TRUE(record.raw.ends_with(sets[i]));
    EXPECT_TRUE(record.raw.starts_with("ISA") || record.raw.starts_with("UN"));
    EXPECT_GT(record.version, 0);
  }
  EXPECT_TRUE(result.rejected.empty());
  EXPECT_EQ(json(result.outbox), expected["answers"]);
}

INSTANTIATE_TEST_SUITE_P(Edi, Golden,
                         testing::Values("tender_204", "cancel_204", "drayage_204", "response_990",
                                         "status_214", "status_214_zones", "invoice_210",
                                         "notice_856", "ack_997", "ack_999", "remittance_820",
                                         "advice_824", "iftmin", "iftsta", "invoic", "desadv",
                                         "contrl"),
                         [](const auto& info) { return info.param; });

TEST(EdiGolden, EveryFixtureIsTested) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GANTRY_EDI_FIXTURES)) {
    files += entry.path().extension() == ".edi" ? 1u : 0u;
  }
  EXPECT_EQ(files, 17u);
}

// The replies that connectors.md states for its sample tender, with their segment counts.
TEST(EdiGolden, TheTenderIsAnsweredByteForByte) {
  EXPECT_EQ(read(fixture("tender_204.edi")).answer(),
            "ISA*00*          *00*          *02*QLHT           *ZZ*ACMEFOODS      *260114*0920*U*"
            "00401*000000001*0*T*>~GS*FA*QLHT*ACMEFOODS*20260114*0920*1*X*004010~ST*997*0001~"
            "AK1*SM*417~AK2*204*0001~AK5*A~AK9*A*1*1*1~SE*6*0001~GE*1*1~IEA*1*000000001~");
}

}  // namespace
}  // namespace gantry::edi_test
