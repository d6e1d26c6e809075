#include "host/plugins/conformance/chain.hpp"

#include <iterator>
#include <set>

namespace gantry::plugins::conformance {
namespace {

constexpr int kPollsMax = 5000;

template <class T>
void move_to(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

Chain run_chain(Rig& rig, StopPlan& plan, std::string cursor) {
  Chain chain;
  std::set<std::string> known;
  std::size_t quiet = 0;
  for (int i = 0; i < kPollsMax; ++i) {
    plan.cursor = cursor;
    Pulled pulled = rig.pull(cursor, plan);
    Taken& taken = pulled.taken;
    const std::size_t before = known.size();
    for (const Record& record : taken.records) known.insert(record.fingerprint());
    quiet = known.size() == before ? quiet + 1 : 0;
    if (!taken.cursors.empty()) cursor = taken.cursors.back();
    move_to(chain.records, taken.records);
    move_to(chain.rejected, taken.rejected);
    move_to(chain.cursors, taken.cursors);
    move_to(chain.broken, taken.broken);
    chain.after_stop += taken.after_stop;
    chain.said = std::move(pulled.said);
    if (!chain.said.ok()) return chain;
    if (!pulled.more && !taken.stopped) return chain;
    if (plan.quiet_polls_max != 0 && quiet >= plan.quiet_polls_max) return chain;
  }
  chain.endless = true;
  return chain;
}

void need_polling(Rig& rig) {
  rig.renew();
  StopPlan plan;
  const Pulled pulled = rig.pull("", plan);
  const bool refused =
      pulled.said.status == GANTRY_CONFIG || pulled.said.status == GANTRY_UNSUPPORTED;
  if (!refused || !rig.host().asked.empty()) return;
  throw Ended{warned("a configuration with which it polls", pulled.said.text(),
                     "name one with --config, or put a config.toml into the --samples folder")};
}

Chain full_chain(Rig& rig) {
  need_polling(rig);
  rig.renew();
  StopPlan plan;
  Chain chain = run_chain(rig, plan);
  if (!rig.strangers.empty()) {
    fail("requests that the scenario knows", shown(rig.strangers.front()),
         "add an answer for it to \"http\" in scenario.json");
  }
  if (!chain.said.ok()) {
    fail("the scenario runs to its end", chain.said.text(),
         "correct scenario.json, or the connector");
  }
  if (chain.endless) {
    fail("an end of the feed", "more than 5000 polls, each with *more = 1",
         "set *more only where another poll would bring something now");
  }
  if (!chain.broken.empty()) {
    fail("records that keep the rules of gantry_record", shown(chain.broken.front()),
         "see gantry/abi.h, gantry_record");
  }
  return chain;
}

std::string compare(const Chain& full, const Chain& chain, std::size_t times_max) {
  if (!chain.said.ok()) return "a poll failed with " + chain.said.text();
  if (chain.endless) return "no end after 5000 polls";
  std::map<std::string, std::size_t> wanted;
  std::map<std::string, std::size_t> got;
  for (const Record& record : full.records) ++wanted[record.fingerprint()];
  for (const Record& record : chain.records) ++got[record.fingerprint()];
  for (const Record& record : full.records) {
    if (!got.contains(record.fingerprint()))
      return "the record " + shown(record.name()) + " is lost";
  }
  for (const Record& record : chain.records) {
    const std::string print = record.fingerprint();
    if (!wanted.contains(print)) {
      return "the record " + shown(record.name()) + " is there only after the interruption";
    }
    if (got[print] > wanted[print] * times_max) {
      return "the record " + shown(record.name()) + " comes " + std::to_string(got[print]) +
             " times";
    }
  }
  return {};
}

}  // namespace gantry::plugins::conformance
