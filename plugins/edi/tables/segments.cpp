/// Elements of the segments that the supported sets share: number, type, length, need.
///
/// Only what a rule can decide for every partner is here: an element past the last listed one is
/// not looked at, and code lists are given where they are short and closed. Read side by side with
/// kputnam/stupidedi (lib/stupidedi/versions/004010) and Inteligenz/X12Parser's specifications.

#include <algorithm>

#include "../grammar.hpp"

namespace gantry::edi {
namespace {

using enum Type;
constexpr Need M = Need::kMandatory;

constexpr ElementRule kB1[] = {
    {140, kId, 2, 4}, {145, kAn, 1, 30, M}, {373, kDt, 8, 8}, {558, kId, 1, 1, {}, " A B C D E "}};
constexpr ElementRule kB2[] = {{375, kId, 2, 2},  {140, kId, 2, 4}, {154, kId, 6, 9},
                               {145, kAn, 1, 30}, {188, kId, 1, 1}, {146, kId, 2, 2, M},
                               {147, kId, 1, 1},  {226, kN0, 1, 3}};
constexpr ElementRule kB2A[] = {{353, kId, 2, 2, M}, {346, kId, 2, 2}};
constexpr ElementRule kB3[] = {{147, kId, 1, 1},     {76, kAn, 1, 22, M}, {145, kAn, 1, 30},
                               {146, kId, 2, 2, M},  {188, kId, 1, 1},    {373, kDt, 8, 8, M},
                               {193, kN2, 1, 12, M}, {202, kId, 2, 2},    {32, kDt, 8, 8},
                               {374, kId, 3, 3},     {140, kId, 2, 4},    {373, kDt, 8, 8}};
constexpr ElementRule kB10[] = {{127, kAn, 1, 30}, {145, kAn, 1, 30}, {140, kId, 2, 4, M}};
constexpr ElementRule kC3[] = {{100, kId, 3, 3, M}};
constexpr ElementRule kL11[] = {{127, kAn, 1, 30}, {128, kId, 2, 3}, {352, kAn, 1, 80}};
constexpr ElementRule kG61[] = {
    {366, kId, 2, 2, M}, {93, kAn, 1, 60, M}, {365, kId, 2, 2}, {364, kAn, 1, 80}};
constexpr ElementRule kG62[] = {
    {432, kId, 2, 2}, {373, kDt, 8, 8}, {176, kId, 1, 2}, {337, kTm, 4, 8}, {623, kId, 2, 2}};
constexpr ElementRule kN1[] = {
    {98, kId, 2, 3, M}, {93, kAn, 1, 60}, {66, kId, 1, 2}, {67, kAn, 2, 80}};
constexpr ElementRule kNameMore[] = {{93, kAn, 1, 60, M}, {93, kAn, 1, 60}};
constexpr ElementRule kN3[] = {{166, kAn, 1, 55}, {166, kAn, 1, 55}};
constexpr ElementRule kN4[] = {
    {19, kAn, 2, 30}, {156, kId, 2, 2}, {116, kId, 3, 15}, {26, kId, 2, 3}};
constexpr ElementRule kN7[] = {
    {206, kAn, 1, 4}, {207, kAn, 1, 10, M}, {81, kR, 1, 10}, {187, kId, 1, 2}};
constexpr ElementRule kN9[] = {
    {128, kId, 2, 3, M}, {127, kAn, 1, 30}, {369, kAn, 1, 45}, {373, kDt, 8, 8}, {337, kTm, 4, 8}};
constexpr ElementRule kNTE[] = {{363, kId, 3, 3}, {352, kAn, 1, 80, M}};
constexpr ElementRule kK1[] = {{61, kAn, 1, 30, M}, {61, kAn, 1, 30}};
constexpr ElementRule kMS3[] = {
    {140, kId, 2, 4, M}, {133, kId, 1, 2, M}, {19, kAn, 2, 30}, {91, kId, 1, 2}};
constexpr ElementRule kS5[] = {{165, kN0, 1, 3, M}, {163, kId, 1, 2, M}, {81, kR, 1, 10},
                               {188, kId, 1, 1},    {382, kR, 1, 10},    {355, kId, 2, 2},
                               {183, kR, 1, 8},     {184, kId, 1, 1}};
constexpr ElementRule kAT8[] = {{187, kId, 1, 2}, {188, kId, 1, 1}, {81, kR, 1, 10},
                                {80, kN0, 1, 7},  {80, kN0, 1, 7},  {184, kId, 1, 1},
                                {183, kR, 1, 8}};
constexpr ElementRule kL0[] = {{213, kN0, 1, 3}, {220, kR, 1, 11}, {221, kId, 2, 2},
                               {81, kR, 1, 10},  {187, kId, 1, 2}, {183, kR, 1, 8},
                               {184, kId, 1, 1}, {80, kN0, 1, 7},  {211, kId, 3, 3}};
constexpr ElementRule kL1[] = {{213, kN0, 1, 3}, {60, kR, 1, 9},   {122, kId, 2, 2},
                               {58, kN2, 1, 12}, {191, kN2, 1, 9}, {117, kN2, 1, 9}};
constexpr ElementRule kL3[] = {{81, kR, 1, 10},  {187, kId, 1, 2}, {60, kR, 1, 9},
                               {122, kId, 2, 2}, {58, kN2, 1, 12}, {191, kN2, 1, 9},
                               {117, kN2, 1, 9}};
constexpr ElementRule kL5[] = {{213, kN0, 1, 3}, {79, kAn, 1, 50}};
constexpr ElementRule kL7[] = {{213, kN0, 1, 3}};
constexpr ElementRule kLX[] = {{554, kN0, 1, 6, M}};
constexpr ElementRule kAT7[] = {{1650, kId, 2, 2}, {1651, kId, 2, 2}, {1652, kId, 2, 2},
                                {1651, kId, 2, 2}, {373, kDt, 8, 8},  {337, kTm, 4, 8},
                                {623, kId, 2, 2}};
constexpr ElementRule kMS1[] = {{19, kAn, 2, 30}, {156, kId, 2, 2}, {26, kId, 2, 3}};
constexpr ElementRule kMS2[] = {{140, kId, 2, 4}, {207, kAn, 1, 10}, {40, kId, 2, 2}};
constexpr ElementRule kOID[] = {{127, kAn, 1, 30}, {324, kAn, 1, 22}};
constexpr ElementRule kBSN[] = {{353, kId, 2, 2, M},
                                {396, kAn, 2, 30, M},
                                {373, kDt, 8, 8, M},
                                {337, kTm, 4, 8, M},
                                {1005, kId, 4, 4}};
constexpr ElementRule kHL[] = {
    {628, kAn, 1, 12, M},
    {734, kAn, 1, 12},
    {735, kId, 1, 2, M, " A B C D E F G H I J K L M N O P Q R S T U V W X Y Z 1 2 3 4 5 6 7 8 9 "},
    {736, kId, 1, 1, {}, " 0 1 "}};
constexpr ElementRule kDTM[] = {{374, kId, 3, 3, M}, {373, kDt, 8, 8}, {337, kTm, 4, 8}};
constexpr ElementRule kREF[] = {{128, kId, 2, 3, M}, {127, kAn, 1, 50}, {352, kAn, 1, 80}};
constexpr ElementRule kPRF[] = {{324, kAn, 1, 22, M}, {328, kAn, 1, 30}};
constexpr ElementRule kLIN[] = {{350, kAn, 1, 20}, {235, kId, 2, 2, M}, {234, kAn, 1, 48, M}};
constexpr ElementRule kSN1[] = {{350, kAn, 1, 20}, {382, kR, 1, 10, M}, {355, kId, 2, 2, M}};
constexpr ElementRule kMAN[] = {{88, kId, 1, 2, M}, {87, kAn, 1, 48, M}};
constexpr ElementRule kCTT[] = {{354, kN0, 1, 6, M}, {347, kR, 1, 10}};
constexpr ElementRule kCLD[] = {{622, kN0, 1, 5, M}, {382, kR, 1, 10, M}};
constexpr ElementRule kAK1[] = {{479, kId, 2, 2, M}, {28, kN0, 1, 9, M}};
constexpr ElementRule kAK2[] = {{143, kId, 3, 3, M}, {329, kAn, 4, 9, M}};
constexpr ElementRule kAK3[] = {{721, kId, 2, 3, M}, {719, kN0, 1, 10, M}};
constexpr ElementRule kAK5[] = {{717, kId, 1, 1, M, " A E M P R W X "}};
constexpr ElementRule kAK9[] = {{715, kId, 1, 1, M, " A E M P R W X "},
                                {97, kN0, 1, 6, M},
                                {123, kN0, 1, 6, M},
                                {2, kN0, 1, 6, M}};
constexpr ElementRule kBPR[] = {
    {305, kId, 1, 2, M}, {782, kR, 1, 18, M}, {478, kId, 1, 1, M}, {591, kId, 3, 3, M}};
constexpr ElementRule kTRN[] = {{481, kId, 1, 2, M}, {127, kAn, 1, 50, M}};
constexpr ElementRule kCUR[] = {{98, kId, 2, 3, M}, {100, kId, 3, 3, M}};
constexpr ElementRule kENT[] = {{554, kN0, 1, 6}};
constexpr ElementRule kRMR[] = {{128, kId, 2, 3}, {127, kAn, 1, 50}, {482, kId, 2, 2},
                                {782, kR, 1, 18}, {782, kR, 1, 18},  {782, kR, 1, 18}};
constexpr ElementRule kADX[] = {{782, kR, 1, 18, M}, {426, kId, 2, 2, M}};
constexpr ElementRule kBGN[] = {
    {353, kId, 2, 2, M}, {127, kAn, 1, 50, M}, {373, kDt, 8, 8, M}, {337, kTm, 4, 8}};
constexpr ElementRule kOTI[] = {{110, kId, 1, 2, M}, {128, kId, 2, 3, M}, {127, kAn, 1, 50, M}};
constexpr ElementRule kTED[] = {{647, kId, 1, 3, M}, {3, kAn, 1, 60}};

/// In alphabetical order; a segment without elements is known but not looked into.
constexpr SegmentRule kSegments[] = {
    {"ADX", kADX}, {"AK1", kAK1}, {"AK2", kAK2},     {"AK3", kAK3},
    {"AK4", {}},   {"AK5", kAK5}, {"AK9", kAK9},     {"AT5", {}},
    {"AT7", kAT7}, {"AT8", kAT8}, {"B1", kB1},       {"B10", kB10},
    {"B2", kB2},   {"B2A", kB2A}, {"B3", kB3},       {"BGN", kBGN},
    {"BPR", kBPR}, {"BSN", kBSN}, {"C2", {}},        {"C3", kC3},
    {"CD3", {}},   {"CLD", kCLD}, {"CTT", kCTT},     {"CTX", {}},
    {"CUR", kCUR}, {"DTM", kDTM}, {"EFI", {}},       {"ENT", kENT},
    {"FOB", {}},   {"G61", kG61}, {"G62", kG62},     {"H1", {}},
    {"H2", {}},    {"H3", {}},    {"HL", kHL},       {"IK3", kAK3},
    {"IK4", {}},   {"IK5", kAK5}, {"IT1", {}},       {"ITD", {}},
    {"K1", kK1},   {"L0", kL0},   {"L1", kL1},       {"L11", kL11, "R0103"},
    {"L3", kL3},   {"L4", {}},    {"L5", kL5},       {"L7", kL7},
    {"L9", {}},    {"LAD", {}},   {"LFH", {}},       {"LH1", {}},
    {"LH2", {}},   {"LH3", {}},   {"LH4", {}},       {"LH6", {}},
    {"LHE", {}},   {"LHR", {}},   {"LHT", {}},       {"LIN", kLIN},
    {"LM", {}},    {"LQ", {}},    {"LX", kLX},       {"M7", {}},
    {"MAN", kMAN}, {"MEA", {}},   {"MS1", kMS1},     {"MS2", kMS2},
    {"MS3", kMS3}, {"N1", kN1},   {"N2", kNameMore}, {"N3", kN3},
    {"N4", kN4},   {"N7", kN7},   {"N7A", {}},       {"N7B", {}},
    {"N9", kN9},   {"NM1", {}},   {"NTE", kNTE},     {"OID", kOID},
    {"OTI", kOTI}, {"PAL", {}},   {"PER", {}},       {"PID", {}},
    {"PKG", {}},   {"PLD", {}},   {"PO4", {}},       {"POD", {}},
    {"PRF", kPRF}, {"Q7", {}},    {"R3", {}},        {"R4", {}},
    {"RED", {}},   {"REF", kREF}, {"RMR", kRMR},     {"S5", kS5},
    {"SAC", {}},   {"SDQ", {}},   {"SLN", {}},       {"SN1", kSN1},
    {"SPO", {}},   {"TD1", {}},   {"TD3", {}},       {"TD4", {}},
    {"TD5", {}},   {"TED", kTED}, {"TRN", kTRN},     {"TSD", {}},
    {"V9", {}},
};

}  // namespace

const SegmentRule* find_segment(std::string_view tag) {
  const auto* const found = std::lower_bound(
      std::begin(kSegments), std::end(kSegments), tag,
      [](const SegmentRule& rule, std::string_view wanted) { return rule.tag < wanted; });
  return found != std::end(kSegments) && found->tag == tag ? found : nullptr;
}

const SetTable* find_table(std::string_view set) {
  for (const SetTable* table : {&kTable204, &kTable210, &kTable214, &kTable820, &kTable824,
                                &kTable856, &kTable990, &kTable997, &kTable999}) {
    if (table->set == set) return table;
  }
  return nullptr;
}

}  // namespace gantry::edi
