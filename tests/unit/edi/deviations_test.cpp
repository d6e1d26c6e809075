// What real senders do and the standard does not allow: each is read, and each leaves a warning.

#include <gtest/gtest.h>

#include "tests/unit/edi/edi_host.hpp"

namespace gantry::edi_test {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string without_breaks(const std::string& text) { return replaced(text, "\n", ""); }

/// Reads the sample tender in an odd form; the document must be the same one. What only the
/// interchange's trailer shows comes too late for the document and is in the log alone.
nlohmann::json tender_from(const std::string& bytes, const std::string& warning,
                           const std::string& verdict = "A") {
  const bool in_trailer =
      warning == "group_count" || warning == "interchange_control_numbers_differ";
  const Read result = read(bytes);
  EXPECT_EQ(result.status, GANTRY_OK) << result.error.message;
  EXPECT_EQ(result.records.size(), 1u);
  if (result.records.size() != 1) return {};
  const auto metadata = result.metadata(0);
  EXPECT_EQ(metadata.value("business_key", ""), "LD-88231");
  EXPECT_EQ(metadata.value("total_charge", ""), "2850.00");
  EXPECT_EQ(metadata["stops"].size(), 2u);
  if (!warning.empty() && !in_trailer) EXPECT_TRUE(has_warning(metadata, warning)) << metadata;
  EXPECT_TRUE(has_segment(result.answer(), "AK9*" + verdict + "*1*1*1")) << result.answer();
  if (!warning.empty()) {
    bool logged = false;
    for (const auto& line : plugin().world().log) {
      logged = logged || line.find("deviation=" + warning) != std::string::npos;
    }
    EXPECT_TRUE(logged) << warning;
  }
  return metadata;
}

std::string tender() { return fixture("tender_204.edi"); }

TEST(EdiDeviations, ByteOrderMarkAndIndentation) {
  tender_from("\xEF\xBB\xBF" + tender(), "bom");
  tender_from(replaced(tender(), "~\n", "~\r\n\t    "), "indentation");
}

TEST(EdiDeviations, TerminatorsOfEveryKind) {
  for (const std::string terminator :
       {"!", "$", "|", "'", "\xE2\x80\xA6", "\xC3\xA9", "\n", "\r"}) {
    tender_from(replaced(without_breaks(tender()), "~", terminator), "");
  }
  tender_from(replaced(without_breaks(tender()), "~", "\r\n"), "");
  tender_from(replaced(without_breaks(tender()), "~", "\xE2\x80\xA6\r\n"), "");
  // A point as the terminator: amounts have no point of their own.
  tender_from(replaced(without_breaks(tender()), "~", "."), "");
}

TEST(EdiDeviations, ElementSeparatorsOfEveryKind) {
  for (const std::string separator : {"|", "+", "^", "\x1d"}) {
    tender_from(replaced(tender(), "*", separator), "");
  }
  const std::string swapped =
      replaced(replaced(replaced(tender(), "~", "\x01"), "*", "~"), "\x01", "*");
  tender_from(swapped, "");
  tender_from(replaced(replaced(tender(), "T*>~", "T*:~"), "*", ">"), "");
}

TEST(EdiDeviations, LinesWrappedInsideSegments) {
  const std::string bytes = without_breaks(tender());
  std::string wrapped;
  for (std::size_t at = 0; at < bytes.size(); at += 80) wrapped += bytes.substr(at, 80) + "\r\n";
  tender_from(wrapped, "wrapped_lines");
}

TEST(EdiDeviations, AnInterchangeHeaderOfAnotherLength) {
  tender_from(replaced(replaced(tender(), "*          *", "* *"), "QLHT           *", "QLHT*"),
              "isa_not_fixed_length");
  tender_from(replaced(tender(), "*000000417*0*", "*00000417*0*"), "isa_not_fixed_length");
  tender_from(replaced(tender(), "*0*T*>~", "*0*T*~"), "component_separator_missing");
  tender_from(replaced(tender(), "*0*T*>~", "*0*T*> ~"), "blank_before_terminator");
}

TEST(EdiDeviations, ARepetitionSeparatorBeforeItsVersion) {
  tender_from(replaced(tender(), "*U*00401*", "*^*00401*"), "repetition_separator_before_00402");
  // A separator that also stands in the text loses nothing.
  const auto metadata =
      tender_from(replaced(tender(), "*U*00401*", "*-*00406*"), "repetition_in_single_element");
  EXPECT_EQ(metadata["references"][0]["value"], "BOL-55120");
}

TEST(EdiDeviations, WrongCountsAndNumbersInTrailers) {
  tender_from(replaced(tender(), "SE*15*", "SE*99*"), "segment_count", "E");
  tender_from(replaced(tender(), "IEA*1*", "IEA*7*"), "group_count");
  tender_from(replaced(tender(), "IEA*1*000000417", "IEA*1*000000418"),
              "interchange_control_numbers_differ");
  tender_from(replaced(tender(), "SE*15*0001", "SE*15*1"), "set_control_number_form");
}

TEST(EdiDeviations, AnEndWithoutTerminatorIsAnEnd) {
  std::string bytes = tender();
  bytes.resize(bytes.rfind('~'));
  tender_from(bytes, "");
  tender_from(tender() + std::string(2400, ' ') + '\x1a', "");
}

TEST(EdiDeviations, TextThatLooksLikeASegment) {
  const auto metadata =
      tender_from(replaced(replaced(tender(), "N1*SH*ACME DC JOLIET", "N1*ST*ISA GS SE ISAAC"),
                           "L11*BOL-55120", "L11*ISA"),
                  "");
  EXPECT_EQ(metadata["stops"][0]["parties"][0]["name"], "ISA GS SE ISAAC");
  EXPECT_EQ(metadata["references"][0]["value"], "ISA");
}

TEST(EdiDeviations, LowerCaseNames) {
  std::string bytes = tender();
  for (const auto* name :
       {"ISA", "GS", "ST", "B2", "B2A", "S5", "N1", "N4", "L3", "SE", "GE", "IEA", "G62", "L11"}) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    bytes = replaced(bytes, "~" + std::string(name) + "*", "~" + lower + "*");
    bytes = replaced(bytes, "~\n" + std::string(name) + "*", "~\n" + lower + "*");
  }
  tender_from(bytes, "lower_case");
}

