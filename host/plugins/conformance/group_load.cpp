#include <chrono>

#include "host/plugins/conformance/process_state.hpp"
#include "host/plugins/conformance/rig.hpp"

namespace gantry::plugins::conformance {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

Outcome loads(const Subject& subject) {
  const Module first = open_module(subject.file);
  const Module second = open_module(subject.file);
  if (first.raw == second.raw) return passed();
  return failed("the entry returns the same static data every time", "another address",
                "return the address of a static const gantry_plugin");
}

Outcome scan(const Subject& subject) {
  constexpr milliseconds kScanMax{100};
  const auto started = steady_clock::now();
  open_module(subject.file);
  const auto took = duration_cast<milliseconds>(steady_clock::now() - started);
  if (took <= kScanMax) return passed();
  return warned("loaded within 100 ms", std::to_string(took.count()) + " ms",
                "leave work in constructors and static initialisers to init or create");
}

Outcome lifecycle(const Subject& subject) {
  const Module module = open_module(subject.file);
  BenchHost host("check-source", Shape::kPlain);
  host.services.insert(subject.manifest.services.begin(), subject.manifest.services.end());
  for (int round = 0; round < 2; ++round) {
    const gantry_status status = module.entry.init(host.native());
    if (status != GANTRY_OK) {
      return failed("init returns OK", name_of(status), "init must work after a deinit, too");
    }
    module.entry.deinit();
    module.entry.deinit();
  }
  return passed();
}

/// A whole life between two looks at the process.
struct Life {
  ProcessState before;
  ProcessState after;
};

Life live(const Subject& subject) {
  Life life;
  life.before = read_process_state();
  {
    const Rig rig(subject);
  }
  life.after = read_process_state();
  return life;
}

Outcome judge(const char* expected, const std::string& seen, const char* remedy) {
  return seen.empty() ? passed() : failed(expected, shown(seen), remedy);
}

Outcome threads(const Subject& subject) {
  const Life life = live(subject);
  return judge("no thread of the plugin runs after deinit",
               difference(life.before.threads, life.after.threads),
               "join threads in destroy and deinit; no call outlives them");
}

Outcome files(const Subject& subject) {
  const Life life = live(subject);
  return judge("no open file is left after deinit", difference(life.before.files, life.after.files),
               "close what create and init open");
}

Outcome signals(const Subject& subject) {
  const Life life = live(subject);
  return judge("signal handlers and mask as before",
               difference(life.before.signals, life.after.signals),
               "signals belong to the host; use the call's cancelled()");
}

Outcome locale(const Subject& subject) {
  const Life life = live(subject);
  return judge("the locale as before",
               life.before.locale == life.after.locale ? "" : "it is " + life.after.locale,
               "parse and print without a locale; never call setlocale");
}

Outcome environment(const Subject& subject) {
  const Life life = live(subject);
  return judge("the environment as before",
               difference(life.before.environment, life.after.environment),
               "read configuration from create's config; never call setenv");
}

Outcome directory(const Subject& subject) {
  const Life life = live(subject);
  return judge(
      "working directory and umask as before",
      life.before.directory == life.after.directory ? "" : "they are " + life.after.directory,
      "use absolute paths; never call chdir or umask");
}

}  // namespace

std::vector<Test> load_tests() {
  return {
      {2, "load.resolves", "The file loads with every symbol bound.", Needs::kNothing, loads},
      {2, "load.scan", "Loading takes under 100 ms.", Needs::kNothing, scan},
      {2, "load.lifecycle", "init and deinit may be repeated.", Needs::kNothing, lifecycle},
      {2, "load.threads", "Its threads end with it.", Needs::kNothing, threads},
      {2, "load.files", "Its open files close with it.", Needs::kNothing, files},
      {2, "load.signals", "Signals are left alone.", Needs::kNothing, signals},
      {2, "load.locale", "The locale is left alone.", Needs::kNothing, locale},
      {2, "load.environment", "The environment is left alone.", Needs::kNothing, environment},
      {2, "load.directory", "Directory and umask are left alone.", Needs::kNothing, directory},
  };
}

}  // namespace gantry::plugins::conformance
