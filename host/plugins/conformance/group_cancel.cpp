#include "host/plugins/conformance/chain.hpp"

namespace gantry::plugins::conformance {
namespace {

using std::chrono::milliseconds;

/// The grace that gantry/abi.h gives, and a little for the machine.
constexpr milliseconds kGrace{6'000};
constexpr const char* kLate =
    "look at call.cancelled() in every loop: a cancelled call has 5 s to return";

/// OK stands only where everything was done before the cancellation could be seen.
Outcome judge(const Pulled& pulled, bool complete, const char* when) {
  if (pulled.said.status == GANTRY_CANCELLED) return passed();
  if (pulled.said.ok() && complete) return passed("it was done before it could see it");
  return failed(std::string("CANCELLED where the call is cancelled ") + when, pulled.said.text(),
                "call.throw_if_cancelled(), or return CANCELLED; never OK with half the work done");
}

Outcome before_start(const Subject& subject) {
  Rig rig(subject);
  need_polling(rig);
  const Chain full = subject.scenario.http.empty() ? Chain{} : full_chain(rig);
  rig.renew();
  rig.cancelled = true;
  StopPlan plan;
  const Pulled pulled = rig.pull("", plan);
  return judge(pulled, pulled.taken.records.size() >= full.records.size() && !pulled.more,
               "before it starts");
}

Outcome mid_http(const Subject& subject) {
  constexpr std::size_t kPlacesMax = 8;
  Rig rig(subject);
  need_polling(rig);
  std::size_t requests = 1;
  if (!subject.scenario.http.empty()) {
    full_chain(rig);
    requests = std::clamp<std::size_t>(rig.host().asked.size(), 1, kPlacesMax);
  }
  for (std::size_t place = 0; place < requests; ++place) {
    rig.renew();
    // The real service notices it while it waits for the answer.
    rig.host().vendor = [&rig, place, vendor = rig.host().vendor,
                         at = std::size_t{0}](const net::HttpRequest& request) mutable {
      if (at++ < place) return vendor(request);
      rig.cancelled = true;
      return HttpGiven{GANTRY_CANCELLED, 0, {}, {}};
    };
    StopPlan plan;
    const Chain chain = run_chain(rig, plan);
    if (rig.host().asked.size() <= place) return passed("it makes no request");
    if (chain.said.status == GANTRY_CANCELLED) continue;
    return failed("CANCELLED where the call is cancelled in request " + std::to_string(place + 1),
                  chain.said.text(), "pass on what http.send returns; do not try again");
  }
  return passed(std::to_string(requests) + (requests == 1 ? " request" : " requests"));
}

Outcome mid_emit(const Subject& subject) {
  if (subject.scenario.http.empty()) {
    return warned("a scenario with records", "no \"http\" in a scenario.json",
                  "write one, and name its folder with --samples (docs/connector-guide.md)");
  }
  Rig rig(subject);
  const Chain full = full_chain(rig);
  rig.renew();
  StopPlan plan;
  plan.on_emit = [&rig] { rig.cancelled = true; };
  const Pulled pulled = rig.pull("", plan);
  return judge(pulled, pulled.taken.records.size() >= full.records.size() && !pulled.more,
               "at the first record");
}

Outcome in_check(const Subject& subject) {
  Rig rig(subject);
  rig.host().vendor = [&rig](const net::HttpRequest&) {
    rig.cancelled = true;
    return HttpGiven{GANTRY_CANCELLED, 0, {}, {}};
  };
  Reported seen = rig.check();
  if (!seen.said.ok() && seen.said.status != GANTRY_CANCELLED) {
    return failed("CANCELLED or OK from a cancelled check", seen.said.text(),
                  "pass on what http.send returns");
  }
  rig.renew();
  rig.cancelled = true;
  seen = rig.check();
  if (seen.said.ok() || seen.said.status == GANTRY_CANCELLED) return passed();
  return failed("CANCELLED or OK from a cancelled check", seen.said.text(), "return CANCELLED");
}

Outcome in_parse(const Subject& subject) {
  Rig rig(subject);
  rig.cancelled = true;
  Taken taken;
  rig.parse(rig.request(R"({"id":"1"})"), taken);
  return passed();  // what it returns is its own; that it returns is the point
}

}  // namespace

std::vector<Test> cancel_tests() {
  return {
      {10, "cancel.before_start", "A call cancelled before it starts ends.", Needs::kPull,
       before_start, kGrace, kLate},
      {10, "cancel.mid_http", "A call cancelled in a request ends.", Needs::kPull, mid_http, kGrace,
       kLate},
      {10, "cancel.mid_emit", "A call cancelled between records ends.", Needs::kPull, mid_emit,
       kGrace, kLate},
      {10, "cancel.check", "A cancelled check ends.", Needs::kCheck, in_check, kGrace, kLate},
      {10, "cancel.parse", "A cancelled parse ends.", Needs::kWebhook, in_parse, kGrace, kLate},
  };
}

}  // namespace gantry::plugins::conformance
