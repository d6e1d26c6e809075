#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/hubspot/samples.hpp"

namespace gantry::hubspot {
namespace {

using nlohmann::json;

class HubspotParse : public testing::Test {
 protected:
  test::Output parse(std::string_view body) const { return source_.parse(request(body)); }
  static std::string event(std::string_view type, std::string_view more = "",
                           std::int64_t occurred = kNowMs, std::string_view id = "123") {
    return R"({"eventId":1,"subscriptionId":2,"portalId":3,"occurredAt":)" +
           std::to_string(occurred) + R"(,"subscriptionType":")" + std::string(type) +
           R"(","attemptNumber":0,"objectId":)" + std::string(id) + std::string(more) + "}";
  }
  static std::string all(std::initializer_list<std::string> events) {
    std::string body;
    for (const auto& one : events) body += (body.empty() ? "[" : ",") + one;
    return body + "]";
  }

  test::Plugin& plugin_ = plugin();
  test::Source source_{plugin_, kWebhooks};
};

TEST_F(HubspotParse, WithoutTheApiAChangeTellsWhatItKnows) {
  const auto output = parse(kDealChange);
  ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
  ASSERT_EQ(output.records.size(), 1u);
  const auto& record = output.records[0];
  EXPECT_EQ(record.kind, "deal");
  EXPECT_EQ(record.key, "9112");
  EXPECT_EQ(record.title, "deal 9112");
  EXPECT_EQ(record.text, "dealstage: closedwon");
  EXPECT_EQ(record.occurred_at_ns, 1'767'225'600'123 * kMsNs);
  EXPECT_EQ(record.version, 1'767'225'600'123 * kMsNs);
  EXPECT_EQ(record.flags, 0u);
  EXPECT_EQ("[" + record.raw + "]", kDealChange);
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({"object_type":"deals","object_id":"9112",
    "partial":true,"properties":{"dealstage":"closedwon"},"tz":"Z","event":{"eventId":3816279340,
    "subscriptionId":25,"portalId":33,"appId":1160452,"occurredAt":1767225600123,
    "subscriptionType":"deal.propertyChange","objectId":9112,"changeSource":"CRM_UI",
    "propertyName":"dealstage"}})"));
}

TEST_F(HubspotParse, ChangesOfOneObjectInOneDeliveryAreOneRecord) {
  const auto output = parse(all(
      {event("contact.propertyChange", R"(,"propertyName":"email","propertyValue":"a@x.example")"),
       event("contact.propertyChange", R"(,"propertyName":"phone","propertyValue":"0044")",
             kNowMs + 5)}));
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].text, "email: a@x.example\nphone: 0044");
  EXPECT_EQ(output.records[0].version, (kNowMs + 5) * kMsNs);
}

TEST_F(HubspotParse, WithTheApiTheWholeObjectIsRead) {
  const test::Source source(plugin_, kContacts);
  std::vector<test::HttpExchange> calls;
  plugin_.world().http = [&](const test::HttpExchange& call) {
    calls.push_back(call);
    return answer(
        R"({"status":"COMPLETE","results":[{"id":"123","properties":{"firstname":"Dee","lastname":"Marsh","email":"dee@x.example","phone":null,"lastmodifieddate":"2026-01-01T00:00:00.050Z","hs_lastmodifieddate":null,"createdate":"2025-12-01T08:00:00Z","zip":"07114"},"createdAt":"2025-12-01T08:00:00Z","updatedAt":"2026-01-01T00:00:00.050Z","archived":false}]})");
  };
  const auto output =
      source.parse(request(all({event("contact.creation"), event("contact.propertyChange")})));
  ASSERT_EQ(output.status, GANTRY_OK) << output.error.message;
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].url, "https://hubspot.example/crm/v3/objects/contacts/batch/read");
  EXPECT_EQ(json::parse(calls[0].body)["inputs"], json::parse(R"([{"id":"123"}])"));
  ASSERT_EQ(output.records.size(), 1u);
  const auto& record = output.records[0];
  EXPECT_EQ(record.kind, "contact");
  EXPECT_EQ(record.title, "Dee Marsh");
  EXPECT_EQ(record.text, "firstname: Dee\nlastname: Marsh\nemail: dee@x.example\nzip: 07114");
  EXPECT_EQ(record.version, (kNowMs + 50) * kMsNs);
  EXPECT_EQ(record.occurred_at_ns, 1'764'576'000'000 * kMsNs);
  EXPECT_EQ(
      json::parse(record.participants),
      json::parse(
          R"([{"role":"contact","name":"Dee Marsh","handle":"dee@x.example","external_id":"123"}])"));
  EXPECT_EQ(json::parse(record.metadata)["properties"]["zip"], "07114");
  EXPECT_EQ(record.raw.substr(0, 11), R"({"id":"123")");
}

