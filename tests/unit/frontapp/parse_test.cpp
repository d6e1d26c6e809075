#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/frontapp/front_samples.hpp"

namespace gantry::front {
namespace {

using nlohmann::json;

class FrontParse : public testing::Test {
 protected:
  test::Output parse(std::string_view body) const {
    test::Request request;
    request.body = body;
    return source_.parse(request);
  }
  /// The only record of a body that must give one.
  test::Record one(std::string_view body) const {
    const auto output = parse(body);
    EXPECT_EQ(output.status, GANTRY_OK) << output.error.message;
    EXPECT_EQ(output.records.size(), 1u) << body;
    EXPECT_TRUE(output.rejected.empty());
    return output.records.empty() ? test::Record{} : output.records[0];
  }
  /// An application webhook around one event of the conversation cnv_1.
  static std::string event(std::string_view envelope, std::string_view type,
                           std::string_view target = "null",
                           std::string_view seconds = "1767225599.412") {
    return R"({"type":")" + std::string(envelope) +
           R"(","authorization":{"id":"cmp_1"},"payload":{"id":"evt_1","type":")" +
           std::string(type) + R"(","emitted_at":)" + std::string(seconds) +
           R"(,"conversation":{"id":"cnv_1","subject":"Load 7"},"source":{"_meta":{"type":"teammate"},)"
           R"("data":{"id":"tea_1","email":"dee@x.example","first_name":"Dee","last_name":"Ops"}},)"
           R"("target":)" +
           std::string(target) + "}}";
  }

