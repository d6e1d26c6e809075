// Real files with their right values (INDEX.md of the folder that GANTRY_INPUTS_DIR names). Without
// the folder our own fixtures are read in their place, and the log says so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "tests/unit/edi/edi_host.hpp"

namespace gantry::edi_test {
namespace {

using nlohmann::json;

/// One RIGHT line.
struct Right {
  const char* file;
  std::size_t records;
  std::size_t rejected;
  std::size_t answers;
  gantry_status status;
  std::vector<std::string> segments;                        ///< Must be in the answers.
  std::vector<std::string> no_segments;                     ///< Must not.
  std::vector<std::pair<std::string, std::string>> values;  ///< JSON pointer in all metadata: text.
  std::vector<std::string> warnings;
};

constexpr gantry_status kOk = GANTRY_OK, kData = GANTRY_DATA;

// clang-format off
const Right kRights[] = {
    {"x12/204_change_truncated_tabs.edi", 0, 1, 1, kData,
     {"TA1*000003438*101127*1719*R*023", "AK5*R*2", "AK9*R*1*1*0*3"}, {"AK5*A"}, {}, {}},
    {"x12/204_frozen_b2_short_of_pp.edi", 1, 0, 1, kOk,
     {"TA1*000000040*140717*1643*A*000", "AK3*B2*2**8", "AK4*6*146*1", "AK5*E*4*5"}, {"AK5*A"},
     {{"/0/shipment_id", "7367849"}, {"/0/scac", "NGLT"}, {"/0/total_charge", "6.51"},
      {"/0/stops/0/reason", "CL"}, {"/0/stops/1/reason", "CU"}}, {"segment_count"}},
    {"x12/204_lf_terminator.edi", 1, 0, 1, kOk, {"AK5*E*4"}, {"AK5*A"},
     {{"/0/shipment_id", "75027674"}, {"/0/scac", "SCAC"}, {"/0/payment_method", "PP"},
      {"/0/purpose_code", "00"}, {"/0/total_charge", "557.21"},
      {"/0/stops/0/dates/0/qualifier", "37"}, {"/0/stops/0/dates/0/date", "20160726"},
      {"/0/stops/0/dates/0/time", "1009"}, {"/0/stops/0/dates/1/time", "2359"},
      {"/0/stops/1/dates/0/qualifier", "53"}, {"/0/stops/1/dates/0/date", "20160727"},
      {"/0/stops/1/dates/1/qualifier", "54"}, {"/0/stops/1/dates/1/date", "20160729"},
      {"/0/stops/0/lading/0", "40,CONGLTX,R,WHT,64,50,1571"}}, {"segment_count"}},
    {"x12/210_cn_cad_gst.edi", 1, 0, 1, kOk, {"AK5*A", "AK9*A*1*1*1"}, {},
     {{"/0/invoice_number", "28061234"}, {"/0/net_amount", "2083.60"}, {"/0/currency", "CAD"},
      {"/0/total_charge", "2083.60"}, {"/0/charges/0/amount", "1705.00"},
      {"/0/charges/1/amount", "244.33"}, {"/0/charges/2/amount", "134.27"},
      {"/0/charges/2/code", "GST"}, {"/0/references/4/qualifier", "PA"},
      {"/0/references/4/date", "20060628"}}, {"bom", "indentation"}},
    {"x12/210_cn_indented_bom.edi", 1, 0, 1, kOk, {"AK5*A"}, {},
     {{"/0/invoice_number", "28066945"}, {"/0/shipment_id", "291226"},
      {"/0/invoice_date", "2006-06-28"}, {"/0/net_amount", "2754.33"}, {"/0/currency", "USD"},
      {"/0/scac", "CNRU"}, {"/0/total_charge", "2754.33"}}, {"bom", "indentation"}},
    {"x12/210_dot_terminator_yymmdd.edi", 1, 0, 1, kOk, {"AK9*E*1*1*1*4"}, {"AK9*A*1*1*1"},
     {{"/0/invoice_number", "210028835"}, {"/0/shipment_id", "084125T1"}, {"/0/net_amount", "46.40"},
      {"/0/scac", "SIFF"}, {"/0/invoice_date", "2003-09-03"}, {"/0/charges/0/amount", "45.00"},
      {"/0/charges/1/amount", "1.40"}, {"/0/charges/1/description", "FUEL SURCHARGE"}},
     {"two_digit_year", "repetition_separator_before_00402"}},
    {"x12/210_wrapped_at_80_columns.edi", 1, 0, 1, kOk, {"AK2*210*1305", "AK5*A"}, {},
     {{"/0/envelope/interchange_control", "000026003"}, {"/0/invoice_number", "699751522"},
      {"/0/shipment_id", "134982"}, {"/0/net_amount", "124.17"}, {"/0/delivery_date", "2018-09-15"},
      {"/0/scac", "DDDD"}, {"/0/charges/0/amount", "561.86"}, {"/0/charges/1/amount", "-449.49"},
      {"/0/charges/2/amount", "11.80"}, {"/0/references/0/value", "721295"},
      {"/0/references/1/value", "721295"}, {"/0/references/2/value", "109483"},
      {"/0/descriptions/2", "XPO LOGISTICS DISCOUNT SAVES YOU"}}, {"wrapped_lines"}},
    {"x12/214_appointments_three_lx.edi", 1, 0, 1, kOk, {"TA1*000003438*101127*1719*E*001"}, {},
     {{"/0/carrier_reference", "995551"}, {"/0/shipment_id", "99948782"}, {"/0/scac", "XXXX"},
      {"/0/appointments/5/appointment", "AB"}, {"/0/appointments/5/date", "20111218"},
      {"/0/appointments/5/time", "0330"}, {"/0/events/10/status", "X1"},
      {"/0/events/10/reason", "AD"}, {"/0/events/10/time", "0430"}, {"/0/events/11/status", "D1"},
      {"/0/events/11/date", "20111219"}, {"/0/events/11/tz", "PS"},
      {"/0/references/0/value", "99997666"}, {"/0/references/1/value", "99990835"},
      {"/0/references/2/value", "99991280"}}, {}},
    {"x12/214_four_interchanges_one_line.edi", 4, 0, 4, kOk,
     {"AK1*QM*50630", "AK1*QM*50631", "AK1*QM*50632", "AK1*QM*50633", "AK9*A*1*1*1"}, {"AK9*E*1*1*1"},
     {{"/0/shipment_id", "51496070"}, {"/1/shipment_id", "51496185"}, {"/2/shipment_id", "51496187"},
      {"/3/shipment_id", "51496243"}, {"/0/events/0/utc", "2017-10-20T05:12:00Z"},
      {"/0/events/0/city", "Athens"}, {"/1/events/0/time", "0814"},
      {"/1/events/0/city", "Longwood"}, {"/2/events/0/time", "0721"},
      {"/2/events/0/city", "Orange City"}, {"/3/events/0/time", "0735"},
      {"/3/events/0/city", "West Marion"}, {"/3/events/0/status", "X6"}}, {}},
    {"x12/214_no_ge_no_iea.edi", 1, 0, 1, kData,
     {"TA1*000011252*140827*1606*E*023", "AK5*E*4", "AK9*E*1*1*1*3"}, {"AK5*A"},
     {{"/0/carrier_reference", "VJI755907"}, {"/0/shipment_id", "CNS106559"},
      {"/0/events/0/status", "X3"}, {"/0/events/0/time", "1430"},
      {"/0/events/0/city", "BEDFORD PARK"}, {"/0/parties/1/postal_code", "30083"}}, {}},
    {"x12/214_tilde_lf_4030.edi", 1, 0, 1, kOk, {"AK5*A"}, {},
     {{"/0/carrier_reference", "1751807"}, {"/0/shipment_id", "75027674"}, {"/0/scac", "SCAC"},
      {"/0/events/0/status", "D1"}, {"/0/events/0/utc", "2016-07-26T16:30:00Z"},
      {"/0/events/0/city", "BRATTLEBORO"}, {"/0/events/0/equipment", "30402"}}, {}},
    {"x12/214_utf8_ellipsis_terminator.edi", 1, 0, 1, kOk, {"AK5*A"}, {},
     {{"/0/carrier_reference", "0542550913"}, {"/0/shipment_id", "7727019"}, {"/0/scac", "XXXX"},
      {"/0/events/0/status", "AG"}, {"/0/events/0/time", "1159"}, {"/0/events/1/status", "AF"},
      {"/0/events/1/date", "20200910"}, {"/0/events/1/equipment", "902577"},
      {"/0/events/1/equipment_type", "CV"}, {"/0/weights/0/weight", "2085"}}, {}},
    {"x12/315_ocean_status.edi", 0, 1, 1, kOk, {"AK5*R*1"}, {"AK5*A"}, {}, {}},
    {"x12/820_lf_terminator_issue140.edi", 1, 0, 1, kOk, {"IK5*A"}, {},
     {{"/0/amount", "21298.97"}, {"/0/trace_number", "4529952"}, {"/0/remittances/6/paid", "2006.57"},
      {"/0/adjustments/0/amount", "-143.76"}, {"/0/adjustments/0/reason", "59"},
      {"/0/adjustments/0/reference", "26801"}}, {}},
    {"x12/820_placeholders_not_data.edi", 0, 1, 1, kOk,
     {"AK4*2*782*6*TOTAL DOLLAR AMT OF CHECK", "AK4*2*373*8*CCYYMMDD", "AK5*R*5", "AK9*R*1*1*0*6*4"},
     {"AK5*A"}, {}, {}},
    {"x12/824_005010_accept.edi", 1, 0, 1, kOk, {"IK5*A"}, {},
     {{"/0/answers/0/code", "TA"}, {"/0/answers/0/group", "2"}, {"/0/answers/0/set_control", "0001"},
      {"/0/answers/0/set", "834"}, {"/0/reference", "FFA.ABCDEF.123456"}}, {}},
    {"x12/824_cr_terminator_rail.edi", 1, 0, 1, kOk, {"AK5*A"}, {},
     {{"/0/answers/0/code", "TE"}, {"/0/answers/0/reference", "006394"},
      {"/0/answers/0/group", "40860"}, {"/0/answers/0/set_control", "408600001"}}, {}},
    {"x12/856_cld_loops.edi", 1, 0, 1, kOk, {"AK3*BSN*2**8", "AK4*2*396*1", "AK5*E*5"}, {"AK5*A"},
     {{"/0/levels/0/level", "S"}, {"/0/levels/1/parent", "1"}, {"/0/levels/2/parent", "1"},
      {"/0/total_quantity", "2900"}, {"/0/hash_total", "2900"}}, {}},
    {"x12/856_ellipsis_crlf_indent.edi", 1, 0, 1, kOk, {"AK5*A"}, {},
     {{"/0/levels/3/parent", "1"}, {"/0/total_quantity", "4188"}, {"/0/line_count", "4"},
      {"/0/levels/1/products/0/id", "000 260 056 524"}}, {"bom"}},
    {"x12/856_hl_parents_missing.edi", 1, 0, 1, kOk, {}, {"AK5*R*5"},
     {{"/0/levels/8/level", "I"}, {"/0/levels/8/parent_missing", "true"},
      {"/0/total_quantity", "65"}, {"/0/line_count", "9"}}, {"parent_missing"}},
    {"x12/856_lf_terminator_ctt_ok.edi", 1, 0, 1, kOk,
     {"AK5*A", "TA1*000003438*101127*1719*E*001"}, {},
     {{"/0/levels/1/parent", "1"}, {"/0/levels/3/parent", "2"}, {"/0/total_quantity", "30"}}, {}},
    {"x12/856_node_x12_dash_repetition.edi", 1, 0, 1, kOk, {}, {},
     {{"/0/levels/0/references/0/value", "999999-001"},
      {"/0/levels/0/parties/1/postal_code", "31139-0020"}, {"/0/total_quantity", "30"}},
     {"repetition_in_single_element"}},
    {"x12/856_tilde_elements_star_term.edi", 1, 0, 1, kOk, {"AK5*A"}, {},
     {{"/0/ship_notice_number", "123456"}, {"/0/levels/1/parent", "1"}, {"/0/levels/4/parent", "2"},
      {"/0/levels/2/quantity", "16"}, {"/0/levels/3/quantity", "23"}, {"/0/levels/3/unit", "LB"},
      {"/0/levels/4/quantity", "16"}}, {}},
    {"x12/856_vics_sopi.edi", 1, 0, 1, kOk, {"AK5*A"}, {},
     {{"/0/levels/2/level", "P"}, {"/0/levels/3/parent", "3"},
      {"/0/levels/2/marks/0", "00007121610006156802"}, {"/0/levels/3/quantity", "1"}}, {}},
    {"x12/990_lf_terminator_no_date.edi", 1, 0, 1, kOk, {"AK5*A"}, {},
     {{"/0/response_code", "A"}, {"/0/accepted", "true"}, {"/0/shipment_id", "75027674"},
      {"/0/scac", "SCAC"}}, {}},
    {"x12/997_bad_codes.edi", 1, 0, 0, kOk, {}, {},
     {{"/0/sets/0/set", "837"}, {"/0/sets/0/control", "0021"}, {"/0/sets/0/verdict", "R"},
      {"/0/sets/0/codes/0", "5"}}, {"functional_id_is_no_code"}},
    {"x12/997_bad_group_trailer.edi", 1, 0, 0, kOk, {}, {},
     {{"/0/verdict", "R"}, {"/0/counts", "1/1/0"}, {"/0/suspect", "true"}}, {}},
    {"x12/997_isb_ise_services.edi", 1, 0, 0, kOk, {}, {},
     {{"/0/functional_id", "HC"}, {"/0/acknowledged_group", "000001"}, {"/0/verdict", "A"},
      {"/0/counts", "1/1/1"}}, {}},
    {"x12/997_no_ak1.edi", 1, 0, 0, kOk, {}, {}, {}, {"ak1_missing", "ak9_missing"}},
    {"x12/997_repeats_and_components.edi", 1, 0, 0, kOk, {}, {},
     {{"/0/sets/0/segments/0/2", "AK302-R1^AK302-R2^AK302-R3-COMP1:AK302-R3-COMP2"},
      {"/0/sets/0/segments/1/4",
       "AK404-R1-COMP1:AK404-R1-COMP2:AK404-R1-COMP3^AK404-R2-COMP1:AK404-R2-COMP2"},
      {"/0/sets/0/verdict", "R"}, {"/0/sets/0/codes/0", "5"}}, {}},
    {"x12/997_simple.edi", 1, 0, 0, kOk, {}, {},
     {{"/0/functional_id", "HC"}, {"/0/sets/0/verdict", "R"}, {"/0/sets/0/segments/0/1", "NM1"},
      {"/0/sets/0/segments/0/2", "8"}, {"/0/sets/0/segments/0/4", "8"},
      {"/0/sets/0/segments/1/1", "8"}, {"/0/sets/0/segments/1/2", "66"},
      {"/0/sets/0/segments/1/3", "7"}, {"/0/sets/0/segments/1/4", "MI"}, {"/0/verdict", "R"},
      {"/0/counts", "1/1/0"}}, {}},
    {"x12/997_three_interchanges.edi", 3, 0, 0, kOk, {}, {},
     {{"/0/envelope/interchange_control", "000000001"},
      {"/1/envelope/interchange_control", "000000002"},
      {"/2/envelope/interchange_control", "000000003"}}, {}},
    {"x12/999_crlf_indent.edi", 1, 0, 0, kOk, {}, {},
     {{"/0/sets/0/verdict", "A"}, {"/0/sets/1/control", "002"}, {"/0/sets/1/verdict", "R"},
      {"/0/sets/2/verdict", "R"}, {"/0/verdict", "P"}, {"/0/counts", "3/3/1"}}, {}},
    {"x12/999_out_of_order.edi", 1, 0, 0, kOk, {}, {},
     {{"/0/sets/0/ambiguous", "true"}, {"/0/sets/1/verdict", "R"}, {"/0/sets/2/verdict", "R"},
      {"/0/verdict", "P"}, {"/0/counts", "3/3/1"}}, {"verdict_ambiguous", "segment_count"}},
    {"x12/999_simple.edi", 1, 0, 0, kOk, {}, {},
     {{"/0/functional_id", "HC"}, {"/0/acknowledged_group", "17456"}, {"/0/sets/0/verdict", "A"},
      {"/0/sets/1/codes/0", "5"}, {"/0/sets/1/segments/0/1", "CLM"},
      {"/0/sets/1/segments/0/2", "22"}, {"/0/sets/1/segments/0/4", "8"},
      {"/0/sets/1/segments/2/1", "2"}, {"/0/sets/1/segments/2/2", "782"},
      {"/0/sets/1/segments/2/3", "1"}, {"/0/sets/2/segments/0/1", "REF"},
      {"/0/sets/2/segments/0/2", "57"}, {"/0/sets/2/segments/0/4", "3"}, {"/0/counts", "3/3/1"}}, {}},
    {"x12/999_two_groups_four_sets.edi", 4, 0, 0, kOk, {}, {},
     {{"/0/business_key", "BE 13360001"}, {"/1/business_key", "BE 13360001"},
      {"/2/business_key", "BE 13360001"}, {"/3/business_key", "BE 13360001"},
      {"/3/sets/0/set", "834"}, {"/3/sets/0/verdict", "A"}}, {}},
    {"x12/env_corrupt_isa.edi", 0, 1, 0, kData, {}, {}, {}, {}},
    {"x12/env_duplicate_group.edi", 0, 1, 1, kOk, {"AK9*R*1*1*0"}, {"AK9*R*1*1*0*19"}, {}, {}},
    {"x12/env_gs_misspelt.edi", 0, 5, 1, kData,
     {"TA1*000000049*101127*1719*R*024", "AK1*SH*99", "AK5*R*1*4"}, {"AK5*A"}, {}, {}},
    {"x12/env_isa_misspelt.edi", 0, 1, 0, kData, {}, {}, {}, {}},
    {"x12/env_trailing_spaces_after_iea.edi", 0, 4, 1, kOk, {"AK5*R*1*4", "AK9*R*1*3*0*5"}, {"AK5*A"},
     {}, {}},
    {"x12/ta1_two_no_group.edi", 2, 0, 0, kOk, {}, {},
     {{"/0/acknowledged_interchange", "0659"}, {"/0/verdict", "A"},
      {"/1/acknowledged_interchange", "0660"}, {"/1/verdict", "A"}}, {}},
    {"bugs/01_ta1_before_gs_997.edi", 2, 0, 0, kOk, {}, {},
     {{"/0/acknowledged_interchange", "000000099"}, {"/0/interchange_date", "260112"},
      {"/0/verdict", "A"}, {"/0/note_code", "000"}, {"/1/business_key", "SM 42"},
      {"/1/sets/0/control", "0042"}, {"/1/sets/0/verdict", "A"}}, {}},
    {"bugs/03_isa_inside_names_204.edi", 1, 0, 1, kOk, {"AK5*A"}, {},
     {{"/0/stops/0/parties/0/name", "ISAAC FREIGHT"}, {"/0/stops/1/parties/0/name", "NARCISA"},
      {"/0/references/0/value", "ISA"}}, {}},
    {"bugs/05_space_before_terminator.edi", 1, 0, 1, kOk, {"AK5*A"}, {},
     {{"/0/shipment_id", "LD-205"}, {"/0/stops/1/parties/0/name", "HARBOR GROCERY"}},
     {"blank_before_terminator"}},
    {"bugs/07_three_204_in_one_group.edi", 3, 0, 1, kOk, {"AK9*A*3*3*3"}, {},
     {{"/0/shipment_id", "LD-207-1"}, {"/1/shipment_id", "LD-207-2"},
      {"/2/shipment_id", "LD-207-3"}}, {}},
    {"bugs/09_856_unknown_hl03_no_parent.edi", 1, 0, 1, kOk, {"AK4*3*735*7*AG", "AK5*E*5"}, {},
     {{"/0/levels/0/level", "S"}, {"/0/levels/1/level", "I"},
      {"/0/levels/1/parent_missing", "true"}, {"/0/levels/2/level", "AG"},
      {"/0/levels/2/parent", "1"}, {"/0/levels/3/parent", "3"}, {"/0/total_quantity", "12"}},
     {"parent_missing"}},
    {"bugs/11_valid_204_wants_A.edi", 1, 0, 1, kOk,
     {"AK1*SM*212", "AK2*204*0042", "AK5*A", "AK9*A*1*1*1", "SE*6*0001"}, {}, {}, {}},
    {"bugs/13_l11_210_text_after_blanks.edi", 1, 0, 1, kOk, {"IK5*E*5", "IK4*1*127*2"}, {},
     {{"/0/invoice_number", "INV-9"}, {"/0/shipment_id", "LD-214"}, {"/0/net_amount", "1000.00"},
      {"/0/currency", "USD"}}, {}},
};
// clang-format on

std::string shown(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void check(const Right& right, const std::string& bytes) {
  SCOPED_TRACE(right.file);
  const Read result = read(bytes);
  EXPECT_EQ(result.status, right.status) << result.error.message;
  EXPECT_EQ(result.status == GANTRY_OK, result.error.message.empty());
  EXPECT_EQ(result.records.size(), right.records);
  EXPECT_EQ(result.rejected.size(), right.rejected);
  EXPECT_EQ(result.outbox.size(), right.answers);
  std::string answers;
  for (const auto& [name, content] : result.outbox) answers += content;
  for (const auto& segment : right.segments) {
    EXPECT_TRUE(has_segment(answers, segment)) << segment << " is not in " << answers;
  }
  for (const auto& segment : right.no_segments) {
    EXPECT_FALSE(has_segment(answers, segment)) << segment << " is in " << answers;
  }
  json all = json::array();
  std::map<std::string, int> keys;
  for (std::size_t i = 0; i < result.records.size(); ++i) {
    all.push_back(result.metadata(i));
    EXPECT_EQ(++keys[result.records[i].key], 1) << "two documents with one id";
  }
  for (const auto& [pointer, value] : right.values) {
    const json::json_pointer at(pointer);
    ASSERT_TRUE(all.contains(at)) << pointer << " in " << all.dump();
    EXPECT_EQ(shown(all[at]), value) << pointer;
  }
  for (const auto& warning : right.warnings) {
    EXPECT_TRUE(has_warning(all.at(0), warning)) << warning << " in " << all.dump();
  }
}

/// The folder of real files; null, after a line in the log, where there is none.
const char* real_files() {
  const char* folder = std::getenv("GANTRY_INPUTS_DIR");
  if (folder == nullptr) std::puts("GANTRY_INPUTS_DIR is not set: our own fixtures only");
  return folder;
}

TEST(EdiInputs, EveryRealFileGivesItsRightValues) {
  const char* folder = real_files();
  if (folder == nullptr) {
    for (const auto& entry : std::filesystem::directory_iterator(GANTRY_EDI_FIXTURES)) {
      if (entry.path().extension() != ".edi") continue;
      const Read result = read(slurp(entry.path().string()));
      EXPECT_EQ(result.status, GANTRY_OK) << entry.path() << ": " << result.error.message;
      EXPECT_FALSE(result.records.empty()) << entry.path();
    }
    return;
  }
  for (const Right& right : kRights) check(right, slurp(std::string(folder) + '/' + right.file));
}

TEST(EdiInputs, WhatTheFilesAreAboutInDetail) {
  const char* folder = real_files();
  if (folder == nullptr) return;
  const auto file = [&](const char* name) { return read(slurp(std::string(folder) + '/' + name)); };
  // Appointments are no events: 6 and 12 of 18.
  const Read appointments = file("x12/214_appointments_three_lx.edi");
  EXPECT_EQ(appointments.metadata(0)["appointments"].size(), 6u);
  EXPECT_EQ(appointments.metadata(0)["events"].size(), 12u);
  // 2016-07-26 08:36 from the group, because B103 is empty.
  EXPECT_EQ(file("x12/990_lf_terminator_no_date.edi").records.at(0).occurred_at_ns,
            1'469'522'160'000'000'000);
  // Seven lines of a note, in their order.
  EXPECT_THAT(file("x12/824_cr_terminator_rail.edi").metadata(0)["notes"].get<std::string>(),
              testing::AllOf(testing::StartsWith("This shipment cannot move"),
                             testing::EndsWith("phone us at 800-555-0100.")));
  // No charge is lost and all add up.
  for (const auto* name :
       {"x12/210_cn_cad_gst.edi", "x12/210_cn_indented_bom.edi",
        "x12/210_dot_terminator_yymmdd.edi", "x12/210_wrapped_at_80_columns.edi"}) {
    EXPECT_FALSE(has_warning(file(name).metadata(0), "charges_do_not_add_up")) << name;
    EXPECT_FALSE(has_warning(file(name).metadata(0), "total_differs")) << name;
  }
  EXPECT_FALSE(has_warning(file("x12/820_lf_terminator_issue140.edi").metadata(0),
                           "remittances_do_not_add_up"));
  // No level is lost.
  EXPECT_EQ(file("x12/856_hl_parents_missing.edi").metadata(0)["levels"].size(), 9u);
  EXPECT_EQ(file("bugs/09_856_unknown_hl03_no_parent.edi").metadata(0)["levels"].size(), 4u);
}

TEST(EdiInputs, NoCutOfARealFileCrashesOrIsSilent) {
  const char* folder = real_files();
  if (folder == nullptr) return;
  for (const Right& right : kRights) {
    const std::string bytes = slurp(std::string(folder) + '/' + right.file);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      const Read result = read(std::string_view(bytes).substr(0, size));
      EXPECT_TRUE(result.status == GANTRY_DATA || !result.records.empty() ||
                  !result.rejected.empty() || result.status == right.status)
          << right.file << " at " << size;
      EXPECT_TRUE(result.status == GANTRY_OK || !result.error.message.empty());
    }
  }
}

}  // namespace
}  // namespace gantry::edi_test
