#include "host/pipeline/rules_extractor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gantry::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "kind=value" of every entity, in the order of the text.
std::vector<std::string> found(std::string_view text) {
  static const RulesExtractor extractor;
  std::vector<std::string> out;
  for (const Entity& entity : extractor.extract(text).value()) {
    EXPECT_EQ(text.substr(entity.begin, entity.end - entity.begin), entity.text);
    EXPECT_GT(entity.confidence, 0.0);
    EXPECT_LE(entity.confidence, 1.0);
    out.push_back(entity.kind + "=" + entity.value);
  }
  return out;
}

TEST(RulesExtractor, ReadsReferenceNumbersHoweverTheyAreMarked) {
  EXPECT_THAT(found("Load # 4711, shipment no. ab-1234 and load number: L-99001."),
              ElementsAre("load=4711", "load=AB-1234", "load=L-99001"));
  EXPECT_THAT(found("PRO# 0012345678 / PRO 998877"), ElementsAre("pro=0012345678", "pro=998877"));
  EXPECT_THAT(found("BOL: 55512 and Bill of Lading No. X7-1000"),
              ElementsAre("bol=55512", "bol=X7-1000"));
  EXPECT_THAT(found("P.O. #123456, PO 77801, purchase order no 5500A"),
              ElementsAre("po=123456", "po=77801", "po=5500A"));
  EXPECT_THAT(found("Send it to PO Box, the load is ready"), IsEmpty());
  EXPECT_THAT(found("trailer #TR-5301"), ElementsAre("trailer=TR-5301"));
}

TEST(RulesExtractor, ANumberIsTheSameWithAndWithoutItsWord) {
  EXPECT_THAT(found("LD-88231 late"), ElementsAre("load=LD-88231"));
  EXPECT_THAT(found("BOL-55120, BOL 55120, bol # BOL55120"),
              ElementsAre("bol=55120", "bol=55120", "bol=55120"));
  EXPECT_THAT(found("PRO7712043 is PRO# 7712043"), ElementsAre("pro=7712043", "pro=7712043"));
  EXPECT_THAT(found("PO-778012"), ElementsAre("po=778012"));
  // A word alone is no number, and a prefix of the customer's own stays.
  EXPECT_THAT(found("load # LOADED, load # LDX-88231"), ElementsAre("load=LDX-88231"));
}

TEST(RulesExtractor, ReadsCarrierCodes) {
  EXPECT_THAT(found("SCAC: ABFS, MC# 123456, USDOT 1234567"),
              ElementsAre("scac=ABFS", "mc=123456", "dot=1234567"));
  EXPECT_THAT(found("MC-0123456 and DOT # 01234567"), ElementsAre("mc=123456", "dot=1234567"));
}

// The worked example of ISO 6346 (and of the BIC): CSQU305438, check digit 3.
TEST(RulesExtractor, AContainerNumberNeedsItsCheckDigit) {
  EXPECT_THAT(found("box CSQU3054383 here"), ElementsAre("container=CSQU3054383"));
  EXPECT_THAT(found("box CSQU 305438-3 here"), ElementsAre("container=CSQU3054383"));
  EXPECT_THAT(found("box CSQU3054384 here"), IsEmpty());
}

TEST(RulesExtractor, MoneyIsDecimalTextWithACurrency) {
  EXPECT_THAT(
      found("$1,250 or US$ 1250.00, CAD 99.5, 10 EUR, €7.125, $500 CAD, £0.99"),
      ElementsAre("money=1250.00 USD", "money=1250.00 USD", "money=99.50 CAD", "money=10.00 EUR",
                  "money=7.125 EUR", "money=500.00 CAD", "money=0.99 GBP"));
  EXPECT_THAT(found("€1.250,00 or 12,50 EUR, $1.2k, $3M, $0.0015k"),
              ElementsAre("money=1250.00 EUR", "money=12.50 EUR", "money=1200.00 USD",
                          "money=3000000.00 USD", "money=1.50 USD"));
  // 2^53 + 1 is where doubles lose the unit.
  EXPECT_THAT(found("$9,007,199,254,740,993.10"), ElementsAre("money=9007199254740993.10 USD"));
}

