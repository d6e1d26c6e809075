// One load told by three vendors: through the real connectors, the stages and the embedded stores.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/activities/stages.hpp"
#include "host/activities/stated_entities.hpp"
#include "host/pipeline/hashing_embedder.hpp"
#include "host/stores/embedded/embedded.hpp"
#include "tests/support/plugin_host.hpp"

namespace gantry::activities {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::string_view kTender =
    "ISA*00*          *00*          *ZZ*ACMEFOODS      *02*QLHT           "
    "*260114*0915*U*00401*000000417*0*T*>~GS*SM*ACMEFOODS*QLHT*20260114*0915*417*X*004010~"
    "ST*204*0001~B2**QLHT**LD-88231**PP~B2A*00~L11*BOL-55120*BM~L11*778012*PO~"
    "N7*CSQU*305438*********CN~"
    "S5*1*CL~G62*37*20260116*I*0800*LT~N1*SH*ACME DC JOLIET*93*J01~N4*JOLIET*IL*60432*US~"
    "S5*2*CU~G62*53*20260118*G*0600*LT~N1*CN*HARBOR GROCERY*93*H22~N4*NEWARK*NJ*07114*US~"
    "L3*41250*G***285000~SE*16*0001~GE*1*417~IEA*1*000000417~";

constexpr std::string_view kShipmentPage =
    R"({"Status":"SUCCESS","details":{"pagination":{"moreAvailable":false},"shipments":[
      {"id":1000399120,"customId":"LD-88231","lastUpdatedOn":"2026-01-15T10:00:00Z",
       "status":{"code":{"key":"2101","value":"Tendered"}},
       "lane":{"start":"Joliet, IL","end":"Newark, NJ"},
       "carrierOrder":[{"id":72,"carrier":{"id":31,"name":"QL Haul"},"deleted":false}]}]}})";

constexpr std::string_view kMail =
    R"({"type":"inbound_received","authorization":{"id":"cmp_9x2"},
      "payload":{"id":"evt_1","type":"inbound","emitted_at":1768579200.5,
      "conversation":{"id":"cnv_1","subject":"Late at Joliet","status":"unassigned"},
      "source":{"_meta":{"type":"inboxes"},"data":[{"id":"inb_2a","name":"Ops"}]},
      "target":{"_meta":{"type":"message"},"data":{"id":"msg_1","type":"email","is_inbound":true,
      "created_at":1768579198.9,"body":"","text":"Driver is late for load # ld-88231, BOL 55120.",
      "recipients":[{"handle":"Disp@QLHT.example","name":"Dee","role":"from"}],
      "attachments":[]}}}})";

Document document_of(std::string_view source, const test::Record& record) {
  Document out;
  out.source = source;
  out.kind = record.kind;
  out.id = document_id(source, record.kind, record.key);
  out.title = record.title;
  out.text = record.text;
  out.content_type = record.content_type;
  out.raw = record.raw;
  out.version = record.version;
  if (!record.metadata.empty()) out.metadata = record.metadata;
  if (!record.participants.empty()) {
    out.participants = Json::parse(record.participants).get<std::vector<Participant>>();
  }
  return out;
}

Document tender() {
  static test::Plugin plugin(GANTRY_EDI_SO);
  const test::Source source(plugin, "{}");
  const auto output = source.read(kTender);
  EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
  return document_of("edi", output.records.at(0));
}

