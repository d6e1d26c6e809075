#include <atomic>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

struct HostCommands : CliTest {
  /// With --admin of a host that gives these answers.
  Outcome ask(const FakeHost& host, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--admin", host.address()});
    return gantry(std::move(arguments));
  }
};

constexpr char kDelivery[] = R"({
  "id":"front-ops/evt_1","kind":"delivery","source":"front-ops","state":"completed","done":true,
  "steps":[{"name":"received","at":"2026-01-16T14:02:11.123Z","detail":""},
           {"name":"stored","at":"2026-01-16T14:02:11.125Z","detail":"inbox"},
           {"name":"completed","at":"2026-01-16T14:02:12.123Z","detail":""}],
  "workflow":{"id":"webhook:front-ops:evt_1","run_id":"r","status":"COMPLETED"},
  "documents":[{"id":"front-ops:message:msg_1","kind":"document","state":"parsed","done":false,
    "steps":[{"name":"parsed","at":"2026-01-16T14:02:11.623Z"},{"name":"written","at":null}]}]})";

TEST_F(HostCommands, StatusShowsTheWholeWayWithTimes) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, kDelivery}; });
  const Outcome outcome = ask(host, {"status", "front-ops/evt_1"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "front-ops/evt_1  delivery  completed  webhook:front-ops:evt_1 COMPLETED\n"
            "  received   2026-01-16T14:02:11.123Z  +0 ms\n"
            "  stored     2026-01-16T14:02:11.125Z  +2 ms     inbox\n"
            "  completed  2026-01-16T14:02:12.123Z  +1000 ms\n"
            "front-ops:message:msg_1  document  parsed\n"
            "  parsed   2026-01-16T14:02:11.623Z  +500 ms\n"
            "  written  -                         -\n");
}

TEST_F(HostCommands, AnIdIsOnePercentEncodedSegment) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, kDelivery}; });
  ask(host, {"status", "front-ops/evt_1"});
  ask(host, {"status", "a:b:c d%?é"});
  std::vector<std::string> targets;
  for (const auto& request : host.requests()) targets.push_back(request.target);
  EXPECT_THAT(targets,
              ElementsAre("/status/front-ops%2Fevt_1", "/status/a%3Ab%3Ac%20d%25%3F%C3%A9"));
}

TEST_F(HostCommands, StatusJsonIsTheHostsAnswer) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, kDelivery}; });
  EXPECT_EQ(Json::parse(ask(host, {"status", "x", "--json"}).out), Json::parse(kDelivery));
}

TEST_F(HostCommands, StatusWaitsThroughUnknownAndUnfinished) {
  std::atomic<int> asked = 0;
  FakeHost host([&](const FakeHost::Request&) -> FakeHost::Answer {
    switch (asked++) {
      case 0:
        return {404, R"({"error":{"kind":"not_found","message":"no x"}})"};
      case 1:
        return {200, R"({"id":"x","kind":"document","state":"parsed","done":false})"};
      default:
        return {200, R"({"id":"x","kind":"document","state":"completed","done":true})"};
    }
  });
  const Outcome outcome = ask(host, {"status", "x", "--wait"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(asked, 3);
  EXPECT_THAT(outcome.out, HasSubstr("completed"));
}

TEST_F(HostCommands, StatusExits1WhenTheWaitEndsBadly) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{200, R"({"id":"x","kind":"delivery","state":"dead_letter","done":true,
                                     "error":{"kind":"invalid","what":"not JSON"}})"};
  });
  const Outcome outcome = ask(host, {"status", "x", "--wait"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("error: not JSON"));
}

TEST_F(HostCommands, StatusGivesUpAtTheTimeOutAndSaysWhereItStands) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{200, R"({"id":"x","state":"parsed","done":false})"};
  });
  const Outcome outcome = ask(host, {"status", "x", "--wait", "--timeout", "1"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("x is not done after 1 s; it stands at parsed"));
}

constexpr const char* kReady = R"({"status":"ready","temporal":{"address":"127.0.0.1:7233",
  "serving":true},"stores":[{"name":"documents/postgres","reachable":false,"reason":"nobody listens"}],
  "sources":3,"refused":1})";