  test::Plugin& plugin_ = plugin();
  test::Source source_{plugin_, kConfig};
};

TEST_F(FrontParse, AnInboundMessageBecomesThisRecord) {
  const auto record = one(kInbound);
  EXPECT_EQ(record.kind, "message");
  EXPECT_EQ(record.key, "msg_8c1");
  EXPECT_EQ(record.title, "Late at Joliet");
  EXPECT_EQ(record.text, "Driver at gate");
  EXPECT_EQ(record.content_type, "");
  EXPECT_EQ(record.raw, kInbound);
  EXPECT_EQ(record.flags, 0u);
  EXPECT_EQ(record.occurred_at_ns, 1'767'225'598'900'000'000);
  EXPECT_EQ(record.version, 1'767'225'599'412'000'000);
  EXPECT_EQ(json::parse(record.participants), json::parse(R"([
    {"role":"from","name":"Dee","handle":"disp@qlht.example","external_id":""},
    {"role":"to","name":"","handle":"ops@x.example","external_id":""}])"));
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({
    "conversation_id":"cnv_4fk1","inbox_ids":["inb_2a"],"status":"unassigned",
    "event_id":"evt_7h2k9q","event_type":"inbound","envelope_type":"inbound_received",
    "company_id":"cmp_9x2","message_type":"email","is_inbound":true,
    "attachments":[{"id":"fil_3","filename":"pod.pdf","content_type":"application/pdf",
                    "size":5120,"url":"https://x.api.frontapp.com/download/fil_3"}]})"));
}

TEST_F(FrontParse, ARuleWebhookGivesTheSameMessageWithoutAnEnvelope) {
  const json body = json::parse(kInbound);
  const auto record = one(body["payload"].dump());
  EXPECT_EQ(record.kind, "message");
  EXPECT_EQ(record.key, "msg_8c1");
  const json metadata = json::parse(record.metadata);
  EXPECT_FALSE(metadata.contains("envelope_type"));
  EXPECT_FALSE(metadata.contains("company_id"));
  EXPECT_EQ(metadata["event_id"], "evt_7h2k9q");
}

TEST_F(FrontParse, EveryMessageTypeBecomesAMessage) {
  const std::pair<std::string, std::string> types[] = {{"inbound_received", "inbound"},
                                                       {"outbound_sent", "outbound"},
                                                       {"outbound_sent", "out_reply"},
                                                       {"forwarded", "forward"},
                                                       {"inbound", "inbound"},
                                                       {"inbound_received", ""},
                                                       {"outbound", ""}};
  for (const auto& [envelope, type] : types) {
    const auto record = one(
        event(envelope, type, R"({"_meta":{"type":"message"},"data":{"id":"msg_1","text":"hi"}})"));
    EXPECT_EQ(record.kind, "message") << envelope << ' ' << type;
    EXPECT_EQ(record.key, "msg_1");
    EXPECT_EQ(record.text, "hi");
  }
}

TEST_F(FrontParse, EveryCommentTypeBecomesAComment) {
  const std::pair<std::string, std::string> types[] = {
      {"new_comment_added", "comment"}, {"", "mention"}, {"new_comment_added", ""}};
  for (const auto& [envelope, type] : types) {
    const auto record = one(event(
        envelope, type,
        R"({"_meta":{"type":"comment"},"data":{"id":"com_1","body":"Call a < b & c","posted_at":1767225590.25,)"
        R"("author":{"id":"tea_2","email":"bo@x.example","first_name":"Bo","last_name":""}}})"));
    EXPECT_EQ(record.kind, "comment");
    EXPECT_EQ(record.key, "com_1");
    EXPECT_EQ(record.title, "Load 7");
    EXPECT_EQ(record.text, "Call a < b & c");
    EXPECT_EQ(record.content_type, "");
    EXPECT_EQ(record.occurred_at_ns, 1'767'225'590'250'000'000);
    EXPECT_EQ(record.version, 1'767'225'599'412'000'000);
    EXPECT_EQ(json::parse(record.participants), json::parse(R"([
      {"role":"author","name":"Bo","handle":"bo@x.example","external_id":"tea_2"}])"));
  }
}

TEST_F(FrontParse, EveryOtherTypeBecomesAConversationEventWithASentence) {
  struct Row {
    const char* envelope;
    const char* type;
    const char* label;
  };
  const Row rows[] = {
      {"message_delivery_failed", "sending_error", "Message delivery failed"},
      {"message_delivery_failed", "", "Message delivery failed"},
      {"message_delivery_failed", "message_bounce_error", "Message bounced"},
      {"conversation_moved", "move", "Conversation moved"},
      {"conversation_moved", "", "Conversation moved"},
      {"conversation_archived", "archive", "Conversation archived"},
      {"conversation_archived", "", "Conversation archived"},
      {"conversation_reopened", "reopen", "Conversation reopened"},
      {"conversation_reopened", "", "Conversation reopened"},
      {"conversation_snoozed", "", "Conversation snoozed"},
      {"conversation_snooze_expired", "", "Snooze expired"},
      {"conversation_snoozed", "reminder", "Reminder"},
      {"assignee_changed", "assign", "Assigned"},
      {"assignee_changed", "", "Assigned"},
      {"assignee_changed", "unassign", "Unassigned"},
      {"tag_added", "tag", "Tag added"},
      {"tag_added", "", "Tag added"},
      {"tag_removed", "untag", "Tag removed"},
      {"tag_removed", "", "Tag removed"},
      {"link_added", "link_added", "Link added"},
      {"link_removed", "link_removed", "Link removed"},
      {"", "conversations_merged", "Conversations merged"},
      {"", "custom_field_updated", "Custom field updated"},
      {"", "ticket_status_update", "Ticket status updated"},
      {"", "call_started", "Call"},
      {"", "a_type_of_next_year", "a_type_of_next_year"},
      {"an_envelope_of_next_year", "", "an_envelope_of_next_year"},
  };
  for (const auto& row : rows) {
    const auto record = one(event(row.envelope, row.type));
    EXPECT_EQ(record.kind, "conversation_event") << row.envelope << ' ' << row.type;
    EXPECT_EQ(record.key, "evt_1");
    EXPECT_EQ(record.title, "Load 7");
    EXPECT_EQ(record.text, std::string(row.label) + ", by Dee Ops");
    EXPECT_EQ(record.flags, 0u);
    EXPECT_EQ(record.occurred_at_ns, 1'767'225'599'412'000'000);
  }
}

TEST_F(FrontParse, TheTargetOfAnEventIsNamedAndKept) {
  const auto tag =
      one(event("tag_added", "tag",
                R"({"_meta":{"type":"tag"},"data":{"id":"tag_9","name":"POD missing"}})"));
  EXPECT_EQ(tag.text, "Tag added: POD missing, by Dee Ops");
  const json metadata = json::parse(tag.metadata);
  EXPECT_EQ(metadata["target_type"], "tag");
  EXPECT_EQ(metadata["target_id"], "tag_9");
  EXPECT_EQ(metadata["extra"]["target"]["name"], "POD missing");

  const auto assign = one(event(
      "assignee_changed", "assign",
      R"({"_meta":{"type":"teammate"},"data":{"id":"tea_5","username":"kim","first_name":"Kim","last_name":"Lu"}})"));
  EXPECT_EQ(assign.text, "Assigned: Kim Lu, by Dee Ops");
  EXPECT_EQ(json::parse(assign.participants), json::parse(R"([
    {"role":"actor","name":"Dee Ops","handle":"dee@x.example","external_id":"tea_1"},
    {"role":"assignee","name":"Kim Lu","handle":"kim","external_id":"tea_5"}])"));
}

TEST_F(FrontParse, AMoveNamesTheInboxWhereTheConversationIsNow) {
  const auto record =
      one(event("conversation_moved", "move",
                R"({"_meta":{"type":"inbox"},"data":{"id":"inb_9","name":"Claims"}})"));
  EXPECT_EQ(json::parse(record.metadata)["inbox_ids"], json::parse(R"(["inb_9"])"));
  EXPECT_EQ(record.text, "Conversation moved: Claims, by Dee Ops");
}

TEST_F(FrontParse, ADeletedConversationIsATombstoneAndARestoredOneANewerVersion) {
  for (const auto& [envelope, type] :
       {std::pair{"conversation_deleted", "trash"}, std::pair{"conversation_deleted", ""},
        std::pair{"", "trash"}}) {
    const auto gone = one(event(envelope, type, "null", "1767225599.4"));
    EXPECT_EQ(gone.kind, "conversation_event");
    EXPECT_EQ(gone.key, "cnv_1");
    EXPECT_EQ(gone.flags, GANTRY_RECORD_TOMBSTONE);
  }
  for (const auto& [envelope, type] :
       {std::pair{"conversation_restored", "restore"}, std::pair{"conversation_restored", ""}}) {
    const auto gone = one(event("conversation_deleted", "trash", "null", "1767225599.4"));
    const auto back = one(event(envelope, type, "null", "1767225599.401"));
    EXPECT_EQ(back.key, gone.key);
    EXPECT_EQ(back.kind, gone.kind);
    EXPECT_EQ(back.flags, 0u);
    EXPECT_EQ(back.version - gone.version, 1'000'000);
  }
}

TEST_F(FrontParse, ADeletionThatNamesAMessageIsATombstoneOfThatToo) {
  const auto output = parse(event("conversation_deleted", "trash",
                                  R"({"_meta":{"type":"message"},"data":{"id":"msg_1"}})"));
  ASSERT_EQ(output.records.size(), 2u);
  EXPECT_EQ(output.records[0].key, "cnv_1");
  EXPECT_EQ(output.records[1].kind, "message");
  EXPECT_EQ(output.records[1].key, "msg_1");
  EXPECT_EQ(output.records[1].flags, GANTRY_RECORD_TOMBSTONE);
}

TEST_F(FrontParse, ASyncGivesNoRecord) {
  for (const auto* body :
       {R"({"type":"sync","authorization":{"id":"cmp_1"}})", R"({"type":"sync"})",
        R"({"type":"sync","authorization":{"id":"cmp_1"},"payload":null})"}) {
    const auto output = parse(body);
    EXPECT_EQ(output.status, GANTRY_OK);
    EXPECT_TRUE(output.records.empty());
  }
}

TEST_F(FrontParse, APreviewWithoutItsTargetIsKeptAsAnEvent) {
  const auto record = one(kBodyF);
  EXPECT_EQ(record.kind, "conversation_event");
  EXPECT_EQ(record.key, "evt_7h2k9q");
  EXPECT_EQ(record.text, "Message received");
  EXPECT_EQ(record.occurred_at_ns, GANTRY_TIME_UNKNOWN);
  EXPECT_EQ(record.version, 0);
  EXPECT_EQ(record.raw, kBodyF);
}

TEST_F(FrontParse, AnEventWithoutAnIdIsNamedByTheHashOfItsBody) {
  // printf '%s' '{"type":"archive"}' | sha256sum
  EXPECT_EQ(one(R"({"type":"archive"})").key,
            "af41848fb6236e2d52fd05c7389aa01e9089e091b9664c8c0fe9d5aa988ad0cf");
}

TEST_F(FrontParse, WithoutTextTheBodyIsKeptAsHtml) {
  const auto html = one(event(
      "inbound_received", "inbound",
      R"({"_meta":{"type":"message"},"data":{"id":"msg_1","body":"<p>Late</p>","text":""}})"));
  EXPECT_EQ(html.text, "<p>Late</p>");
  EXPECT_EQ(html.content_type, "text/html");
  const auto blurb = one(
      event("inbound_received", "inbound",
            R"({"_meta":{"type":"message"},"data":{"id":"msg_1","body":null,"blurb":"Late"}})"));
  EXPECT_EQ(blurb.text, "Late");
  EXPECT_EQ(blurb.content_type, "");
  EXPECT_EQ(json::parse(blurb.metadata)["body_missing"], true);
}

TEST_F(FrontParse, PeopleOfAMessageComeWithRolesAndIds) {
  const auto record = one(event(
      "outbound_sent", "outbound",
      R"({"_meta":{"type":"message"},"data":{"id":"msg_1","text":"x","author":{"id":"tea_1","email":"dee@x.example",)"
      R"("first_name":"Dee","last_name":"Ops"},"recipients":[)"
      R"({"handle":"a@x.example","name":"A","role":"to","_links":{"related":{"contact":"https://x.api.frontapp.com/contacts/crd_1"}}},)"
      R"({"handle":"b@x.example","role":"cc"},{"handle":"c@x.example","role":"bcc"},{"handle":"+15550100","role":"reply-to"},"odd"]}})"));
  EXPECT_EQ(json::parse(record.participants), json::parse(R"([
    {"role":"to","name":"A","handle":"a@x.example","external_id":"crd_1"},
    {"role":"cc","name":"","handle":"b@x.example","external_id":""},
    {"role":"bcc","name":"","handle":"c@x.example","external_id":""},
    {"role":"reply-to","name":"","handle":"+15550100","external_id":""},
    {"role":"author","name":"Dee Ops","handle":"dee@x.example","external_id":"tea_1"}])"));
}

TEST_F(FrontParse, TheConversationsStateIsMetadata) {
  const auto record = one(
      R"({"id":"evt_1","type":"archive","emitted_at":1,"conversation":{"id":"cnv_1","status":"archived",)"
      R"("assignee":{"id":"tea_1","email":"dee@x.example"},"tags":[{"id":"tag_1","name":"Urgent"},{"id":"tag_2"}]},)"
      R"("source":{"_meta":{"type":"inbox"},"data":{"id":"inb_1"}}})");
  EXPECT_EQ(json::parse(record.metadata), json::parse(R"({
    "conversation_id":"cnv_1","inbox_ids":["inb_1"],"tags":["Urgent","tag_2"],"assignee":"tea_1",
    "assignee_email":"dee@x.example","status":"archived","event_id":"evt_1","event_type":"archive"})"));
}

TEST_F(FrontParse, FieldsItDoesNotKnowAreKeptUnderExtra) {
  const auto record = one(
      R"({"id":"evt_1","type":"inbound","emitted_at":1,"new_field":{"n":12345678901234567890123},)"
      R"("conversation":{"id":"cnv_1","ticket_ids":["TCK-1"]},"_links":{"self":"https://x"},)"
      R"("target":{"_meta":{"type":"message"},"data":{"id":"msg_1","text":"x","version":"7","price":10.00}}})");
  const auto& metadata = record.metadata;
  EXPECT_NE(metadata.find(R"("extra":{"event":{"new_field":{"n":12345678901234567890123}},)"
                          R"("conversation":{"ticket_ids":["TCK-1"]},)"
                          R"("target":{"version":"7","price":10.00}})"),
            std::string::npos)
      << metadata;
  EXPECT_EQ(metadata.find("_links"), std::string::npos);
}

TEST_F(FrontParse, ATimeKeepsItsMillisecondsExactly) {
  struct Row {
    const char* seconds;
    std::int64_t ns;
  };
  const Row rows[] = {{"1767225599.412", 1'767'225'599'412'000'000},
                      {"1767225599.001", 1'767'225'599'001'000'000},
                      {"1767225599", 1'767'225'599'000'000'000},
                      {"1767225599.123456789", 1'767'225'599'123'456'789},
                      {"1767225599.1234567899", 1'767'225'599'123'456'789},
                      {"1.767225599412e9", 1'767'225'599'412'000'000},
                      {"\"1767225599.412\"", 1'767'225'599'412'000'000},
                      {"0.001", 1'000'000},
                      {"-1.5", -1'500'000'000}};
  for (const auto& row : rows) {
    EXPECT_EQ(one(event("", "archive", "null", row.seconds)).occurred_at_ns, row.ns) << row.seconds;
  }
  for (const auto* unknown : {"null", "\"soon\"", "1e30", "9223372037", "{}", "true"}) {
    EXPECT_EQ(one(event("", "archive", "null", unknown)).occurred_at_ns, GANTRY_TIME_UNKNOWN)
        << unknown;
  }
}

// The situation of stripe/stripe-cli#418: the update overtakes the creation.
TEST_F(FrontParse, AnUpdateThatOvertakesItsCreationStaysTheNewerVersion) {
  const auto target =
      R"({"_meta":{"type":"message"},"data":{"id":"msg_1","text":"x","created_at":1747826400}})";
  const auto updated = one(event("outbound_sent", "outbound", target, "1747826405"));
  const auto created = one(event("outbound_sent", "outbound", target, "1747826402"));
  EXPECT_EQ(updated.key, created.key);
  EXPECT_GT(updated.version, created.version);
}

TEST_F(FrontParse, AnIdThatIsANumberKeepsItsDigits) {
  EXPECT_EQ(one(R"({"id":90071992547409931234,"type":"archive"})").key, "90071992547409931234");
}

TEST_F(FrontParse, FieldsOfAnotherTypeThanExpectedAreNoError) {
  const auto record =
      one(R"({"id":"evt_1","type":"inbound","emitted_at":[],"conversation":"cnv_1","source":7,)"
          R"("target":{"_meta":"message","data":[{"id":"msg_1"}]}})");
  EXPECT_EQ(record.kind, "conversation_event");
  EXPECT_EQ(record.key, "evt_1");
}

TEST_F(FrontParse, ABodyThatIsNoEventIsData) {
  for (const std::string& body : std::vector<std::string>{
           "", "{'a':1}", "[]", "[{\"id\":\"evt_1\"}]", "null", "\"evt_1\"", "7", "{}",
           "{\"hello\":1}", "{\"type\":\"inbound_received\",\"authorization\":{\"id\":\"cmp_1\"}}",
           "{\"type\":\"inbound_received\",\"payload\":[]}",
           "{\"id\":\"evt_1\"} {\"id\":\"evt_2\"}", "{\"id\":\"evt_1\",\"note\":\"\xff\xfe\"}",
           std::string(200, '['),
           "{\"id\":\"evt_1\",\"deep\":" + std::string(200, '[') + std::string(200, ']') + "}"}) {
    const auto output = parse(body);
    EXPECT_EQ(output.status, GANTRY_DATA) << body;
    EXPECT_TRUE(output.records.empty());
    EXPECT_FALSE(output.error.message.empty());
  }
}

TEST_F(FrontParse, TheReasonOfABadBodyQuotesNothingOfIt) {
  const auto output = parse(R"({"id":"evt_1","note":"canary" oops})");
  EXPECT_EQ(output.status, GANTRY_DATA);
  EXPECT_EQ(output.error.message.find("canary"), std::string::npos);
  EXPECT_EQ(output.error.message.find("oops"), std::string::npos);
  EXPECT_EQ(output.error.detail, "");
}

TEST_F(FrontParse, ABodyCutAnywhereIsData) {
  for (std::size_t size = 0; size < kInbound.size(); ++size) {
    const auto output = parse(kInbound.substr(0, size));
    ASSERT_EQ(output.status, GANTRY_DATA) << size;
    ASSERT_TRUE(output.records.empty()) << size;
  }
}

TEST_F(FrontParse, ParsingAgainGivesTheSameRecord) {
  const auto first = one(kInbound);
  const auto second = one(kInbound);
  EXPECT_EQ(first.metadata, second.metadata);
  EXPECT_EQ(first.participants, second.participants);
  EXPECT_EQ(first.version, second.version);
}

TEST_F(FrontParse, AFullSinkEndsTheParse) {
  plugin_.world().records_max = 1;
  const auto output = parse(event("conversation_deleted", "trash",
                                  R"({"_meta":{"type":"message"},"data":{"id":"msg_1"}})"));
  EXPECT_EQ(output.status, GANTRY_OK);
  EXPECT_EQ(output.records.size(), 1u);
}

}  // namespace
}  // namespace gantry::front