TEST(EdiDeviations, DatesTimesAndAmountsInOtherForms) {
  tender_from(replaced(tender(), "*37*20260116", "*37*260116"), "two_digit_year");
  const auto midnight = tender_from(replaced(tender(), "*I*0800*LT", "*I*2400*LT"), "time_24_00");
  EXPECT_EQ(midnight["stops"][0]["dates"][0]["utc"], "2026-01-17T06:00:00Z");
  tender_from(replaced(tender(), "***285000", "***2850.00"), "decimal_point_in_implied_decimal");
  const auto zone = tender_from(replaced(tender(), "*1130*CT", "*1130*20"), "");
  EXPECT_EQ(zone["dates"][0]["utc"], "2026-01-14T16:30:00Z");
}

TEST(EdiDeviations, CountryInThreeLettersAndTrailingEmptyElements) {
  const auto metadata =
      tender_from(replaced(replaced(tender(), "*US~", "*USA***~"), "B2A*00~", "B2A*00**~"), "");
  EXPECT_EQ(metadata["stops"][1]["parties"][0]["country"], "USA");
}

TEST(EdiDeviations, StopsTypedAsPickUpAndDelivery) {
  const auto metadata =
      tender_from(replaced(replaced(tender(), "S5*1*CL", "S5*1*PU"), "S5*2*CU", "S5*2*D"),
                  "stop_reason_not_standard");
  EXPECT_EQ(metadata["stops"][0]["type"], "pick-up");
  EXPECT_EQ(metadata["stops"][1]["type"], "delivery");
  // By itself PU is the standard's "part unload".
  const auto standard = tender_from(replaced(tender(), "S5*2*CU", "S5*2*PU"), "");
  EXPECT_EQ(standard["stops"][1]["type"], "delivery");
}

TEST(EdiDeviations, AMissingLx) {
  const Read result =
      read(replaced(replaced(fixture("status_214.edi"), "LX*1~\n", ""), "SE*7", "SE*6"));
  ASSERT_EQ(result.records.size(), 1u);
  EXPECT_TRUE(has_warning(result.metadata(0), "loop_start_missing"));
  EXPECT_EQ(result.metadata(0)["events"].size(), 1u);
  EXPECT_TRUE(has_segment(result.answer(), "AK9*A*1*1*1"));
}

TEST(EdiDeviations, BytesThatAreNoUtf8BecomeText) {
  const auto metadata =
      tender_from(replaced(tender(), "ACME DC JOLIET", "CAF\xC9 JOLIET"), "not_utf8");
  EXPECT_EQ(metadata["stops"][0]["parties"][0]["name"], "CAF\xC3\x89 JOLIET");
}

TEST(EdiDeviations, VersionsThatDifferAreReadByTheGroup) {
  tender_from(replaced(tender(), "*U*00401*", "*U*00201*"), "");
  const Read result = read(replaced(tender(), "*X*004010", "*X*005010"));
  EXPECT_TRUE(result.outbox.begin()->first.starts_with("999_"));
}

TEST(EdiDeviations, DelimitersAreReadAgainAtEachInterchange) {
  const std::string second = replaced(
      replaced(replaced(fixture("status_214.edi"), "~\n", "\n"), "*", "|"), "|T|>", "|T|:");
  const Read result = read(without_breaks(tender()) + second);
  EXPECT_EQ(result.status, GANTRY_OK) << result.error.message;
  EXPECT_EQ(result.records.size(), 2u);
  EXPECT_EQ(result.outbox.size(), 2u);
}

TEST(EdiDeviations, ANewInterchangeEndsOneThatNeverEnded) {
  std::string cut = tender();
  cut.resize(cut.find("GE*"));
  const Read result = read(cut + fixture("status_214.edi"));
  EXPECT_EQ(result.status, GANTRY_DATA);
  EXPECT_EQ(result.records.size(), 2u);
  EXPECT_EQ(result.outbox.size(), 2u);
}

TEST(EdiDeviations, WhatIsNoEdiIsKept) {
  const std::string bytes = "XXX*00*not an interchange~ISAAC*is none\n";
  const Read result = read(bytes);
  EXPECT_EQ(result.status, GANTRY_DATA);
  ASSERT_EQ(result.rejected.size(), 1u);
  EXPECT_EQ(result.rejected[0].first, bytes);
  EXPECT_TRUE(result.outbox.empty());
  EXPECT_EQ(read("").status, GANTRY_DATA);
}

}  // namespace
}  // namespace gantry::edi_test