Document shipment() {
  static test::Plugin plugin(GANTRY_TURVO_SO);
  test::World& world = plugin.world();
  world.now_ns = 1'768'500'000'000'000'000;
  world.secrets = {{"/webhook_secret", {"t"}},
                   {"/api_key", {"k"}},
                   {"/client_secret", {"c"}},
                   {"/password", {"p"}}};
  world.http = [](const test::HttpExchange& exchange) {
    test::HttpAnswer answer;
    answer.body = exchange.url.find("oauth") == std::string::npos
                      ? std::string(kShipmentPage)
                      : R"({"access_token":"a","expires_in":3600,"token_type":"bearer"})";
    return answer;
  };
  const test::Source source(
      plugin, R"({"webhook_secret":"env:T","base_url":"https://turvo.example","api_key":"env:K",)"
              R"("client_id":"publicapi","client_secret":"env:C","username":"api@broker.example",)"
              R"("password":"env:P"})");
  EXPECT_EQ(source.status, GANTRY_OK) << source.error.message;
  const auto output = source.poll("");
  EXPECT_EQ(output.status, GANTRY_OK) << output.error.message << output.error.detail;
  return document_of("turvo", output.records.at(0));
}

Document mail() {
  static test::Plugin plugin(GANTRY_FRONTAPP_SO);
  plugin.world().secrets = {{"/signing_key", {"k"}}};
  const test::Source source(plugin, R"({"signing_key":"env:K"})");
  EXPECT_EQ(source.status, GANTRY_OK) << source.error.message;
  test::Request request;
  request.body = kMail;
  const auto output = source.parse(request);
  EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
  return document_of("front", output.records.at(0));
}

class OneLoad : public testing::Test {
 protected:
  OneLoad() {
    std::string name = (std::filesystem::temp_directory_path() / "one-load-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    stores_ = stores::embedded::EmbeddedStores::open({.file = folder_ / "s.db"}).value();
    saga_ = std::make_unique<stores::saga::Saga>(
        stores::saga::SagaPorts{{&stores_->documents(), &stores_->vectors(), &stores_->graph()},
                                &stores_->cache(),
                                &stores_->saga_log(),
                                &stores_->dead_letters()});
  }
  ~OneLoad() override {
    saga_.reset();
    stores_.reset();
    std::filesystem::remove_all(folder_);
  }

  void ingest(const std::vector<Document>& documents) {
    const pipeline::RulesExtractor extractor;
    const pipeline::HashingEmbedder embedder;
    Stages stages({stores_->staging(), *saga_, stores_->dead_letters(), extractor, embedder});
    const auto keys = stores_->staging().put(documents, {}).value();
    DocumentIngestionInput input;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      input.records.push_back({documents[i].id, documents[i].version, keys[i]});
    }
    const auto written = stages.write(input, {});
    ASSERT_TRUE(written) << written.error().message();
  }

  std::vector<std::string> naming(const std::string& kind, const std::string& value) {
    return stores_->graph().documents({kind, value}, 10, {}).value();
  }

  std::filesystem::path folder_;
  std::unique_ptr<stores::embedded::EmbeddedStores> stores_;
  std::unique_ptr<stores::saga::Saga> saga_;
};

TEST_F(OneLoad, ATenderAShipmentAndAnEmailAreThreeDocumentsOfOneNode) {
  const std::vector<Document> told{tender(), shipment(), mail()};
  ingest(told);
  EXPECT_THAT(naming("load", "LD-88231"), UnorderedElementsAre(told[0].id, told[1].id, told[2].id));
  EXPECT_THAT(naming("bol", "55120"), UnorderedElementsAre(told[0].id, told[2].id));
  EXPECT_THAT(naming("container", "CSQU3054383"), ElementsAre(told[0].id));
  EXPECT_THAT(naming("po", "778012"), ElementsAre(told[0].id));
  EXPECT_THAT(naming("carrier", "QL HAUL"), ElementsAre(told[1].id));
  EXPECT_THAT(naming("email", "disp@qlht.example"), ElementsAre(told[2].id));
  // No second load: Turvo's own number of the row is none.
  EXPECT_THAT(naming("load", "1000399120"), IsEmpty());
}

