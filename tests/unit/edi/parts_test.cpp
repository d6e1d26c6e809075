// The EDI connector's parts by themselves: times, money, delimiters, tokens, results.

#include <gtest/gtest.h>

#include "plugins/edi/delimiters.hpp"
#include "plugins/edi/money.hpp"
#include "plugins/edi/results.hpp"
#include "plugins/edi/times.hpp"
#include "plugins/edi/tokens.hpp"

namespace gantry::edi {
namespace {

std::string utc(std::string_view date, std::string_view time, std::string_view zone,
                std::string_view state = "") {
  const auto at = moment_of(date, time, zone, state);
  return at ? rfc3339(at->ns) + (at->zone_known ? "" : "?") : "none";
}

TEST(EdiTimes, NumericZonesAreHoursFromUtc) {
  EXPECT_EQ(utc("20260116", "0757", "20"), "2026-01-16T12:57:00Z");  // UTC-5
  EXPECT_EQ(utc("20260116", "0757", "01"), "2026-01-16T06:57:00Z");
  EXPECT_EQ(utc("20260116", "0757", "13"), "2026-01-16T19:57:00Z");  // UTC-12
  EXPECT_EQ(utc("20260116", "0757", "24"), "2026-01-16T08:57:00Z");  // UTC-1
  EXPECT_EQ(utc("20260116", "0757", "25"), "2026-01-16T07:57:00Z?");
}

TEST(EdiTimes, LetteredZonesKeepTheirOffsetAndGenericOnesFollowTheSummer) {
  EXPECT_EQ(utc("20260716", "0757", "ES"), "2026-07-16T12:57:00Z");
  EXPECT_EQ(utc("20260716", "0757", "ED"), "2026-07-16T11:57:00Z");
  EXPECT_EQ(utc("20260716", "0757", "ET"), "2026-07-16T11:57:00Z");
  EXPECT_EQ(utc("20260116", "0757", "ET"), "2026-01-16T12:57:00Z");
  EXPECT_EQ(utc("20260116", "0757", "PS"), "2026-01-16T15:57:00Z");
  EXPECT_EQ(utc("20260116", "0757", "CD"), "2026-01-16T12:57:00Z");
  EXPECT_EQ(utc("20260116", "0757", "UT"), "2026-01-16T07:57:00Z");
}

TEST(EdiTimes, TheDaylightRuleChangedIn2007) {
  EXPECT_EQ(utc("20060320", "1200", "ET"), "2006-03-20T17:00:00Z");  // From 2 April that year.
  EXPECT_EQ(utc("20070320", "1200", "ET"), "2007-03-20T16:00:00Z");  // From 11 March.
  EXPECT_EQ(utc("20261031", "1200", "ET"), "2026-10-31T16:00:00Z");
  EXPECT_EQ(utc("20261101", "1200", "ET"), "2026-11-01T17:00:00Z");
}

TEST(EdiTimes, LocalTimeIsThePlacesTime) {
  EXPECT_EQ(utc("20160726", "1230", "LT", "VT"), "2016-07-26T16:30:00Z");
  EXPECT_EQ(utc("20160726", "1230", "", "AZ"), "2016-07-26T19:30:00Z");
  EXPECT_EQ(utc("20160726", "1230", "LT", "ON"), "2016-07-26T16:30:00Z");
  EXPECT_EQ(utc("20160726", "1230", "LT", "XX"), "2016-07-26T12:30:00Z?");
}

TEST(EdiTimes, DatesOfSixDigitsFollowTheCenturyRuleAndSevenAreNone) {
  EXPECT_EQ(utc("030903", "", "UT"), "2003-09-03T00:00:00Z");
  EXPECT_EQ(utc("930602", "", "UT"), "1993-06-02T00:00:00Z");
  EXPECT_EQ(utc("1994033", "", "UT"), "none");
  EXPECT_EQ(utc("20260230", "", "UT"), "none");
  EXPECT_EQ(utc("CCYYMMDD", "", "UT"), "none");
}

TEST(EdiTimes, MidnightMayBeCalledTwentyFour) {
  EXPECT_EQ(utc("20251231", "2400", "UT"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(utc("20251231", "2401", "UT"), "none");
  EXPECT_EQ(utc("20251231", "295335", "UT"), "none");
  EXPECT_EQ(utc("20251231", "142428", "UT"), "2025-12-31T14:24:28Z");
}

TEST(EdiMoney, TwoDecimalsAreImpliedAndAPointIsHonoured) {
  EXPECT_EQ(decimal(cents_of_n2("275433")->value), "2754.33");
  EXPECT_EQ(decimal(cents_of_n2("-44949")->value), "-449.49");
  EXPECT_EQ(decimal(cents_of_n2("7")->value), "0.07");
  EXPECT_EQ(decimal(cents_of_n2("-5")->value), "-0.05");
  EXPECT_EQ(decimal(cents_of_n2("557.21")->value), "557.21");
  EXPECT_TRUE(cents_of_n2("557.21")->explicit_point);
  EXPECT_EQ(decimal(cents_of_n2("557.2")->value), "557.20");
}

TEST(EdiMoney, WhatIsNoAmountIsNeverZero) {
  for (const auto* text :
       {"", "-", ".", "TOTAL", "12,50", "1.2.3", "0x10", "1e3", "1.234", "123456789012345678"}) {
    EXPECT_FALSE(cents_of_n2(text)) << text;
  }
  EXPECT_EQ(cents_of_r(".07")->value, 7);
  EXPECT_EQ(cents_of_r("21298.97")->value, 2129897);
  EXPECT_EQ(cents_of_r("2276.1")->value, 227610);
}

constexpr std::string_view kIsa =
    "ISA*00*          *00*          *ZZ*ACMEFOODS      *02*QLHT           *260114*0915*U*00401*"
    "000000417*0*T*>~";

IsaReading read(std::string text, IsaSegment& isa) {
  // Whatever follows must not matter.
  text +=
      "GS*SM*ACMEFOODS*QLHT*20260114*0915*417*X*004010~ST*204*0001~B2**QLHT**LD-88231**PP~"
      "B2A*00~SE*4*0001~GE*1*417~IEA*1*000000417~";
  return read_isa(text, false, isa);
}

TEST(EdiDelimiters, AreReadAtTheirOffsets) {
  IsaSegment isa;
  ASSERT_EQ(kIsa.size(), 106u);
  ASSERT_EQ(read(std::string(kIsa), isa), IsaReading::kDone);
  EXPECT_EQ(isa.delimiters.element, '*');
  EXPECT_EQ(isa.delimiters.component, '>');
  EXPECT_EQ(isa.delimiters.terminator, "~");
  EXPECT_EQ(isa.size, 106u);
  EXPECT_TRUE(isa.warnings.empty());
}

TEST(EdiDelimiters, ATerminatorOfSeveralBytesIsOneCharacter) {
  for (const std::string terminator : {"\xE2\x80\xA6", "\xC3\xA9", "!", "$", "|", ".", "'"}) {
    IsaSegment isa;
    ASSERT_EQ(read(std::string(kIsa.substr(0, 105)) + terminator, isa), IsaReading::kDone);
    EXPECT_EQ(isa.delimiters.terminator, terminator);
    EXPECT_EQ(isa.size, 105 + terminator.size());
  }
}

TEST(EdiDelimiters, ALineBreakMayBeTheTerminatorOrDecoration) {
  IsaSegment isa;
  ASSERT_EQ(read(std::string(kIsa.substr(0, 105)) + "\n", isa), IsaReading::kDone);
  EXPECT_EQ(isa.delimiters.terminator, "\n");
  ASSERT_EQ(read(std::string(kIsa.substr(0, 105)) + "\r\n  ", isa), IsaReading::kDone);
  EXPECT_EQ(isa.delimiters.terminator, "\r");
  ASSERT_EQ(read(std::string(kIsa) + "\r\n", isa), IsaReading::kDone);
  EXPECT_EQ(isa.delimiters.terminator, "~");
}

TEST(EdiDelimiters, AMissingIsa16IsSeen) {
  IsaSegment isa;
  ASSERT_EQ(read(std::string(kIsa.substr(0, 104)) + "~", isa), IsaReading::kDone);
  EXPECT_EQ(isa.delimiters.terminator, "~");
  EXPECT_EQ(isa.delimiters.component, 0);
  EXPECT_FALSE(isa.warnings.empty());
}

TEST(EdiDelimiters, UnpaddedAndWrappedHeadersAreCounted) {
  IsaSegment isa;
  ASSERT_EQ(read("ISA*00* *00* *ZZ*ACME*02*QLHT*260114*0915*U*00401*00000417*0*T*>~", isa),
            IsaReading::kDone);
  EXPECT_EQ(isa.elements[6], "ACME");
  EXPECT_EQ(isa.elements[13], "00000417");
  EXPECT_EQ(isa.delimiters.terminator, "~");
  std::string wrapped(kIsa);
  wrapped.insert(80, "\r\n");
  ASSERT_EQ(read(wrapped, isa), IsaReading::kDone);
  EXPECT_EQ(isa.elements[10], "0915");
  EXPECT_EQ(isa.delimiters.terminator, "~");
}

TEST(EdiDelimiters, RepetitionCountsFromVersion00402) {
  IsaSegment isa;
  std::string text(kIsa);
  text[82] = '^';
  ASSERT_EQ(read(text, isa), IsaReading::kDone);
  EXPECT_EQ(isa.delimiters.repetition, 0);
  text.replace(84, 5, "00501");
  ASSERT_EQ(read(text, isa), IsaReading::kDone);
  EXPECT_EQ(isa.delimiters.repetition, '^');
}

TEST(EdiTokens, EveryElementIsAViewAndTrailingOnesMayBeEmpty) {
  Tokens tokens;
  Warnings warnings;
  const std::string set = "ST*204*0001~\r\nb2**QLHT**LD 1 ***~N1*ST*A~SE*4*0001";
  tokens.read(set, Delimiters{}, warnings);
  ASSERT_EQ(tokens.segments().size(), 4u);
  const Segment& b2 = tokens.segments()[1];
  EXPECT_EQ(b2.tag, tag_of("B2"));
  EXPECT_EQ(b2[4], "LD 1");
  EXPECT_EQ(b2[5], "");
  EXPECT_EQ(b2[99], "");
  EXPECT_EQ(tokens.segments()[2].tag, tag_of("N1"));
  EXPECT_GE(b2[4].data(), set.data());
  EXPECT_LT(b2[4].data(), set.data() + set.size());
}

TEST(EdiResults, ARunOfGoodSetsIsOneLine) {
  SetResults results;
  for (int i = 1; i <= 100'000; ++i) {
    std::string control = std::to_string(i);
    control.insert(0, 9 - control.size(), '0');
    results.add({"214", control, "", 'A', {}, {}});
  }
  EXPECT_LT(results.size(), 200u);
  SetResults again = SetResults::of(results.text());
  again.add({"214", "000100001", "", 'A', {}, {}});
  std::size_t count = 0;
  std::string last;
  again.each([&](const SetResult& result) {
    ++count;
    last = result.control;
  });
  EXPECT_EQ(count, 100'001u);
  EXPECT_EQ(last, "000100001");
}

TEST(EdiResults, ErrorsComeBackFromText) {
  SetResults results;
  results.add({"204", "0001", "", 'A', {}, {}});
  results.add({"204", "0002", "", 'E', {4, 5}, {{"B2", 2, {}, 8, {{6, 146, 1, ""}}}}});
  results.add({"204", "0003", "", 'A', {}, {}});
  std::vector<SetResult> back;
  SetResults::of(results.text()).each([&](const SetResult& r) { back.push_back(r); });
  ASSERT_EQ(back.size(), 3u);
  EXPECT_EQ(back[1].codes, (std::vector<int>{4, 5}));
  ASSERT_EQ(back[1].errors.size(), 1u);
  EXPECT_EQ(back[1].errors[0].tag, "B2");
  EXPECT_EQ(back[1].errors[0].elements.at(0).number, 146);
}

TEST(EdiNumbers, ARepeatedNumberIsSeenWhateverItsWidth) {
  NumbersSeen numbers;
  EXPECT_FALSE(numbers.seen("0001"));
  EXPECT_FALSE(numbers.seen("0002"));
  EXPECT_FALSE(numbers.seen("A1"));
  EXPECT_TRUE(numbers.seen("0001"));
  EXPECT_TRUE(numbers.seen("2"));
  EXPECT_TRUE(NumbersSeen::of(numbers.text()).seen("0002"));
  EXPECT_FALSE(NumbersSeen::of(numbers.text()).seen("0003"));
}

}  // namespace
}  // namespace gantry::edi