TEST_F(HostCommands, StatusWithoutAnIdTellsOfTheHost) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, kReady}; });
  const Outcome outcome = ask(host, {"status"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(host.requests().front().target, "/readyz");
  EXPECT_THAT(outcome.out, HasSubstr("ready"));
  EXPECT_THAT(outcome.out, HasSubstr("127.0.0.1:7233\n"));
  EXPECT_THAT(outcome.out, HasSubstr("nobody listens"));
  EXPECT_THAT(outcome.out, HasSubstr("1, see gantry sources"));
  EXPECT_EQ(Json::parse(ask(host, {"status", "--json"}).out), Json::parse(kReady));
}

TEST_F(HostCommands, AHostThatWaitsForTemporalIsShownAndExits1) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{
        503, R"({"status":"waiting","temporal":{"address":"t:7233","serving":false}})"};
  });
  const Outcome outcome = ask(host, {"status"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("t:7233 (no answer yet)"));
}

TEST_F(HostCommands, StatusWaitsForTheHostWhereItIsTold) {
  std::atomic<int> asked = 0;
  FakeHost host([&](const FakeHost::Request&) {
    return ++asked < 3 ? FakeHost::Answer{503, R"({"status":"waiting"})"}
                       : FakeHost::Answer{200, kReady};
  });
  EXPECT_EQ(ask(host, {"status", "--wait"}).code, 0);
  EXPECT_EQ(asked, 3);
}

TEST_F(HostCommands, WhatIsNoHostIsNotTakenForOne) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, "<html>"}; });
  const Outcome outcome = ask(host, {"status"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no host of Gantry"));
}

TEST_F(HostCommands, TheHostsOwnErrorIsShownAndExits1) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{404,
                            R"({"error":{"kind":"not_found","message":"no delivery x\u001b[2J"}})"};
  });
  const Outcome outcome = ask(host, {"status", "x"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("404"));
  EXPECT_THAT(outcome.err, HasSubstr("no delivery x\\x1b[2J"));
}

TEST_F(HostCommands, WithoutARunningHostEveryCommandSaysHowToStartOne) {
  std::string free_address;
  {
    FakeHost gone([](const FakeHost::Request&) { return FakeHost::Answer{}; });
    free_address = gone.address();
  }
  const std::string file = dir.write("a.txt", "x");
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"status", "x"},
                                                    {"status"},
                                                    {"search", "x"},
                                                    {"sources"},
                                                    {"ingest", file}}) {
    auto line = arguments;
    line.insert(line.end(), {"--admin", free_address});
    const Outcome outcome = gantry(line);
    EXPECT_EQ(outcome.code, 1) << arguments[0];
    EXPECT_THAT(outcome.err, HasSubstr("no host answers on http://" + free_address))
        << arguments[0];
    EXPECT_THAT(outcome.err, HasSubstr("gantry run"));
  }
}

TEST_F(HostCommands, TheAdminAddressComesFromConfiguration) {
  FakeHost host(
      [](const FakeHost::Request&) { return FakeHost::Answer{200, R"({"sources":[]})"}; });
  const std::string port = host.address().substr(host.address().rfind(':'));
  // Listening everywhere is asked on loopback.
  dir.conf("00-host.toml", "[admin]\nlisten = \"0.0.0.0" + port + "\"\n");
  EXPECT_EQ(gantry_here({"sources"}).code, 0);
  EXPECT_EQ(host.requests().size(), 1u);
}

TEST_F(HostCommands, AnAnswerThatIsNoJsonNamesTheAddress) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, "<html>"}; });
  const Outcome outcome = ask(host, {"search", "x"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("is that the admin address?"));
}

TEST_F(HostCommands, SearchSendsItsFiltersAndPrintsHitsInOrder) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{200, R"({"hits":[
      {"id":"f:message:1","title":"Rate con","snippet":"reefer\nDallas","score":0.5},
      {"id":"f:message:2","title":"Second","snippet":"","score":0.25}]})"};
  });
  const Outcome outcome = ask(host, {"search", "reefer & Dallas", "--limit", "3", "--source",
                                     "front-ops", "--kind", "message"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            " 1. 0.500  f:message:1  Rate con\n"
            "    reefer\\x0aDallas\n"
            " 2. 0.250  f:message:2  Second\n");
  EXPECT_EQ(host.requests().at(0).target,
            "/search?q=reefer%20%26%20Dallas&limit=3&source=front-ops&kind=message");
}

