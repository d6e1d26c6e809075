#include "host/plugins/conformance/chain.hpp"

namespace gantry::plugins::conformance {
namespace {

constexpr std::size_t kBoundariesMax = 200;
constexpr const char* kLaw =
    "checkpoint only what was emitted before it, and start the next poll there";

Outcome unproven() {
  return warned("a scenario to run the feed against", "no \"http\" in a scenario.json",
                "write one, and name its folder with --samples (docs/connector-guide.md)");
}

/// All boundaries, or as many as the seed chooses.
std::vector<std::size_t> boundaries(std::size_t count, const Subject& subject) {
  std::vector<std::size_t> out;
  auto random = subject.random(6);
  for (std::size_t i = 0; i < std::min(count, kBoundariesMax); ++i) {
    out.push_back(count <= kBoundariesMax ? i : random() % count);
  }
  return out;
}

Outcome full_run(const Subject& subject) {
  if (subject.scenario.http.empty()) return unproven();
  Rig rig(subject);
  const Chain full = full_chain(rig);
  if (full.records.empty()) {
    return failed("records", "the scenario gave none",
                  "let the vendor of scenario.json have something new");
  }
  if (full.cursors.empty()) {
    return failed("a checkpoint", "there was none: each poll would begin anew",
                  "call sink.checkpoint after each page");
  }
  return passed(std::to_string(full.records.size()) + " records, " +
                std::to_string(full.cursors.size()) + " checkpoints");
}

Outcome emits(const Subject& subject) {
  if (subject.scenario.http.empty()) return unproven();
  Rig rig(subject);
  const Chain full = full_chain(rig);
  for (const std::size_t at : boundaries(full.records.size(), subject)) {
    rig.renew();
    StopPlan plan;
    plan.at_emit = at;
    const Chain chain = run_chain(rig, plan);
    const std::string wrong = compare(full, chain, 2);
    if (wrong.empty()) continue;
    return failed("the same records where the sink says STOP at emit " + std::to_string(at), wrong,
                  kLaw);
  }
  return passed();
}

Outcome checkpoints(const Subject& subject) {
  if (subject.scenario.http.empty()) return unproven();
  Rig rig(subject);
  const Chain full = full_chain(rig);
  for (const std::size_t at : boundaries(full.cursors.size(), subject)) {
    rig.renew();
    StopPlan plan;
    plan.at_checkpoint = at;
    const std::string wrong = compare(full, run_chain(rig, plan), 2);
    if (wrong.empty()) continue;
    return failed("the same records where the sink says STOP at checkpoint " + std::to_string(at),
                  wrong, kLaw);
  }
  return passed();
}

Outcome everywhere(const Subject& subject) {
  if (subject.scenario.http.empty()) return unproven();
  Rig rig(subject);
  const Chain full = full_chain(rig);
  rig.renew();
  StopPlan plan;
  plan.at_every_checkpoint = true;
  plan.quiet_polls_max = full.cursors.size() + 1;  // a whole round, in which nothing came
  const std::string wrong = compare(full, run_chain(rig, plan), 2 * plan.quiet_polls_max);
  if (wrong.empty()) return passed();
  return failed("the same records where the sink says STOP at every checkpoint", wrong, kLaw);
}

Outcome stop(const Subject& subject) {
  if (subject.scenario.http.empty()) return unproven();
  Rig rig(subject);
  const Chain full = full_chain(rig);
  for (const std::size_t at : boundaries(std::min<std::size_t>(full.records.size(), 20), subject)) {
    rig.renew();
    StopPlan plan;
    plan.at_emit = at;
    const Pulled pulled = rig.pull("", plan);
    if (!pulled.taken.stopped) continue;  // a later poll of the chain would meet it
    if (!pulled.said.ok()) {
      return failed("OK after STOP", pulled.said.text(), "STOP is no failure: return OK soon");
    }
    if (pulled.taken.after_stop == 0) continue;
    return failed("no emit after STOP", std::to_string(pulled.taken.after_stop) + " more records",
                  "look at what emit answers");
  }
  return passed();
}

Outcome garbage(const Subject& subject) {
  Rig rig(subject);
  const bool scripted = !subject.scenario.http.empty();
  need_polling(rig);
  const Chain full = scripted ? full_chain(rig) : Chain{};
  std::vector<std::string> cursors = {
      "garbage", std::string("\0\xFF\xFE", 3), "{", "[]", "\"", "{\"v\":999999}",
      "v999:x",  std::string(64U << 10U, 'A')};
  if (!full.cursors.empty()) cursors.push_back(full.cursor() + "\x01garbage");
  std::string unclear;
  for (const std::string& cursor : cursors) {
    rig.renew();
    rig.host().vendor = scripted_vendor(subject.scenario, {GANTRY_OK, 400, {}, "{}"});
    StopPlan plan;
    const Chain chain = run_chain(rig, plan, cursor);
    const std::string what = "the cursor \"" + shown(cursor.substr(0, 40)) + '"';
    if (chain.said.status == GANTRY_DATA && chain.said.error.code == "CURSOR") continue;
    // Beginning anew is right, too: nothing is lost.
    if (chain.said.ok() && scripted && compare(full, chain, 1).empty()) continue;
    const bool silent = chain.said.ok() || chain.said.status == GANTRY_BUG;
    if (scripted || silent) {
      return failed(
          "DATA with the code CURSOR, or everything from the beginning, for " + what,
          chain.said.text(),
          "check the cursor's form first; throw Failure(Status::kData, …).code(\"CURSOR\")");
    }
    unclear = what + ": " + chain.said.text();
  }
  if (unclear.empty()) return passed();
  return warned("DATA with the code CURSOR", unclear,
                "without a scenario the vendor of this test answers 400 to everything");
}

}  // namespace

std::vector<Test> cursor_tests() {
  return {
      {6, "cursor.full_run", "The scenario gives records and checkpoints.", Needs::kPull, full_run},
      {6, "cursor.stop", "STOP ends a poll.", Needs::kPull, stop},
      {6, "cursor.emits", "STOP at any record loses none.", Needs::kPull, emits},
      {6, "cursor.checkpoints", "STOP at any checkpoint loses none.", Needs::kPull, checkpoints},
      {6, "cursor.everywhere", "STOP at every checkpoint loses none.", Needs::kPull, everywhere},
      {6, "cursor.garbage", "A cursor that is none is refused.", Needs::kPull, garbage},
  };
}

}  // namespace gantry::plugins::conformance
