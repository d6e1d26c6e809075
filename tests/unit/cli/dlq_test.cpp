#include <atomic>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

struct Dlq : CliTest {
  Outcome ask(const FakeHost& host, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "dlq");
    arguments.insert(arguments.end(), {"--admin", host.address()});
    return gantry(std::move(arguments));
  }
};

constexpr char kList[] = R"({"total":2,
  "letters":[{"id":"record:ab","kind":"record","source":"edi","subject":"edi:order:1",
              "priority":"high","attempts":3,"age_s":7200,"reason":"no words"}],
  "counts":[{"kind":"record","source":"edi","count":2,"oldest_age_s":172800}]})";

constexpr char kLetter[] = R"({"id":"record:ab","kind":"record","source":"edi",
  "subject":"edi:order:1","priority":"high","attempts":2,"first_at":"2026-01-16T14:02:11.123Z",
  "last_at":"2026-01-16T15:02:11.123Z","reason":"no words","upstream":"say \u001b[2J yes",
  "earlier":[{"at":"2026-01-16T14:02:11.123Z","reason":"it was away","upstream":""}],
  "payload":"eyJpZCI6MX0="})";

TEST_F(Dlq, ListShowsOneLineForEachAndTellsTheTotal) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, kList}; });
  const Outcome outcome = ask(host, {"list", "--source", "edi", "--kind", "record"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "ID         KIND    SOURCE  SUBJECT      PRIORITY  ATTEMPTS  AGE  REASON\n"
            "record:ab  record  edi     edi:order:1  high      3         2h   no words\n");
  EXPECT_THAT(outcome.err, HasSubstr("1 of 2 dead letters"));
  EXPECT_EQ(host.requests().at(0).target, "/dlq?limit=100&source=edi&kind=record");
}

TEST_F(Dlq, StatsCountByKindAndSource) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, kList}; });
  EXPECT_EQ(ask(host, {"stats"}).out,
            "SOURCE  KIND    COUNT  OLDEST\n"
            "edi     record  2      2d\n"
            "all             2\n");
  EXPECT_EQ(Json::parse(ask(host, {"stats", "--json"}).out).at("total"), 2);
}

TEST_F(Dlq, ShowMarksForeignWordsAndEscapesThem) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, kLetter}; });
  const Outcome outcome = ask(host, {"show", "record:ab"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("upstream (untrusted)"));
  EXPECT_THAT(outcome.out, HasSubstr("\"say \\x1b[2J yes\""));
  EXPECT_THAT(outcome.out, HasSubstr("before, 2026-01-16T14:02:11.123Z"));
  EXPECT_THAT(outcome.out, HasSubstr("it was away"));
  EXPECT_EQ(host.requests().at(0).target, "/dlq/record%3Aab");
}

TEST_F(Dlq, ThePayloadComesOnlyWhereItIsAskedForAndThenAlone) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, kLetter}; });
  EXPECT_THAT(ask(host, {"show", "record:ab"}).out, Not(HasSubstr("eyJ")));
  EXPECT_EQ(ask(host, {"show", "record:ab", "--payload"}).out, "{\"id\":1}");
}

TEST_F(Dlq, RetryWaitsUntilTheLetterIsGone) {
  std::atomic<int> asked = 0;
  FakeHost host([&](const FakeHost::Request& request) -> FakeHost::Answer {
    if (request.method == "POST") return {202, R"({"id":"x","attempts":1,"workflow":"doc:1"})"};
    if (asked++ == 0) return {200, R"({"id":"x","attempts":1})"};
    return {404, R"({"error":{"kind":"not_found","message":"no x"}})"};
  });
  const Outcome outcome = ask(host, {"retry", "x"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("x: resolved"));
  EXPECT_EQ(host.requests().at(0).target, "/dlq/x/retry");
}

TEST_F(Dlq, RetryExits1WithTheReasonWhereItFailsAgain) {
  FakeHost host([&](const FakeHost::Request& request) -> FakeHost::Answer {
    if (request.method == "POST") return {202, R"({"id":"x","attempts":1,"workflow":"doc:1"})"};
    return {200, R"({"id":"x","attempts":2,"reason":"still no words"})"};
  });
  const Outcome outcome = ask(host, {"retry", "x"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("x: failed again: still no words"));
}

TEST_F(Dlq, RetryGivesUpWaitingAndSaysWhereToLook) {
  FakeHost host([&](const FakeHost::Request& request) -> FakeHost::Answer {
    if (request.method == "POST") return {202, R"({"id":"x","attempts":1,"workflow":"doc:1"})"};
    return {200, R"({"id":"x","attempts":1,"subject":"edi:order:1"})"};
  });
  const Outcome outcome = ask(host, {"retry", "x", "--timeout", "1"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("gantry status edi:order:1"));
}

TEST_F(Dlq, RetryOfAllTriesEachOfTheListAndGoesOnPastOneThatIsRefused) {
  FakeHost host([&](const FakeHost::Request& request) -> FakeHost::Answer {
    if (request.target.starts_with("/dlq?")) {
      return {200, R"({"letters":[{"id":"a"},{"id":"b"}],"total":2})"};
    }
    if (request.target == "/dlq/a/retry") {
      return {501, R"({"error":{"kind":"unsupported","message":"drop the file again"}})"};
    }
    return {202, R"({"id":"b","resolved":true})"};
  });
  const Outcome outcome = ask(host, {"retry", "--all", "--source", "edi"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("a: refused"));
  EXPECT_THAT(outcome.err, HasSubstr("drop the file again"));
  EXPECT_THAT(outcome.err, HasSubstr("b: resolved"));
  const auto json = Json::parse(ask(host, {"retry", "--all", "--json"}).out);
  EXPECT_EQ(json.at("letters").size(), 2u);
}

TEST_F(Dlq, RetryWantsIdsOrAllAndNotBoth) {
  EXPECT_EQ(gantry({"dlq", "retry"}).code, 2);
  EXPECT_EQ(gantry({"dlq", "retry", "x", "--all"}).code, 2);
  EXPECT_EQ(gantry({"dlq"}).code, 2);
  EXPECT_EQ(gantry({"dlq", "show"}).code, 2);
}

TEST_F(Dlq, ResolveSendsTheNote) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{200, R"({"id":"x","resolved":true})"};
  });
  const Outcome outcome = ask(host, {"resolve", "x", "--note", "sent again"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  const auto request = host.requests().at(0);
  EXPECT_EQ(request.target, "/dlq/x/resolve");
  EXPECT_EQ(Json::parse(request.body).at("note"), "sent again");
}

TEST_F(Dlq, ALetterThatIsNotThereExits1) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{404, R"({"error":{"kind":"not_found","message":"no dead letter"}})"};
  });
  for (const char* command : {"show", "retry", "resolve"}) {
    EXPECT_EQ(ask(host, {command, "x"}).code, 1) << command;
  }
}

}  // namespace
}  // namespace gantry::cli