TEST_F(HostCommands, SearchSaysWhatFoundAHitAndFiltersByTimeAndEntity) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{200, R"({"hits":[
      {"id":"f:message:1","title":"Rate con","score":0.5,"why":["text","graph:load 4711"]}]})"};
  });
  const Outcome outcome = ask(host, {"search", "reefer", "--from", "2026-01-01", "--to",
                                     "2026-02-01", "--entity", "load:4711"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            " 1. 0.500  f:message:1  Rate con\n"
            "    found by text, graph:load 4711\n");
  EXPECT_EQ(host.requests().at(0).target,
            "/search?q=reefer&limit=10&from=2026-01-01&to=2026-02-01&entity=load%3A4711");
}

TEST_F(HostCommands, StatusOfADocumentTellsWhatBroughtItAndWhichStoresHoldIt) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{200, R"({"id":"f:message:1","kind":"document","state":"completed",
      "done":true,"steps":[],"brought_by":"webhook:front:evt_1","stores":[
        {"name":"documents/postgres","present":true,"version":7},
        {"name":"vectors/embedded","present":true,"version":7,"state":"deleted"},
        {"name":"graph/embedded","present":false},{"name":"x","error":"away\u001b"}]})"};
  });
  EXPECT_EQ(ask(host, {"status", "f:message:1"}).out,
            "f:message:1  document  completed\n"
            "  brought by webhook:front:evt_1\n"
            "  in documents/postgres: version 7\n"
            "  in vectors/embedded: version 7, deleted\n"
            "  in graph/embedded: none\n"
            "  in x: not known, away\\x1b\n");
}

TEST_F(HostCommands, NothingFoundIsNoFailure) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{200, R"({"hits":[]})"}; });
  const Outcome outcome = ask(host, {"search", "x"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "nothing found\n");
}

TEST_F(HostCommands, IngestPostsTheBytesWithTheirTypeAndPrintsTheIds) {
  FakeHost host([](const FakeHost::Request& request) {
    return FakeHost::Answer{202, R"({"document":"upload:file:)" + request.body + R"("})"};
  });
  const std::string md = dir.write("no tes.md", "one"), bin = dir.write("x.bin", "two");
  const Outcome outcome = ask(host, {"ingest", md, bin, "--source", "archive", "--kind", "note"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "upload:file:one\nupload:file:two\n");
  const auto requests = host.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/documents?source=archive&kind=note&name=no%20tes.md");
  EXPECT_EQ(requests[0].header("Content-Type"), "text/markdown");
  EXPECT_EQ(requests[1].header("Content-Type"), "application/octet-stream");
}

TEST_F(HostCommands, IngestGoesOnAfterABadFileAndExits1) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{202, R"({"document":"upload:file:1"})"};
  });
  const std::string good = dir.write("a.txt", "x");
  const Outcome outcome = ask(host, {"ingest", dir.path("missing.txt"), dir.path("conf.d"), good});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "upload:file:1\n");
  EXPECT_THAT(outcome.err, HasSubstr("missing.txt is no file"));
  EXPECT_THAT(outcome.err, HasSubstr("conf.d is no file"));
}

TEST_F(HostCommands, AnEmptyFileIsUploadedForTheHostToJudge) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{400, R"({"error":{"kind":"invalid","message":"empty document"}})"};
  });
  const Outcome outcome = ask(host, {"ingest", dir.write("empty.txt", "")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("empty document"));
}

TEST_F(HostCommands, IngestWaitsForEachDocument) {
  FakeHost host([](const FakeHost::Request& request) -> FakeHost::Answer {
    if (request.method == "POST")
      return {202, R"({"document":"upload:file:)" + request.body + R"("})"};
    const bool bad = request.target.find("bad") != std::string::npos;
    return {200,
            bad ? R"({"state":"failed","done":true})" : R"({"state":"completed","done":true})"};
  });
  const std::string good = dir.write("a.txt", "good"), bad = dir.write("b.txt", "bad");
  EXPECT_EQ(ask(host, {"ingest", good, "--wait"}).code, 0);
  const Outcome outcome = ask(host, {"ingest", good, bad, "--wait", "--json"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("upload:file:bad ended as failed"));
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["documents"][0]["state"], "completed");
  EXPECT_EQ(json["documents"][1]["state"], "failed");
}

