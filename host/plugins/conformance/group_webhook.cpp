#include <array>

#include "host/plugins/conformance/webhook_requests.hpp"

namespace gantry::plugins::conformance {
namespace {

constexpr std::size_t kBodyMax = 1U << 20U;  // the door's own default

Outcome round_trip(const Subject& subject) {
  Rig rig(subject);
  std::size_t tried = 0;
  for (const GoodRequest& good : good_requests(rig, subject)) {
    const Verified seen = rig.verify(good.request);
    if (!seen.accepted()) {
      return failed("verify accepts " + good.name, seen.text(),
                    "verify must take what sign makes, and what scenario.json calls good");
    }
    if (seen.verdict.decision == plugins::Verdict::Decision::kAccept && !good.reply) ++tried;
    Taken taken;
    const Said said = rig.parse(good.request, taken);
    if (!said.ok() && said.status != GANTRY_DATA) {
      return failed("parse of " + good.name + " returns OK or DATA", said.text(),
                    "turn what cannot be read into DATA or sink.reject");
    }
    if (!taken.broken.empty()) {
      return failed("records that keep the rules of gantry_record", taken.broken.front(),
                    "see gantry/abi.h, gantry_record");
    }
  }
  for (const KnownRequest& known : subject.scenario.requests) {
    if (known.verdict != "reject") continue;
    const Verified seen = rig.verify(fill_in(rig, subject, known));
    if (seen.accepted()) {
      return failed("verify rejects " + known.name, seen.text(), "check the signature first");
    }
  }
  if (tried > 0) return passed(std::to_string(tried) + " requests");
  return warned("proof that a good request is accepted",
                "the plugin has no sign, and scenario.json no request to accept",
                "implement sign, or add \"requests\" to scenario.json");
}

Outcome stable_id(const Subject& subject) {
  Rig rig(subject);
  for (const GoodRequest& good : good_requests(rig, subject)) {
    const Verified first = rig.verify(good.request);
    rig.renew();
    const Verified again = rig.verify(good.request);
    if (first.verdict.decision == again.verdict.decision &&
        first.verdict.delivery_id == again.verdict.delivery_id) {
      continue;
    }
    return failed("the same verdict and delivery id for the same request",
                  shown(first.verdict.delivery_id) + " and " + shown(again.verdict.delivery_id),
                  "derive the id from the request alone: redelivery must find it again");
  }
  return passed();
}

Outcome pure(const Subject& subject) {
  Rig rig(subject);
  rig.verify(rig.request("{}"));
  for (const GoodRequest& good : good_requests(rig, subject)) {
    rig.host().asked.clear();
    rig.host().kv_writes = 0;
    rig.verify(good.request);
    if (!rig.host().asked.empty()) break;
    if (rig.host().kv_writes == 0) continue;
    return warned("verify keeps no state", "it writes to gantry.kv/1",
                  "leave bookkeeping to parse; the host knows deliveries by their id");
  }
  if (rig.host().asked.empty()) return passed();
  const auto& asked = rig.host().asked.front();
  return failed("verify makes no HTTP call", asked.method + ' ' + shown(asked.url),
                "fetch keys in check or poll, and keep them; verify has milliseconds");
}

/// Whatever comes in, verify decides and parse ends in OK or DATA.
void expect_calm(Rig& rig, const InboundRequest& request, const std::string& what) {
  const Verified seen = rig.verify(request);
  if (!seen.broken.empty()) {
    fail("a verdict that keeps the rules, for " + what, seen.broken, "see gantry/webhook.h");
  }
  if (seen.said.status == GANTRY_BUG) {
    fail("a verdict for " + what, seen.text(), "reject what verify cannot read");
  }
  Taken taken;
  const Said said = rig.parse(request, taken);
  if (said.status == GANTRY_BUG || said.status == GANTRY_CONFIG) {
    fail("OK or DATA from parse of " + what, said.text(),
         "turn what cannot be read into DATA or sink.reject");
  }
}

Outcome odd_bodies(const Subject& subject) {
  Rig rig(subject);
  const std::array<std::pair<const char*, std::string>, 12> bodies{{
      {"an empty body", ""},
      {"one NUL", std::string(1, '\0')},
      {"a body of 1 MiB", std::string(kBodyMax, 'A')},
      {"a body of 1 MiB of NUL", std::string(kBodyMax, '\0')},
      {"an open text of 1 MiB", '"' + std::string(kBodyMax - 1, 'A')},
      {"100,000 open lists", std::string(100'000, '[')},
      {"a list of lists", "[[[[[[[[]]]]]]]]"},
      {"null", "null"},
      {"a number beyond every type", "{\"id\":" + std::string(5000, '9') + '}'},
      {"bytes that are no UTF-8", "{\"id\":\"\xC3\x28\xFF\"}"},
      {"a lone surrogate", R"({"id":"\ud800"})"},
      {"a byte order mark", "\xEF\xBB\xBF{}"},
  }};
  for (const auto& [what, body] : bodies) {
    InboundRequest request = rig.request(body);
    const Signed made = rig.sign(request);
    if (made.said.status == GANTRY_BUG) {
      return failed(std::string("sign of ") + what + " works or says why not", made.said.text(),
                    "sign signs bytes, not JSON");
    }
    expect_calm(rig, request, what);
    append(request.headers, made.headers);
    expect_calm(rig, request, std::string(what) + ", signed");
  }
  return passed();
}

/// Changes bytes, cuts, doubles and splices, as a broken sender or a curious one would.
void mutate(std::string& text, std::mt19937_64& random) {
  const auto below = [&](std::size_t size) { return size == 0 ? 0 : random() % size; };
  static constexpr std::array<std::string_view, 10> kPieces{
      "\0", "\xFF", "{", "]", "\"", "\\u0000", "-1", "1e999", "null", "=,;"};
  switch (below(5)) {
    case 0:
      if (!text.empty()) text[below(text.size())] = static_cast<char>(random());
      break;
    case 1:
      text.resize(below(text.size() + 1));
      break;
    case 2:
      text.insert(below(text.size() + 1), kPieces[below(kPieces.size())]);
      break;
    case 3:
      text.erase(below(text.size() + 1), 1 + below(8));
      break;
    default:
      text += text.substr(below(text.size() + 1), 64);
  }
}

Outcome fuzz(const Subject& subject) {
  constexpr int kRounds = 1500;
  Rig rig(subject);
  std::vector<GoodRequest> seeds = good_requests(rig, subject);
  if (seeds.empty()) seeds.push_back({"a plain request", rig.request(R"({"id":"1","type":"x"})")});
  auto random = subject.random(5);
  for (int round = 0; round < kRounds; ++round) {
    InboundRequest request = seeds[random() % seeds.size()].request;
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
      if (random() % 2 == 0) {
        mutate(request.body, random);
      } else {
        auto& [name, value] = request.headers[random() % request.headers.size()];
        mutate(random() % 8 == 0 ? name : value, random);
      }
    }
    expect_calm(rig, request, "mutated request " + std::to_string(round));
  }
  return passed(std::to_string(kRounds) + " requests");
}

}  // namespace

std::vector<Test> webhook_tests() {
  return {
      {5, "webhook.round_trip", "A good request is accepted and read.", Needs::kWebhook,
       round_trip},
      {5, "webhook.stable_id", "Redelivery keeps its delivery id.", Needs::kWebhook, stable_id},
      {5, "webhook.pure", "verify calls nobody.", Needs::kWebhook, pure},
      {5, "webhook.odd_bodies", "Empty, huge and broken bodies harm nobody.", Needs::kWebhook,
       odd_bodies},
      {5, "webhook.fuzz", "Mutated requests harm nobody.", Needs::kWebhook, fuzz},
  };
}

}  // namespace gantry::plugins::conformance