/// "kind=value" of what a document with these parts states.
std::vector<std::string> stated(std::string_view metadata, std::string_view kind = "row",
                                std::string_view title = {}) {
  static const pipeline::RulesExtractor titles;
  Document document;
  document.kind = kind;
  document.title = title;
  document.metadata = metadata;
  std::vector<std::string> out;
  for (const auto& entity : stated_entities(document, titles)) {
    EXPECT_EQ(entity.begin, 0u);
    EXPECT_EQ(entity.end, 0u);
    out.push_back(entity.kind + "=" + entity.value);
  }
  return out;
}

TEST(StatedEntities, AFieldIsKnownByItsNameHoweverItIsSpelt) {
  for (const auto* name : {"load_id", "loadId", "Load ID", "LOAD_NUMBER", "Load #"}) {
    EXPECT_THAT(stated(R"({"properties":{")" + std::string(name) + R"(":"ld-88231"}})"),
                ElementsAre("load=LD-88231"))
        << name;
  }
  EXPECT_THAT(stated(R"({"pro_number":"PRO7712043","usdot":"0123456","MC":"MC-654321"})"),
              UnorderedElementsAre("pro=7712043", "dot=123456", "mc=654321"));
  EXPECT_THAT(stated(R"({"load_count":"12345","payload":"77123","loads":7})"), IsEmpty());
}

TEST(StatedEntities, ANumberKeepsItsDigitsAndABooleanIsNone) {
  EXPECT_THAT(stated(R"({"load_number":1000399120,"po":true})"), ElementsAre("load=1000399120"));
}

TEST(StatedEntities, AShipmentNumberIsTheLoadOnlyWhereNoLoadIsNamed) {
  EXPECT_THAT(stated(R"({"shipment_id":"LD-88231"})"), ElementsAre("load=LD-88231"));
  EXPECT_THAT(stated(R"({"shipment_id":"1000399120","load_id":"LD-88231"})"),
              ElementsAre("load=LD-88231"));
  EXPECT_THAT(stated(R"({"custom_id":"LD-88231"})", "shipment"), ElementsAre("load=LD-88231"));
  EXPECT_THAT(stated(R"({"custom_id":"C-88231"})", "customer"), IsEmpty());
}

TEST(StatedEntities, AReferenceIsReadByItsQualifier) {
  EXPECT_THAT(stated(R"({"references":[{"qualifier":"BM","value":"55120"},
                                       {"qualifier":"ZZ","value":"99999"},
                                       "loadId: LD-88231",
                                       {"type":{"key":"1","value":"Purchase order #"},
                                        "value":"778012"}]})"),
              UnorderedElementsAre("bol=55120", "load=LD-88231", "po=778012"));
}

// The worked example of ISO 6346: CSQU305438, check digit 3.
TEST(StatedEntities, EquipmentIsAContainerByItsOwnerCodeElseATrailer) {
  EXPECT_THAT(stated(R"({"equipment":[{"initial":"CSQU","number":"305438"}]})"),
              ElementsAre("container=CSQU3054383"));
  EXPECT_THAT(stated(R"({"events":[{"equipment_scac":"QLHT","equipment":"TF5321"}]})"),
              ElementsAre("trailer=TF5321"));
}

TEST(StatedEntities, ATitleIsReadByTheRules) {
  EXPECT_THAT(stated("{}", "message", "Re: Load # 4711 late"), ElementsAre("load=4711"));
}

TEST(StatedEntities, DeepOrLargeMetadataIsCutAndMalformedOnesStateNothing) {
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += R"({"a":)";
  deep += R"({"load_id":"LD-1234"})" + std::string(60, '}');
  EXPECT_THAT(stated(deep), IsEmpty());
  Json many = Json::array();
  for (int i = 0; i < 1000; ++i) many.push_back({{"load_id", 100000 + i}});
  EXPECT_EQ(stated(Json{{"rows", many}}.dump()).size(), 200u);
  const std::string whole =
      R"({"load_id":"LD-1234","references":[{"qualifier":"BM","value":"7"}]})";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_THAT(stated(std::string_view(whole).substr(0, cut)), IsEmpty()) << cut;
  }
}

}  // namespace
}  // namespace gantry::activities