TEST_F(HubspotParse, ADeletionIsATombstoneAndAPrivacyDeletionAPurge) {
  auto output = parse(all({event("contact.deletion")}));
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(output.records[0].kind + ":" + output.records[0].key, "contact:123");
  output = parse(all({event("contact.privacyDeletion")}));
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].flags, GANTRY_RECORD_PURGE);
}

TEST_F(HubspotParse, NothingOfAPurgedContactIsTold) {
  const auto output = parse(
      all({event("contact.privacyDeletion"),
           event("contact.propertyChange",
                 R"(,"propertyName":"email","propertyValue":"canary@x.example")", kNowMs + 5)}));
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].flags, GANTRY_RECORD_PURGE);
  EXPECT_EQ(output.records[0].metadata.find("canary"), std::string::npos);
}

TEST_F(HubspotParse, AMergeTombstonesTheLosersUnderTheirNewName) {
  const auto output = parse(all(
      {event("contact.merge",
             R"(,"primaryObjectId":123,"mergedObjectIds":[77,78],"numberOfPropertiesMoved":3)")}));
  ASSERT_EQ(output.records.size(), 3u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(output.records[static_cast<std::size_t>(i)].key, i == 0 ? "77" : "78");
    EXPECT_EQ(output.records[static_cast<std::size_t>(i)].flags, GANTRY_RECORD_TOMBSTONE);
    EXPECT_EQ(json::parse(output.records[static_cast<std::size_t>(i)].metadata)["alias_of"], "123");
  }
  EXPECT_EQ(output.records[2].key, "123");
  EXPECT_EQ(output.records[2].flags, 0u);
  EXPECT_EQ(json::parse(output.records[2].metadata)["aliases"], json::parse(R"(["77","78"])"));
}

TEST_F(HubspotParse, AMergeIntoANewIdTombstonesThePrimaryToo) {
  const auto output = parse(all({event(
      "company.merge", R"(,"primaryObjectId":123,"mergedObjectIds":[77],"newObjectId":900)")}));
  ASSERT_EQ(output.records.size(), 3u);
  EXPECT_EQ(output.records[0].key, "77");
  EXPECT_EQ(output.records[1].key, "123");
  EXPECT_EQ(json::parse(output.records[1].metadata)["alias_of"], "900");
  EXPECT_EQ(output.records[2].key, "900");
}

TEST_F(HubspotParse, ARestoredObjectIsNewerThanItsTombstone) {
  const test::Source source(plugin_, kContacts);
  plugin_.world().http = [&](const test::HttpExchange&) {
    return answer(
        R"({"results":[{"id":"123","properties":{"lastmodifieddate":"2025-06-01T00:00:00Z"},"archived":false}]})");
  };
  const auto output = source.parse(request(
      all({event("contact.deletion", "", kNowMs - 10), event("contact.restore", "", kNowMs)})));
  ASSERT_EQ(output.records.size(), 2u);
  EXPECT_EQ(output.records[0].flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(output.records[1].flags, 0u);
  EXPECT_GT(output.records[1].version, output.records[0].version);
}

TEST_F(HubspotParse, AnAssociationIsADocumentOfItsOwn) {
  auto output = parse(
      R"([{"eventId":1,"portalId":3,"occurredAt":1767225600000,"subscriptionType":"contact.associationChange","associationType":"CONTACT_TO_COMPANY","fromObjectId":5,"toObjectId":6,"associationRemoved":false,"isPrimaryAssociation":true}])");
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].kind, "association");
  EXPECT_EQ(output.records[0].key, "CONTACT_TO_COMPANY:5:6");
  EXPECT_EQ(output.records[0].flags, 0u);
  output = parse(
      R"([{"eventId":2,"portalId":3,"occurredAt":1767225600001,"subscriptionType":"contact.associationChange","associationType":"CONTACT_TO_COMPANY","fromObjectId":5,"toObjectId":6,"associationRemoved":true}])");
  EXPECT_EQ(output.records[0].flags, GANTRY_RECORD_TOMBSTONE);
}