TEST_F(HostCommands, SourcesIsATableOfTheRunningHost) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{200, R"({"sources":[
      {"id":"front-ops","plugin":"frontapp","version":"1.0.0",
       "capabilities":["gantry.webhook/1","gantry.check/1"],"state":"running",
       "flows":[],"dead_letters":4,
       "deliveries":{"accepted":12,"duplicate":1,"rejected":3,"pending":0}},
      {"id":"plaid-main","plugin":"plaid","version":"1.0.0","capabilities":["gantry.poller/1"],
       "state":"reauth","reason":"ITEM_LOGIN_REQUIRED","dead_letters":0,
       "deliveries":{"accepted":0,"duplicate":0,"rejected":0,"pending":0},
       "flows":[{"kind":"polling","state":"reauth","records":4711,"cursor":"c",
                 "last_success":"2026-01-16T14:02:11Z","cursor_age_s":7300}]},
      {"id":"turvo","plugin":"turvo","state":"refused","reason":"no file"}]})"};
  });
  const Outcome outcome = ask(host, {"sources"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(
      outcome.out,
      testing::ContainsRegex(
          "front-ops +frontapp +1.0.0 +webhook,check +running +- +- +- +- +12 +1 +3 +0 +4\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex(
                               "turvo +turvo +refused: no file +- +- +- +- +- +- +- +- +-\n"));
  // 7,300 s are two hours and a bit.
  EXPECT_THAT(outcome.out,
              testing::ContainsRegex("plaid-main +plaid +1.0.0 +poller +reauth: ITEM_LOGIN_REQUIRED"
                                     " +4711 +2026-01-16T14:02:11Z +2h +- +0 +0 +0 +0 +0\n"));
  EXPECT_EQ(Json::parse(ask(host, {"sources", "--json"}).out)["sources"].size(), 3u);
}

TEST_F(HostCommands, SourcesTellsTheHostWhatASourceShallDo) {
  FakeHost host([](const FakeHost::Request& request) {
    if (request.target == "/sources/nobody/poll") {
      return FakeHost::Answer{
          404, R"({"error":{"kind":"not_found","message":"no source has the id nobody"}})"};
    }
    return FakeHost::Answer{202, R"({"source":"plaid main","action":"pause"})"};
  });
  const Outcome outcome = ask(host, {"sources", "pause", "plaid main"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].method, "POST");
  EXPECT_EQ(host.requests()[0].target, "/sources/plaid%20main/pause");

  const Outcome unknown = ask(host, {"sources", "poll", "nobody"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("no source has the id nobody"));
}

TEST_F(HostCommands, SourcesRefusesAnActionThatDoesNotExistOrHasNoName) {
  FakeHost host([](const FakeHost::Request&) { return FakeHost::Answer{}; });
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"sources", "delete", "x"},
        {"sources", "pause"},
        {"sources", "pause", "x", "--offline"}}) {
    EXPECT_EQ(ask(host, arguments).code, 2) << arguments[1];
  }
  EXPECT_TRUE(host.requests().empty());
}

TEST_F(HostCommands, SourcesOfflineReadsConfigurationAndPlugins) {
  dir.conf("50-a.toml", "[source]\n");
  dir.conf("51-b.toml", "[source]\nenabled = false\n");
  dir.conf("52-c.toml", "[source]\n");
  hooks.load_sources = [](const config::Config&) {
    return std::vector<LoadedSource>{{"a", "a", "2.0", {"gantry.webhook/1"}, {}, {}},
                                     {"b", "b", "", {}, {}, {}},
                                     {"c", "c", "", {}, {}, {"c.so: no such file"}}};
  };
  const Json json = Json::parse(gantry_here({"sources", "--offline", "--json"}).out);
  EXPECT_EQ(json["sources"][0]["state"], "configured");
  EXPECT_EQ(json["sources"][0]["version"], "2.0");
  EXPECT_EQ(json["sources"][1]["state"], "disabled");
  EXPECT_EQ(json["sources"][2]["state"], "refused");
  EXPECT_EQ(json["sources"][2]["reason"], "c.so: no such file");
}

TEST_F(HostCommands, AHostsAnswerCannotDriveTheTerminal) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{
        200, R"({"hits":[{"id":"\u001b]0;x\u0007","title":"\u001b[2J","snippet":"\r"}],
                                     "sources":[{"id":"\u001b[2J"}],
                                     "id":"\u001b[2J","steps":[{"name":"\u001b[2J"}]})"};
  });
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"search", "x"}, {"sources"}, {"status", "x"}}) {
    const Outcome outcome = ask(host, arguments);
    EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b"))) << arguments[0];
    EXPECT_THAT(outcome.out, Not(HasSubstr("\r"))) << arguments[0];
  }
}

}  // namespace
}  // namespace gantry::cli
