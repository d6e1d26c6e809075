// What is answered, and with which codes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/edi/edi_host.hpp"

namespace gantry::edi_test {
namespace {

using testing::HasSubstr;

constexpr std::string_view kIsa =
    "ISA*00*          *00*          *ZZ*ACMEFOODS      *02*QLHT           *260114*0915*U*00401*"
    "000000417*0*T*>~";

/// One interchange with one group around `sets`.
std::string interchange(const std::string& sets, const std::string& count = "1",
                        const std::string& version = "004010", const std::string& fid = "SM") {
  return std::string(kIsa) + "GS*" + fid + "*ACMEFOODS*QLHT*20260114*0915*417*X*" + version + "~" +
         sets + "GE*" + count + "*417~IEA*1*000000417~";
}

/// A 204 whose body is `body`, with the right count.
std::string tender(const std::string& body, const std::string& control = "0001") {
  const auto count = static_cast<int>(std::count(body.begin(), body.end(), '~')) + 2;
  return "ST*204*" + control + '~' + body + "SE*" + std::to_string(count) + '*' + control + '~';
}

constexpr const char* kGood = "B2**QLHT**LD-1**PP~B2A*00~S5*1*CL~N1*SH*ACME~";

TEST(EdiAcknowledge, AGoodSetIsA) {
  const std::string answer = read(interchange(tender(kGood))).answer();
  EXPECT_TRUE(has_segment(answer, "AK2*204*0001"));
  EXPECT_TRUE(has_segment(answer, "AK5*A"));
  EXPECT_TRUE(has_segment(answer, "AK9*A*1*1*1"));
  EXPECT_TRUE(has_segment(answer, "SE*6*0001"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("TA1*")));
}

TEST(EdiAcknowledge, AMissingElementIsNamedWithItsNumber) {
  const Read result = read(interchange(tender("B2**QLHT**LD-1~B2A*00~")));
  EXPECT_THAT(result.answer(), HasSubstr("AK3*B2*2**8~AK4*6*146*1~AK5*E*5~AK9*E*1*1*1~"));
  ASSERT_EQ(result.records.size(), 1u);
  EXPECT_EQ(result.metadata(0)["errors"][0]["segment"], "B2");
}

TEST(EdiAcknowledge, EachElementErrorHasItsCode) {
  const auto answer = [](const std::string& segment) {
    return read(interchange(tender(std::string(kGood) + segment))).answer();
  };
  EXPECT_THAT(answer("L3*41250*G*1*X*2850~"), HasSubstr("AK4*4*122*4*X~"));
  EXPECT_THAT(answer("L3*41250*GGG***2850~"), HasSubstr("AK4*2*187*5*GGG~"));
  EXPECT_THAT(answer("S5*2*CU~G62*53*20261345~"), HasSubstr("AK4*2*373*8*20261345~"));
  EXPECT_THAT(answer("S5*2*CU~G62*53*20260118*G*2961~"), HasSubstr("AK4*4*337*9*2961~"));
  EXPECT_THAT(answer("S5*2*CU~L11*~"), HasSubstr("AK4*1*127*2~"));
}

TEST(EdiAcknowledge, EachSegmentErrorHasItsCode) {
  const auto answer = [](const std::string& body) {
    return read(interchange(tender(body))).answer();
  };
  EXPECT_THAT(answer("B2**QLHT**LD-1**PP~"), HasSubstr("AK3*B2A*3**3~"));
  EXPECT_THAT(answer(std::string(kGood) + "ZZ9*1~"), HasSubstr("AK3*ZZ9*6*0310*1~"));
  EXPECT_THAT(answer(std::string(kGood) + "AK1*SM*1~"), HasSubstr("AK3*AK1*6*0310*6~"));
  EXPECT_THAT(answer("B2**QLHT**LD-1**PP~B2A*00~B2A*00~"), HasSubstr("AK3*B2A*4**5~"));
}

TEST(EdiAcknowledge, ANumberThatIsNoneRefusesTheSet) {
  const Read result = read(interchange(tender(std::string(kGood) + "L3*41250*G***TOTAL~")));
  EXPECT_TRUE(result.records.empty());
  ASSERT_EQ(result.rejected.size(), 1u);
  EXPECT_EQ(
      result.rejected[0].second.message,
      "interchange 000000417 of ACMEFOODS, set 204 0001: L3 at position 6: element 5 is no number, "
      "or has a character that it may not have");
  EXPECT_THAT(result.answer(), HasSubstr("AK4*5*58*6*TOTAL~AK5*R*5~AK9*R*1*1*0~"));
}

TEST(EdiAcknowledge, CountsAndNumbersOfTheSetAreChecked) {
  const Read count = read(interchange("ST*204*0001~" + std::string(kGood) + "SE*7*0001~"));
  EXPECT_THAT(count.answer(), HasSubstr("AK5*E*4~"));
  EXPECT_TRUE(has_warning(count.metadata(0), "segment_count"));
  EXPECT_THAT(read(interchange("ST*204*0001~" + std::string(kGood) + "SE*6*0002~")).answer(),
              HasSubstr("AK5*E*3~"));
  EXPECT_THAT(read(interchange(tender(kGood) + tender(kGood), "2")).answer(),
              HasSubstr("AK2*204*0001~AK5*A~AK2*204*0001~AK5*E*23~"));
  EXPECT_THAT(read(interchange("ST*204*0001~" + std::string(kGood))).answer(),
              HasSubstr("AK5*R*2~"));
}

TEST(EdiAcknowledge, AnUnknownSetIsRefusedAndKept) {
  const Read result = read(interchange("ST*315*0001~B4*X~SE*3*0001~", "1", "004010", "QO"));
  EXPECT_THAT(result.answer(), HasSubstr("AK2*315*0001~AK5*R*1~AK9*R*1*1*0~"));
  ASSERT_EQ(result.rejected.size(), 1u);
  EXPECT_EQ(result.rejected[0].first, "ST*315*0001~B4*X~SE*3*0001~");
  EXPECT_EQ(result.status, GANTRY_OK);
}

TEST(EdiAcknowledge, APartOfAGroupIsP) {
  const Read result = read(interchange(
      tender(kGood) + tender(std::string(kGood) + "L3*1*G***X~", "0002") + tender(kGood, "0003"),
      "3"));
  EXPECT_EQ(result.records.size(), 2u);
  EXPECT_TRUE(has_segment(result.answer(), "AK9*P*3*3*2"));
}

TEST(EdiAcknowledge, TheGroupsTrailerIsChecked) {
  EXPECT_TRUE(has_segment(read(interchange(tender(kGood), "2")).answer(), "AK9*E*2*1*1*5"));
  std::string other = interchange(tender(kGood));
  other.replace(other.find("GE*1*417"), 8, "GE*1*418");
  EXPECT_TRUE(has_segment(read(other).answer(), "AK9*E*1*1*1*4"));
  std::string none = interchange(tender(kGood));
  none.erase(none.find("GE*1*417~"), 9);
  EXPECT_TRUE(has_segment(read(none).answer(), "AK9*E*1*1*1*3"));
}

TEST(EdiAcknowledge, TheInterchangesTrailerIsChecked) {
  const auto with = [](const std::string& trailer) {
    std::string text = interchange(tender(kGood));
    text.replace(text.find("IEA*"), std::string::npos, trailer);
    return read(text).answer();
  };
  EXPECT_TRUE(has_segment(with("IEA*1*000000418~"), "TA1*000000417*260114*0915*E*001"));
  EXPECT_TRUE(has_segment(with("IEA*2*000000417~"), "TA1*000000417*260114*0915*E*021"));
  EXPECT_TRUE(has_segment(with(""), "TA1*000000417*260114*0915*E*023"));
}

TEST(EdiAcknowledge, ATa1IsWrittenWhereItIsAskedFor) {
  std::string asked = interchange(tender(kGood));
  asked[asked.find("*0*T*>")] = '*';
  asked.replace(asked.find("*0*T*>"), 6, "*1*T*>");
  EXPECT_TRUE(has_segment(read(asked).answer(), "TA1*000000417*260114*0915*A*000"));
  EXPECT_THAT(read(asked, R"({"ta1":"never"})").answer(), testing::Not(HasSubstr("TA1*")));
  EXPECT_TRUE(has_segment(read(interchange(tender(kGood)), R"({"ta1":"always"})").answer(),
                          "TA1*000000417*260114*0915*A*000"));
}

TEST(EdiAcknowledge, FromVersion005010OnIts999) {
  const Read result = read(interchange(tender("B2**QLHT**LD-1~B2A*00~"), "1", "005010"));
  EXPECT_THAT(result.answer(),
              HasSubstr("ST*999*0001*005010X231A1~AK1*SM*417*005010~AK2*204*0001~IK3*B2*2**8~"
                        "IK4*6*146*1~IK5*E*5~AK9*E*1*1*1~SE*8*0001~"));
  EXPECT_THAT(result.outbox.begin()->first, testing::StartsWith("999_ACMEFOODS_000000417_"));
  EXPECT_THAT(read(interchange(tender(kGood), "1", "005010"), R"({"acknowledge":"997"})").answer(),
              HasSubstr("ST*997*0001~"));
  EXPECT_THAT(read(interchange(tender(kGood)), R"({"acknowledge":"999"})").answer(),
              HasSubstr("ST*999*0001*"));
  EXPECT_TRUE(read(interchange(tender(kGood)), R"({"acknowledge":"none"})").outbox.empty());
}

TEST(EdiAcknowledge, AnswersAreNeverAnswered) {
  for (const auto* name : {"ack_997.edi", "ack_999.edi", "contrl.edi"}) {
    EXPECT_TRUE(read(fixture(name), R"({"ta1":"always"})").outbox.empty()) << name;
  }
  std::string ta1 = std::string(kIsa) + "TA1*000000099*260112*1230*A*000~IEA*0*000000417~";
  const Read result = read(ta1);
  EXPECT_TRUE(result.outbox.empty());
  ASSERT_EQ(result.records.size(), 1u);
  EXPECT_EQ(result.metadata(0)["acknowledged_interchange"], "000000099");
}

TEST(EdiAcknowledge, StrictRefusesWhatTolerantTakesWithErrors) {
  const std::string text = interchange("ST*204*0001~" + std::string(kGood) + "SE*9*0001~");
  const Read strict = read(text, R"({"profile":"strict"})");
  EXPECT_TRUE(strict.records.empty());
  EXPECT_EQ(strict.rejected.size(), 1u);
  EXPECT_TRUE(has_segment(strict.answer(), "AK5*R*4"));
  EXPECT_THAT(
      read(interchange(tender(std::string(kGood) + "L3*1*G***28.50~")), R"({"profile":"strict"})")
          .answer(),
      HasSubstr("AK4*5*58*6*28.50~AK5*R*5~"));
}

TEST(EdiAcknowledge, ADelimiterInABadValueCannotBreakTheAnswer) {
  // The partner's delimiters are others, so ours may stand in the text.
  std::string text = interchange(tender("B2**QLHT**LD-1**P*~>~B2A*00~"));
  for (char& c : text) c = c == '*' ? '|' : c;
  const std::string bad = "B2||QLHT||LD-1||P|~>~";
  text.replace(text.find(bad), bad.size(), "B2||QLHT||LD-1||P*>~");
  const std::string answer = read(text).answer();
  EXPECT_THAT(answer, HasSubstr("AK4*6*146*5*P  ~")) << answer;
}

TEST(EdiAcknowledge, OnlyOursAndPartnersAreTaken) {
  const std::string text = interchange(tender(kGood));
  EXPECT_EQ(read(text, R"({"ids":["02:QLHT"],"partners":["ACMEFOODS"]})").records.size(), 1u);
  const Read wrong = read(text, R"({"ids":["02:OTHER"]})");
  EXPECT_TRUE(wrong.records.empty());
  EXPECT_EQ(wrong.rejected.size(), 1u);
  EXPECT_TRUE(has_segment(wrong.answer(), "TA1*000000417*260114*0915*R*008"));
  EXPECT_THAT(wrong.answer(), testing::Not(HasSubstr("AK1*")));
  EXPECT_TRUE(has_segment(read(text, R"({"partners":["01:ACMEFOODS"]})").answer(),
                          "TA1*000000417*260114*0915*R*006"));
}

TEST(EdiAcknowledge, EdifactIsAnsweredByContrl) {
  std::string text = fixture("iftsta.edi");
  text.replace(text.find("UNT+5+2"), 7, "UNT+6+2");
  EXPECT_EQ(read(text).answer(),
            "UNB+UNOA:1+ACMEFOODS:ZZ+QLHT:02+260114:0920+1'UNH+1+CONTRL:D:3:UN'UCI+78+QLHT:02+"
            "ACMEFOODS:ZZ+7'UCM+2+IFTSTA:D:95B:UN+7+29'UNT+4+1'UNZ+1+1'");
  std::string unknown = fixture("iftsta.edi");
  unknown.replace(unknown.find("IFTSTA"), 6, "ORDERS");
  const Read result = read(unknown);
  EXPECT_EQ(result.records.size(), 1u);
  EXPECT_EQ(result.rejected.size(), 1u);
  EXPECT_THAT(result.answer(), HasSubstr("UCM+1+ORDERS:D:95B:UN+4+17'"));
  std::string count = fixture("iftsta.edi");
  count.replace(count.find("UNZ+2"), 5, "UNZ+3");
  EXPECT_THAT(read(count).answer(), HasSubstr("+7+29'"));
  const std::string cut = fixture("iftsta.edi").substr(0, fixture("iftsta.edi").find("UNT+5"));
  const Read early = read(cut);
  EXPECT_EQ(early.status, GANTRY_DATA);
  EXPECT_THAT(early.answer(), HasSubstr("UCM+2+IFTSTA+4+13'"));
}

}  // namespace
}  // namespace gantry::edi_test