TEST_F(HubspotParse, EveryTypeHasItsKind) {
  const std::pair<const char*, const char*> types[] = {
      {"contact.creation", "contact:123"},
      {"company.creation", "company:123"},
      {"deal.creation", "deal:123"},
      {"ticket.creation", "ticket:123"},
      {"product.creation", "product:123"},
      {"line_item.creation", "line_item:123"},
      {"conversation.creation", "conversation:123"},
      {"conversation.newMessage", "conversation:123"}};
  for (const auto& [type, id] : types) {
    const auto output = parse(all({event(type)}));
    ASSERT_EQ(output.records.size(), 1u) << type;
    EXPECT_EQ(output.records[0].kind + ":" + output.records[0].key, id) << type;
  }
  const std::pair<const char*, const char*> generic[] = {
      {"0-1", "contact:123"}, {"0-46", "engagement:123"}, {"2-3465404", "object:2-3465404:123"}};
  for (const auto& [type_id, id] : generic) {
    const auto output = parse(
        all({event("object.creation", R"(,"objectTypeId":")" + std::string(type_id) + "\"")}));
    ASSERT_EQ(output.records.size(), 1u) << type_id;
    EXPECT_EQ(output.records[0].kind + ":" + output.records[0].key, id);
  }
  EXPECT_EQ(parse(all({event("conversation.deletion")})).records[0].flags, GANTRY_RECORD_TOMBSTONE);
  EXPECT_EQ(parse(all({event("conversation.privacyDeletion")})).records[0].flags,
            GANTRY_RECORD_PURGE);
}

TEST_F(HubspotParse, APoisonElementIsRejectedAndTheOthersGoOn) {
  const auto output = parse(all({"7", "{}", R"({"subscriptionType":"contact.creation"})",
                                 R"({"subscriptionType":"x"})", event("deal.creation")}));
  EXPECT_EQ(output.status, GANTRY_OK);
  ASSERT_EQ(output.rejected.size(), 4u);
  EXPECT_EQ(output.rejected[0].first, "7");
  EXPECT_EQ(output.rejected[2].first, R"({"subscriptionType":"contact.creation"})");
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].kind, "deal");
}

TEST_F(HubspotParse, WhatIsNoArrayIsADeadLetter) {
  for (const auto* body : {"", "{", "{}", "null", "7", "\"x\"", "\xff", "[1"}) {
    const auto output = parse(body);
    EXPECT_EQ(output.status, GANTRY_DATA) << body;
    EXPECT_TRUE(output.records.empty());
  }
  EXPECT_EQ(parse("[]").status, GANTRY_OK);
}

TEST_F(HubspotParse, ABodyCutAnywhereIsADeadLetterAndNothingElse) {
  for (std::size_t size = 0; size < kDealChange.size(); ++size) {
    const std::string cut(kDealChange.substr(0, size));
    EXPECT_EQ(parse(cut).status, GANTRY_DATA) << size;
    EXPECT_EQ(source_.verify(signed_v1(cut)).decision, GANTRY_VERDICT_ACCEPT) << size;
  }
}

TEST_F(HubspotParse, AnIdOfTwentyDigitsIsKept) {
  const auto output = parse(all({event("deal.creation", "", kNowMs, "18446744073709551615")}));
  EXPECT_EQ(output.records.at(0).key, "18446744073709551615");
}

}  // namespace
}  // namespace gantry::hubspot