TEST(RulesExtractor, DatesAreDaysOfTheCalendar) {
  EXPECT_THAT(found("2025-03-14T08:00, 3/14/2025, 03/14/25, March 14, 2025, 14 Mar 2025"),
              ElementsAre("date=2025-03-14", "date=2025-03-14", "date=2025-03-14",
                          "date=2025-03-14", "date=2025-03-14"));
  EXPECT_THAT(found("2025/03/14, 14.03.2025, not 2025-03-141"),
              ElementsAre("date=2025-03-14", "date=2025-03-14"));
  EXPECT_THAT(found("2024-02-29 but not 2025-02-29 nor 13/40/2025"),
              ElementsAre("date=2024-02-29"));
}

TEST(RulesExtractor, PlacesHaveRealCodes) {
  EXPECT_THAT(found("from Chicago, IL to St. Louis, MO and Montréal, QC, not Foo, ZZ"),
              ElementsAre("place=CHICAGO, IL", "place=ST. LOUIS, MO", "place=MONTRÉAL, QC"));
  EXPECT_THAT(found("From Joliet, IL. Near MONTRÉAL, QC"),
              ElementsAre("place=JOLIET, IL", "place=MONTRÉAL, QC"));
}

TEST(RulesExtractor, CarriersLoseTheSentenceAroundThemAndTheirLegalForm) {
  EXPECT_THAT(found("Please call Acme Trucking, LLC today"), ElementsAre("carrier=ACME TRUCKING"));
  EXPECT_THAT(found("with Blue Ridge Logistics Inc."), ElementsAre("carrier=BLUE RIDGE LOGISTICS"));
  EXPECT_THAT(found("Freight is late"), IsEmpty());
}

// 555-01xx is the plan's range for fiction.
TEST(RulesExtractor, PhonesAndMailAddressesAreNormalised) {
  EXPECT_THAT(found("(312) 555-0123, +1 312.555.0124, 312-555-0125, +13125550126"),
              ElementsAre("phone=+13125550123", "phone=+13125550124", "phone=+13125550125",
                          "phone=+13125550126"));
  EXPECT_THAT(found("cell: 3125550127, +44 20 7946 0958, +49 (30) 901820"),
              ElementsAre("phone=+13125550127", "phone=+442079460958", "phone=+4930901820"));
  EXPECT_THAT(found("911-555-0123 and 112-555-0123"), IsEmpty());
  EXPECT_THAT(found("mail Ops.Desk+tag@Example.COM."),
              ElementsAre("email=ops.desk+tag@example.com"));
}

TEST(RulesExtractor, OfOverlappingFindsTheSurerStays) {
  EXPECT_THAT(found("PRO# 312-555-0123"), ElementsAre("pro=312-555-0123"));
}

TEST(RulesExtractor, LongHostileInputEndsAndIsCapped) {
  static const RulesExtractor extractor;
  std::string text;
  for (const std::string_view piece : {"a@", "Aa ", "$1,000,", "Load # ", "312-", "A.", "1/"}) {
    text.clear();
    while (text.size() < 200'000) text += piece;
    EXPECT_TRUE(extractor.extract(text).has_value());
  }
  text.clear();
  for (int i = 0; i < 3000; ++i) text += "load # " + std::to_string(100000 + i) + "\n";
  EXPECT_EQ(extractor.extract(text).value().size(), 1000u);
}

TEST(Entity, TravelsAsJson) {
  const Entity entity{"load", "4711", "4711", 5, 9, 0.95};
  EXPECT_EQ(Json(entity).get<Entity>(), entity);
}

}  // namespace
}  // namespace gantry::pipeline
